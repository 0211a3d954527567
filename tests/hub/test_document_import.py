"""Uploading, reading, choosing and making drafts; pages and jobs."""

import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from hub import actions, jobs, slots
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import AuditEvent, ImportedDocument, ImportStatus, OldSlug
from hub.tasks import read_document
from playbooks.models import Playbook
from playbooks.permissions import can_approve as can_approve_revision
from policies.models import Policy
from policies.permissions import can_approve as can_approve_version
from tests.factories import make_cast, make_topic
from tests.hub import imports

UPLOAD = "/admin/hub/importeddocument/upload/"


@pytest.fixture
def cast(db):
    make_topic(name="Conduct")
    return make_cast()


@pytest.fixture
def topic(cast):
    return make_topic(name="Crisis")


def upload(*, cast, data=imports.FRONT_MATTER, filename="comments.md", by=None, **fields):
    data = data.encode() if isinstance(data, str) else data
    return actions.upload_document(filename=filename, data=data, owner=cast.paul, by=by or cast.paul, **fields)


def draft(document, *, topic, by, parts=None, **fields):
    found = document.document or {"title": "x", "summary": "x", "parts": []}
    values = {"target": "policy", "title": found["title"], "summary": found["summary"], "owner": by, **fields}
    parts = [{**part, "force": "must"} for part in found["parts"]] if parts is None else parts
    return actions.make_draft(document=document, topic=topic, parts=parts, by=by, **values)


# --- Actions ----------------------------------------------------------------------------------------------------------


def test_a_small_markdown_file_is_read_at_once_and_its_bytes_are_let_go(cast):
    document = upload(cast=cast)
    document.refresh_from_db()
    assert document.status == ImportStatus.READ
    assert document.content is None
    assert [part["heading"] for part in document.document["parts"]] == ["Introduction", "Answer", "Hide", "Contact"]
    assert document.target in {"policy", "playbook"}
    assert AuditEvent.objects.filter(verb="uploaded", object_id=str(document.pk), by=cast.paul).exists()


@pytest.mark.parametrize(
    ("data", "filename", "title"),
    [
        (imports.HTML, "tone.html", "Our tone"),
        (imports.RST, "style.rst", "Our style"),
        (imports.WORD, "accounts.docx", "Our accounts"),
    ],
)
def test_what_needs_a_converter_is_read_by_the_job(cast, data, filename, title):
    document = upload(cast=cast, data=data, filename=filename)
    assert document.status == ImportStatus.WAITING
    read_document(document.pk)
    document.refresh_from_db()
    assert (document.status, document.document["title"]) == (ImportStatus.READ, title)
    assert len(document.document["parts"]) == 2
    assert AuditEvent.objects.filter(verb="read", object_id=str(document.pk)).count() == 1
    read_document(document.pk)  # delivered twice
    assert AuditEvent.objects.filter(verb="read", object_id=str(document.pk)).count() == 1


def test_a_large_markdown_file_waits_for_the_job(cast):
    text = "# Rules\n\n" + "\n\n".join(f"## Rule {n}\n\n" + "word " * 2400 for n in range(20))
    document = upload(cast=cast, data=text)
    assert document.status == ImportStatus.WAITING


def test_the_sweep_reads_what_was_forgotten(cast):
    document = upload(cast=cast, data=imports.HTML, filename="tone.html")
    assert jobs.read_documents() == 0
    ImportedDocument.objects.update(uploaded_at=timezone.now() - timedelta(minutes=2))
    assert jobs.read_documents() == 1
    document.refresh_from_db()
    assert document.status == ImportStatus.READ


@pytest.mark.parametrize(
    ("data", "filename", "advice"),
    [
        (imports.PDF, "rules.pdf", ".docx"),
        (imports.RTF, "rules.doc", ".docx"),
        (b"", "rules.md", "empty"),
        (b"x" * (5 * 1024 * 1024 + 1), "rules.md", "5 MB"),
        (b"<svg xmlns='x'><script>1</script></svg>", "rules.html", "drawing"),
        (b"PK\x03\x04broken", "rules.docx", "damaged"),
        (b"<h1>Rules</h1>", "rules.docx", "is no Word document"),
    ],
)
def test_a_file_that_cannot_be_read_is_kept_as_its_refusal(cast, data, filename, advice):
    document = upload(cast=cast, data=data, filename=filename)
    assert document.status == ImportStatus.REFUSED
    assert advice in document.refusal
    assert document.content is None


def test_a_file_that_breaks_while_it_is_read_is_refused_in_the_uploaders_language(cast):
    document = upload(cast=cast, data=imports.word_file(("", "")), filename="empty.docx")
    read_document(document.pk)
    document.refresh_from_db()
    assert document.status == ImportStatus.REFUSED
    assert document.refusal
    assert AuditEvent.objects.filter(verb="refused", object_id=str(document.pk)).exists()


@pytest.mark.parametrize(
    ("filename", "stored"),
    [
        ("../../etc/rules.md", "rules.md"),
        ("C:\\texts\\rules.md", "rules.md"),
        ("a" * 300 + ".md", "a" * 150 + "…" + "a" * 37 + ".md"),
    ],
)
def test_only_the_name_of_a_file_is_kept(cast, filename, stored):
    assert upload(cast=cast, filename=filename).filename == stored


@pytest.mark.parametrize("name", ["emma", "rita", "sam", "audra"])
def test_only_staff_upload_make_and_discard(cast, topic, name):
    person = getattr(cast, name)
    with pytest.raises(NotAllowed):
        upload(cast=cast, by=person)
    with pytest.raises(NotAllowed):
        upload(cast=cast, by=person, target="policy")
    document = upload(cast=cast)
    with pytest.raises(NotAllowed):
        draft(document, topic=topic, by=person)
    with pytest.raises(NotAllowed):
        actions.discard_document(document=document, by=person)
    with pytest.raises(NotAllowed):
        actions.keep_document(document=document, by=person)


def test_a_target_that_there_is_not_is_refused(cast, topic):
    with pytest.raises(Invalid) as refused:
        upload(cast=cast, target="poem")
    assert refused.value.field == "target"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"topic": None}, "topic"),
        ({"parts": []}, "at least one"),
        ({"parts": [{"key": f"k{n}", "heading": "H", "body": "B", "force": "may"} for n in range(501)]}, "501"),
        ({"title": " "}, "title"),
        ({"parts": [{"key": "a", "heading": "H", "body": "B", "force": "perhaps"}]}, "must, should or may"),
    ],
)
def test_a_draft_that_cannot_be_made_says_why_and_leaves_the_file(cast, topic, values, words):
    document = upload(cast=cast)
    with pytest.raises(Invalid, match=words):
        draft(document, by=cast.paul, **{"topic": topic, **values})
    document.refresh_from_db()
    assert document.status == ImportStatus.READ
    assert not Policy.objects.exists()


def test_one_file_makes_one_draft(cast, topic):
    document = upload(cast=cast)
    policy = draft(document, topic=topic, by=cast.paul)
    with pytest.raises(Conflict, match="Comments on our pages"):
        draft(document, topic=topic, by=cast.hana)
    document.refresh_from_db()
    assert (document.made_kind, document.made_id, document.document) == ("policy", policy.pk, None)


@pytest.mark.parametrize(("kind", "can_approve"), [("policy", can_approve_version), ("playbook", can_approve_revision)])
def test_who_brought_the_text_is_no_second_pair_of_eyes_for_it(cast, topic, kind, can_approve):
    made = draft(upload(cast=cast, by=cast.lena), topic=topic, by=cast.paul, target=kind)
    text = (made.versions if kind == "policy" else made.revisions).get()
    assert set(text.contributors.all()) == {cast.lena, cast.paul}
    assert not can_approve(cast.lena, text)
    assert can_approve(cast.hana, text)


def test_what_was_not_read_makes_no_draft(cast, topic):
    document = upload(cast=cast, data=imports.PDF)
    with pytest.raises(NotAllowed):
        draft(document, topic=topic, by=cast.paul)


def test_an_address_taken_at_this_moment_is_a_conflict(cast, topic):
    document = upload(cast=cast)
    draft(document, topic=topic, by=cast.paul)
    again = upload(cast=cast)

    def create(**values):
        Policy.objects.create(title="x", summary="x", slug="comments", topic=values["topic"], owner=values["owner"])

    target = next(each for each in slots.document_targets.gather() if each.kind == "policy")

    def only_this():
        yield slots.DocumentTarget(**{**target.__dict__, "create": create})

    with slots.document_targets.only(only_this), pytest.raises(Conflict, match="once more"):
        draft(again, topic=topic, by=cast.paul)
    again.refresh_from_db()
    assert again.status == ImportStatus.READ


def test_the_same_title_gets_another_address_also_beside_former_ones(cast, topic):
    first = draft(upload(cast=cast), topic=topic, by=cast.paul)
    OldSlug.objects.create(kind="policy", slug="comments-2", object_id=first.pk)
    second = draft(upload(cast=cast), topic=topic, by=cast.paul)
    assert (first.slug, second.slug) == ("comments", "comments-3")


def test_discarding_forgets_a_file_unless_it_became_something(cast, topic):
    document, same = upload(cast=cast), ImportedDocument.objects.get()
    actions.discard_document(document=document, by=cast.paul)
    assert not ImportedDocument.objects.exists()
    actions.discard_document(document=same, by=cast.hana)
    with pytest.raises(Conflict, match="discarded this file"):
        draft(same, topic=topic, by=cast.paul)
    taken = upload(cast=cast)
    draft(taken, topic=topic, by=cast.paul)
    with pytest.raises(NotAllowed):
        actions.discard_document(document=taken, by=cast.paul)


def test_what_became_nothing_is_forgotten_after_a_week(cast, topic):
    kept, old = upload(cast=cast), upload(cast=cast)
    taken = upload(cast=cast)
    draft(taken, topic=topic, by=cast.paul)
    past = timezone.now() - timedelta(days=8)
    ImportedDocument.objects.filter(pk__in=[old.pk, taken.pk]).update(uploaded_at=past)
    assert jobs.prune_documents() == 1
    assert set(ImportedDocument.objects.values_list("pk", flat=True)) == {kept.pk, taken.pk}


# --- Pages ------------------------------------------------------------------------------------------------------------


def file(data=imports.FRONT_MATTER, name="comments.md"):
    return SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)


def choose_url(document):
    return reverse("admin:hub_importeddocument_choose", args=[document.pk])


def batch_url(document):
    return reverse("admin:hub_importeddocument_batch", args=[document.batch])


@pytest.mark.parametrize(("name", "status"), [("emma", 302), ("rita", 302), ("audra", 403), ("paul", 200)])
def test_the_pages_are_for_staff(cast, client, name, status):
    document = upload(cast=cast)
    client.force_login(getattr(cast, name))
    for url in (UPLOAD, choose_url(document), batch_url(document)):
        assert client.get(url).status_code == status
    others = [reverse("admin:hub_importeddocument_discard", args=[document.pk])]
    others.append(reverse("admin:hub_importeddocument_create_all", args=[document.batch]))
    for url in others:
        assert client.get(url).status_code in {302, 405}
    if status != 200:
        assert client.post(others[0]).status_code == status
        assert ImportedDocument.objects.exists()


@pytest.mark.parametrize("page", ["policies/policy", "playbooks/playbook", "hub/importeddocument"])
def test_the_way_here_is_in_the_lists(cast, client, page):
    client.force_login(cast.paul)
    assert UPLOAD in client.get(f"/admin/{page}/").content.decode()


def test_one_markdown_file_goes_straight_to_its_preview(cast, client):
    client.force_login(cast.paul)
    sent = {"files": file(), "target": "policy", "owner": cast.paul.pk}
    answer = client.post(UPLOAD, sent, follow=True)
    html = answer.content.decode()
    assert answer.redirect_chain[-1][0] == choose_url(ImportedDocument.objects.get())
    assert "Comments on our pages" in html
    assert "{{ spam }}" in html
    assert "<script>alert" not in html
    assert 'href="mailto:care@larkfield.example"' in html
    assert "#answer" in html
    assert answer.context["form"].initial["topic"].name == "Conduct"
    taken = [row["taken"] for row in answer.context["rows"]]
    assert taken == [True, True, True, False]
    assert [row["force"] for row in answer.context["rows"]] == ["should", "must", "may", "should"]


def test_several_files_each_have_their_line_and_refusals_do_not_stop_the_others(cast, client):
    client.force_login(cast.paul)
    files = [file(), file(imports.PDF, "old.pdf"), file(imports.HTML, "tone.html")]
    html = client.post(UPLOAD, {"files": files, "target": "", "owner": cast.paul.pk}, follow=True).content.decode()
    assert "PDF files cannot be read reliably" in html
    assert "old.pdf" in html
    assert "data-look-again" in html
    waiting = ImportedDocument.objects.get(status=ImportStatus.WAITING)
    read_document(waiting.pk)
    html = client.get(batch_url(waiting)).content.decode()
    assert "data-look-again" not in html
    assert "Our tone" in html


@pytest.mark.parametrize("files", [[], [file(name=f"{n}.md") for n in range(11)]])
def test_no_file_and_too_many_are_told_and_keep_what_was_chosen(cast, topic, client, files):
    client.force_login(cast.paul)
    answer = client.post(UPLOAD, {"files": files, "target": "playbook", "topic": topic.pk, "owner": cast.hana.pk})
    assert answer.status_code == 422
    assert "files" in answer.context["form"].errors
    assert answer.context["form"]["topic"].value() == str(topic.pk)
    assert not ImportedDocument.objects.exists()


def chosen(document, topic, **changes):
    return {
        "title": "Comments",
        "summary": "What we do.",
        "topic": topic.pk,
        "owner": document.owner_id,
        "language": "en",
        "target": "policy",
        "count": "4",
        "take-1": "on",
        "force-1": "may",
        "act": "create",
        **changes,
    }


def test_only_what_is_ticked_comes_over_with_the_force_that_was_chosen(cast, topic, client):
    document = upload(cast=cast, target="policy")
    client.force_login(cast.paul)
    answer = client.post(choose_url(document), chosen(document, topic))
    policy = Policy.objects.get()
    assert answer["Location"] == reverse("admin:policies_policy_edit", args=[policy.pk])
    assert [(c.key, c.force) for c in policy.versions.get().clauses.all()] == [("answer", "may")]
    # The second press of the button.
    again = client.post(choose_url(document), chosen(document, topic), follow=True)
    assert again.redirect_chain[-1][0] == batch_url(document)
    assert Policy.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"topic": ""}, {"title": ""}, {"take-1": "", "take-9": "on"}, {"force-1": "perhaps"}, {"language": "<>"}],
)
def test_errors_keep_what_was_chosen(cast, topic, client, changes):
    document = upload(cast=cast, target="policy")
    client.force_login(cast.paul)
    sent = {**chosen(document, topic, summary="As I typed it."), **changes}
    if not sent["take-1"]:
        del sent["take-1"]
    answer = client.post(choose_url(document), sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert "As I typed it." in answer.content.decode()
    assert [row["taken"] for row in answer.context["rows"]] == [False, "take-1" in sent, False, False]
    assert not Policy.objects.exists()


def test_it_may_become_something_else_and_nothing_typed_is_lost(cast, topic, client):
    document = upload(cast=cast, target="policy")
    client.force_login(cast.paul)
    answer = client.post(choose_url(document), chosen(document, topic, act="as-playbook"))
    assert answer.status_code == 200
    assert answer.context["target"].kind == "playbook"
    assert answer.context["form"]["summary"].value() == "What we do."
    assert [row["taken"] for row in answer.context["rows"]] == [False, True, False, False]
    assert client.post(choose_url(document), chosen(document, topic, act="as-poem")).context["target"].kind == "policy"
    client.post(choose_url(document), chosen(document, topic, target="playbook"))
    assert Playbook.objects.get().summary == "What we do."


def test_a_made_up_target_is_the_one_that_was_proposed(cast, topic, client):
    document = upload(cast=cast, target="policy")
    client.force_login(cast.paul)
    client.post(choose_url(document), chosen(document, topic, target="poem"))
    assert Policy.objects.exists()


def test_all_that_is_ready_becomes_drafts_at_once(cast, topic, client):
    client.force_login(cast.paul)
    first = upload(cast=cast, target="policy")
    other = imports.FRONT_MATTER.replace("Comments", "Replies")
    upload(cast=cast, data=other, batch=first.batch, target="playbook")
    upload(cast=cast, data=imports.FRONT_MATTER, batch=first.batch)  # the same file twice
    upload(cast=cast, data="# No topic\n\n## One\n\nText.\n\n## Two\n\nText.", batch=first.batch)
    upload(
        cast=cast,
        data="---\ntags: conduct\n---\n\n# Rules\n\n" + "## One\n\nText.\n\n" * 70,
        batch=first.batch,
        target="playbook",
    )
    page = client.get(batch_url(first))
    assert page.context["without_topic"] == 1
    answer = client.post(reverse("admin:hub_importeddocument_create_all", args=[first.batch]), follow=True)
    assert (Policy.objects.count(), Playbook.objects.count()) == (1, 1)
    assert "2 drafts were created" in answer.content.decode()
    assert "at most 60" in answer.content.decode()


def test_a_file_that_was_imported_before_says_so(cast, topic, client):
    draft(upload(cast=cast), topic=topic, by=cast.paul)
    again = upload(cast=cast)
    client.force_login(cast.paul)
    assert "Already here" in client.get(choose_url(again)).content.decode()
    assert client.get(batch_url(again)).context["ready"] == 0


def test_discarding_leads_back_to_the_others_or_to_the_beginning(cast, topic, client):
    client.force_login(cast.paul)
    first = upload(cast=cast)
    second = upload(cast=cast, batch=first.batch)
    url = reverse("admin:hub_importeddocument_discard", args=[first.pk])
    assert client.post(url)["Location"] == batch_url(second)
    assert client.post(url).status_code == 404
    draft(second, topic=topic, by=cast.paul)
    last = reverse("admin:hub_importeddocument_discard", args=[second.pk])
    assert "Edit or withdraw" in client.post(last, follow=True).content.decode()
    third = upload(cast=cast)
    assert client.post(reverse("admin:hub_importeddocument_discard", args=[third.pk]))["Location"] == UPLOAD


def test_a_document_with_very_many_headings_is_shown_and_told(cast, topic, client):
    text = "# Rules\n\n" + "\n\n".join(f"## Rule {n}\n\nText {n}." for n in range(590))
    document = upload(cast=cast, data=text, target="policy")
    client.force_login(cast.paul)
    answer = client.get(choose_url(document))
    assert answer.status_code == 200
    assert answer.context["too_many"] == 90
    everything = {f"take-{n}": "on" for n in range(590)}
    answer = client.post(choose_url(document), chosen(document, topic, count="590", **everything))
    assert answer.status_code == 422
    assert "at most 500" in answer.content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_cost_the_same_for_one_and_for_three(cast, client, number, django_assert_max_num_queries):
    first = upload(cast=cast)
    for _n in range(number - 1):
        upload(cast=cast, batch=first.batch)
    client.force_login(cast.paul)
    with django_assert_max_num_queries(7):
        client.get(batch_url(first))
    with django_assert_max_num_queries(10):
        client.get("/admin/hub/importeddocument/")


def test_an_upload_that_is_gone_says_so(cast, client):
    client.force_login(cast.paul)
    url = reverse("admin:hub_importeddocument_batch", args=["00000000-0000-4000-8000-000000000000"])
    assert "Nothing here any more" in client.get(url).content.decode()


def test_an_owner_is_chosen_among_those_who_work_for_the_hub(cast, client):
    client.force_login(cast.paul)
    form = client.get(reverse("admin:hub_importeddocument_upload")).context["form"]
    assert [person.name for person in form.fields["owner"].queryset] == ["Hana", "Lena", "Paul", "Root"]


# --- Command ----------------------------------------------------------------------------------------------------------


def run(*arguments, **options):
    out = StringIO()
    call_command("import_documents", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "comments.md").write_text(imports.FRONT_MATTER)
    (tmp_path / "tone.html").write_bytes(imports.HTML)
    (tmp_path / "accounts.docx").write_bytes(imports.WORD)
    (tmp_path / "old.pdf").write_bytes(imports.PDF)
    (tmp_path / "notes.bin").write_bytes(b"not asked for")
    return tmp_path


def test_a_folder_becomes_drafts_once(cast, topic, folder, tmp_path):
    report = tmp_path / "report"
    said = run(folder, kind="policy", topic="crisis", report=report)
    assert "3 imported, 1 refused" in said
    assert "PDF files cannot be read reliably" in said
    assert Policy.objects.count() == 3
    assert set(Policy.objects.values_list("owner__name", flat=True)) == {"Hana"}
    assert dict(Policy.objects.values_list("slug", "topic__slug"))["comments"] == "conduct"
    table = report.read_text()
    assert "| comments.md | imported | policy | Comments on our pages | 3 |" in table
    assert "3 already here, 1 refused" in run(folder, kind="policy", topic="crisis")
    assert Policy.objects.count() == 3


def test_a_dry_run_says_the_same_and_stores_nothing(cast, topic, folder):
    assert "3 would be imported, 1 refused" in run(folder, topic="crisis", dry_run=True)
    assert not ImportedDocument.objects.exists()
    assert not Policy.objects.exists()


def test_the_same_text_under_two_names_comes_in_once(cast, topic, folder):
    (folder / "copy.md").write_text(imports.FRONT_MATTER)
    assert "1 imported, 1 already here" in run(folder / "comments.md", folder / "copy.md", topic="crisis")


def test_left_to_itself_it_takes_what_the_text_looks_like(cast, topic, folder):
    (folder / "how.md").write_text("# How to answer: a checklist\n\n## First\n\nStep one, then the next step.")
    (folder / "rules.md").write_text("# Code of conduct\n\n## Always\n\nYou must say who you are.")
    run(folder / "how.md", folder / "rules.md", topic="crisis", owner="paul@larkfield.example")
    assert Playbook.objects.get().title.startswith("How to answer")
    assert Policy.objects.get().title == "Code of conduct"


def test_a_file_without_topic_and_one_that_is_not_there_are_refused_alone(cast, folder):
    said = run(folder / "tone.html", folder / "comments.md", folder / "nowhere.md")
    assert "--topic" in said
    assert "cannot be opened" in said
    assert "1 imported" in said
    assert "2 refused" in said


def test_how_to_give_a_topic_is_said_once(cast, folder):
    said = run(folder / "tone.html", folder / "accounts.docx", folder / "comments.md")
    assert said.count("names no topic of ours") == 2
    assert said.count("--topic") == 1
    assert "2 files name no topic of ours. Say with --topic where to put them: conduct." in said
    assert "--topic" not in run(folder / "comments.md")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"topic": "nonsense"}, "There are: conduct"),
        ({"owner": "nobody@larkfield.example"}, "Nobody"),
        ({"owner": "emma@larkfield.example"}, "does not work for the hub"),
        ({"report": True}, "no folder"),
    ],
)
def test_what_cannot_be_meant_stops_the_command(cast, folder, options, words):
    if "report" in options:
        options = {"report": folder / "none" / "report.md"}
    with pytest.raises(CommandError, match=words):
        run(folder, **options)


def test_nothing_to_import_and_no_lead_stop_the_command(db, tmp_path):
    with pytest.raises(CommandError, match="no lead"):
        run(tmp_path)
    make_cast()
    with pytest.raises(CommandError, match="no documents"):
        run(tmp_path)


def test_progress_is_drawn_only_where_somebody_watches(cast, topic, folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    err = StringIO()
    call_command("import_documents", str(folder), topic="crisis", stdout=StringIO(), stderr=err, dry_run=True)
    assert "4/4" in err.getvalue()


# --- Hostile files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "> " * 20_000 + "x",
        "# " + "a" * 60_000,
        "## a\n" * 3000,
        "\x00\x01# Rules\n\nText",
        "---\na: &a [x]\nb: [*a, *a]\n---\n\n# Rules\n\nText of it.",
        "<div>" * 20_000,
        "# Rules\n\n" + "|a" * 20_000,
    ],
)
def test_hostile_markdown_is_read_or_refused_soon(cast, topic, client, text):
    began = time.monotonic()
    document = upload(cast=cast, data=text)
    assert document.status in {ImportStatus.READ, ImportStatus.REFUSED}
    client.force_login(cast.paul)
    assert client.get(choose_url(document), follow=True).status_code == 200
    assert time.monotonic() - began < 20
