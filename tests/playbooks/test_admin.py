"""Curation: facts in a form, text in the editor, steps to publication, tables in and out; who may do which."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from playbooks import actions
from playbooks.models import Playbook, Revision
from tests.factories import make_service, make_topic
from tests.playbooks.factories import make_draft, make_playbook, make_published, make_question, make_submitted, section
from tests.policies.factories import clause
from tests.policies.factories import make_published as make_policy_version

LIST = "/admin/playbooks/playbook/"


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def edit_url(playbook, verb="edit"):
    return f"{LIST}{playbook.pk}/{verb}/"


def typed(revision, *sections, **values):
    """What the editor sends for these sections."""
    data = {
        "lock": revision.lock,
        "change_note": "What changed.",
        "section-TOTAL_FORMS": len(sections),
        "section-INITIAL_FORMS": 0,
        "do": "save",
    }
    for number, one in enumerate(sections):
        values_of = {"key": "", "heading": "Ask first", "body": "Text.", "cites": "", "ORDER": number + 1, **one}
        data |= {f"section-{number}-{name}": value for name, value in values_of.items()}
    return data | values


# --- Facts ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def facts(cast):
    return {
        "title": "Alt text",
        "slug": "alt-text",
        "summary": "Say what is seen.",
        "topic": make_topic().pk,
        "owner": "Emma@larkfield.example",
        "deputy": "",
        "minutes": 5,
        "difficulty": "easy",
        "verify_months": 6,
        "language": "en",
        "services": [make_service().pk],
        "audiences": [cast.retail.group_id],
    }


def test_a_new_playbook_leads_to_its_text(cast, as_, facts):
    client = as_(cast.paul)
    page(client, f"{LIST}add/")
    answer = client.post(f"{LIST}add/", facts)
    playbook = Playbook.objects.get()
    assert answer["Location"] == edit_url(playbook)
    assert (playbook.owner, playbook.deputy) == (cast.emma, None)
    assert list(playbook.audiences.all()) == [cast.retail.group]
    assert "Now write its text" in page(client, edit_url(playbook))


def test_a_changed_playbook_goes_through_the_same_action(cast, as_, facts):
    playbook = make_playbook(cast=cast, title="Old", deputy=cast.rita)
    client = as_(cast.paul)
    text = page(client, f"{LIST}{playbook.pk}/change/")
    assert 'value="rita@larkfield.example"' in text
    assert "Write the text" in text
    client.post(f"{LIST}{playbook.pk}/change/", facts)
    playbook.refresh_from_db()
    assert (playbook.title, playbook.deputy) == ("Alt text", None)


def test_an_unknown_person_and_a_refusal_keep_the_form(cast, as_, facts):
    client = as_(cast.paul)
    answer = client.post(f"{LIST}add/", {**facts, "owner": "nobody@larkfield.example"})
    assert "Nobody who is active here" in answer.content.decode()
    answer = client.post(f"{LIST}add/", {**facts, "deputy": "emma@larkfield.example"})
    assert "choose somebody else" in answer.content.decode()
    assert "Say what is seen." in answer.content.decode()
    assert not Playbook.objects.exists()


def test_who_may_open_what(cast, as_):
    playbook = make_draft(cast=cast).playbook
    question = make_question(cast=cast)
    looks = [
        LIST,
        f"{LIST}{playbook.pk}/change/",
        edit_url(playbook),
        f"/admin/playbooks/question/{question.pk}/change/",
    ]
    for url in looks:
        for person in [cast.paul, cast.hana, cast.audra]:
            page(as_(person), url)
        for person in [cast.emma, cast.rita, cast.sam]:
            assert as_(person).get(url).status_code == 302
    page(as_(cast.audra), f"{LIST}add/", 403)
    for verb in ["start", "submit", "return", "publish", "edit"]:
        assert as_(cast.audra).post(edit_url(playbook, verb), {"comment": "x"}).status_code == 403, verb
        assert as_(cast.emma).post(edit_url(playbook, verb)).status_code == 302
    assert b"<strong>x</strong>" in as_(cast.audra).post(f"{LIST}preview/", {"text": "**x**"}).content


def test_the_list_takes_as_many_queries_for_three_as_for_one(cast, as_):
    client = as_(cast.paul)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            page(client, LIST)
        return len(seen)

    make_published(cast=cast)
    queries()  # what Django remembers of content types
    one = queries()
    make_published(cast=cast)
    make_draft(cast=cast)
    assert queries() == one


# --- The text ---------------------------------------------------------------------------------------------------------


def test_writing_a_text(cast, as_):
    policy = make_policy_version(cast=cast, clauses=[clause(key="say-so")]).policy
    revision = make_playbook(cast=cast).revisions.get()
    client = as_(cast.paul)
    page(client, edit_url(revision.playbook))
    first = {"heading": "Last", "ORDER": 2, "cites": f"https://portal.test/policies/{policy.slug}/#c-say-so"}
    second = {"heading": "First", "ORDER": 1, "body": "- [ ] Do it"}
    answer = client.post(edit_url(revision.playbook), typed(revision, first, second))
    assert answer["Location"] == edit_url(revision.playbook)
    revision.refresh_from_db()
    assert [s.heading for s in revision.sections.all()] == ["First", "Last"]
    assert revision.cites == [["last", policy.pk, "say-so"]]
    assert revision.change_note == "What changed."
    text = page(client, edit_url(revision.playbook))
    assert "- [ ] Do it {#do-it}" in text
    assert f"/policies/{policy.slug}/#c-say-so" in text


def test_a_section_is_removed_and_one_is_added(cast, as_):
    revision = make_draft(cast=cast, sections=[section("One", key="one"), section("Two", key="two")])
    client = as_(cast.paul)
    added = client.post(edit_url(revision.playbook), typed(revision, {"heading": "Kept words"}, do="add"))
    assert 'name="section-1-heading"' in added.content.decode()
    assert "Kept words" in added.content.decode()
    assert revision.sections.count() == 2
    gone = typed(revision, {"key": "one", "heading": "One", "DELETE": "on"}, {"key": "two", "heading": "Two"})
    client.post(edit_url(revision.playbook), gone)
    assert [s.key for s in revision.sections.all()] == ["two"]


def test_adding_survives_nonsense(cast, as_):
    revision = make_draft(cast=cast)
    data = typed(revision, {}, do="add") | {"section-TOTAL_FORMS": "x"}
    assert as_(cast.paul).post(edit_url(revision.playbook), data).status_code in {200, 422}


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"heading": ""}, "Give the section a heading"),
        ({"cites": "nonsense"}, "is not the address of a clause"),
        ({"cites": "/policies/gone/#c-say-so"}, "is not the address of a clause"),
        ({"body": "- [ ] A {#k}\n- [ ] B {#k}"}, "same key"),
        ({"key": "Not an address"}, "slug"),
    ],
)
def test_a_refused_text_keeps_every_word(cast, as_, one, words):
    revision = make_draft(cast=cast)
    before = list(revision.sections.values_list("body", flat=True))
    answer = as_(cast.paul).post(edit_url(revision.playbook), typed(revision, {"body": "Long text"}, one))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Long text" in answer.content.decode()
    assert list(revision.sections.values_list("body", flat=True)) == before


def test_a_clause_that_there_is_not_is_said_at_its_section(cast, as_):
    policy = make_policy_version(cast=cast, clauses=[clause(key="say-so")]).policy
    revision = make_draft(cast=cast)
    answer = as_(cast.paul).post(edit_url(revision.playbook), typed(revision, {"cites": f"{policy.slug}#gone"}))
    assert answer.status_code == 422
    assert "has no clause" in answer.content.decode()


def test_a_refusal_about_the_whole_text_is_said_at_the_top(cast, as_):
    revision = make_draft(cast=cast)
    same = {"key": "same"}
    answer = as_(cast.paul).post(edit_url(revision.playbook), typed(revision, same, same))
    assert answer.status_code == 422
    assert "Two sections have the same address" in answer.content.decode()


def test_the_second_editor_sees_both_texts_and_can_go_on(cast, as_):
    revision = make_draft(cast=cast)
    stale = Revision.objects.get(pk=revision.pk)
    as_(cast.hana).post(edit_url(revision.playbook), typed(revision, {"body": "Their text"}))
    answer = as_(cast.paul).post(edit_url(revision.playbook), typed(stale, {"body": "My text"}))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "My text" in text
    assert "Their text" in text
    revision.refresh_from_db()
    assert f'name="lock" value="{revision.lock}"' in text
    as_(cast.paul).post(edit_url(revision.playbook), typed(revision, {"body": "Both texts"}))
    assert revision.sections.get().body == "Both texts"


def test_preview_is_what_readers_see_and_safe(cast, as_):
    text = as_(cast.paul).post(f"{LIST}preview/", {"text": "**Yes**<script>x</script>\n\n- [ ] Do"}).content.decode()
    assert "<strong>Yes</strong>" in text
    assert '<ul class="steps"' in text
    assert "<script" not in text


# --- Publication ------------------------------------------------------------------------------------------------------


def test_from_draft_to_readers(cast, as_):
    revision = make_draft(cast=cast)
    playbook = revision.playbook
    assert f'name="lock" value="{revision.lock}">Submit' in page(as_(cast.paul), edit_url(playbook))
    as_(cast.paul).post(edit_url(playbook, "submit"), {"lock": revision.lock})
    assert "somebody else has to approve" in page(as_(cast.paul), edit_url(playbook))
    assert "Approve and publish" in page(as_(cast.hana), edit_url(playbook))
    as_(cast.hana).post(edit_url(playbook, "return"), {"comment": "Shorter."})
    assert "Shorter." in page(as_(cast.paul), edit_url(playbook))
    as_(cast.paul).post(edit_url(playbook, "submit"), {"lock": revision.lock})
    answer = as_(cast.hana).post(edit_url(playbook, "publish"), {"lock": revision.lock}, follow=True)
    assert "Published. Readers get it now." in answer.content.decode()
    assert "Nothing is being written" in answer.content.decode()
    as_(cast.paul).post(edit_url(playbook, "start"))
    assert playbook.revisions.open().get().number == 2


@pytest.mark.parametrize("lock", ["0", "", "x"])
def test_what_changed_meanwhile_is_not_published(cast, as_, lock):
    playbook = make_submitted(cast=cast).playbook
    answer = as_(cast.hana).post(edit_url(playbook, "publish"), {"lock": lock}, follow=True)
    assert "changed while you were looking" in answer.content.decode()
    playbook.refresh_from_db()
    assert playbook.current is None


@pytest.mark.parametrize("sent", [{"lock": "0"}, {"lock": "x"}, {}])
def test_what_was_not_shown_is_not_submitted(cast, as_, sent):
    revision = make_draft(cast=cast)
    answer = as_(cast.paul).post(edit_url(revision.playbook, "submit"), sent, follow=True)
    assert "changed while you were looking" in answer.content.decode()
    revision.refresh_from_db()
    assert revision.status == "draft"


def test_what_is_not_ready_is_refused_with_a_sentence(cast, as_):
    playbook = make_playbook(cast=cast)
    answer = as_(cast.paul).post(edit_url(playbook, "submit"), {"lock": 0}, follow=True)
    assert "Write at least one section first" in answer.content.decode()


def test_a_verb_on_a_revision_that_is_gone(cast, as_):
    playbook = make_published(cast=cast).playbook
    answer = as_(cast.paul).post(edit_url(playbook, "submit"), follow=True)
    assert "Somebody else may have published it" in answer.content.decode()
    assert as_(cast.paul).get(edit_url(playbook, "submit")).status_code == 405
    page(as_(cast.paul), f"{LIST}99999/edit/", 404)
    assert "Only the Center of Excellence" in page(as_(cast.audra), edit_url(playbook))


# --- Tables -----------------------------------------------------------------------------------------------------------

COLUMNS = "slug,title,summary,language,topic,owner,deputy,minutes,difficulty,verify_months"


def test_playbooks_go_out_without_formulas_and_come_back_the_same(cast, as_):
    playbook = make_playbook(cast=cast, title="=1+1", slug="sum", deputy=cast.rita)
    client = as_(cast.paul)
    fields = {f"playbookresource_{name}": "on" for name in COLUMNS.split(",")}
    table = client.post(f"{LIST}export/", {"format": "0", "resource": "0", **fields}).content.decode()
    assert table.splitlines()[0] == COLUMNS
    assert ",=1+1," not in table
    assert "rita@larkfield.example" in table
    text = _imported(client, table.replace("When to use it", "Whenever you use it"))
    assert "1" in text
    playbook.refresh_from_db()
    assert playbook.title == "=1+1"
    assert playbook.summary.startswith("Whenever")


def _imported(client, table):
    upload = SimpleUploadedFile("playbooks.csv", table.encode(), "text/csv")
    answer = client.post(f"{LIST}import/", {"import_file": upload, "format": "0", "resource": "0"})
    form = answer.context.get("confirm_form")
    if form is None:
        return answer.content.decode()
    return client.post(f"{LIST}process_import/", form.initial, follow=True).content.decode()


def test_a_row_makes_a_playbook_and_a_bad_row_says_why(cast, as_):
    topic = make_topic()
    row = f"new,New,Use it.,en,{topic.slug},emma@larkfield.example,,20,easy,6"
    bad = f"bad,Bad,Use it.,en,{topic.slug},nobody@larkfield.example,,20,easy,6"
    client = as_(cast.paul)
    assert "Nobody here has the address" in _imported(client, f"{COLUMNS}\n{row}\n{bad}")
    assert not Playbook.objects.exists()
    refused = _imported(client, f"{COLUMNS}\n{row.replace(',20,', ',0,')}")
    assert "at least one" in refused
    _imported(client, f"{COLUMNS}\n{row}")
    assert Playbook.objects.get().revisions.get().status == "draft"


def test_what_changed_can_be_looked_at_once_there_is_something_to_compare(cast, as_):
    first = make_published(cast=cast)
    assert "What changed" not in page(as_(cast.paul), edit_url(first.playbook))
    actions.start_revision(playbook=first.playbook, by=cast.paul)
    text = page(as_(cast.paul), edit_url(first.playbook))
    assert f"/admin/playbooks/playbook/{first.playbook_id}/changes/" in text


def test_the_question_list(cast, as_):
    make_question(cast=cast, title="May I?")
    assert "May I?" in page(as_(cast.paul), "/admin/playbooks/question/")


def test_a_number_beyond_all_measure_is_no_number(as_, cast):
    revision = make_submitted(cast=cast)
    response = as_(cast.lena).post(f"/admin/playbooks/playbook/{revision.playbook_id}/publish/", {"lock": "9" * 5000})
    assert response.status_code == 302
    revision.refresh_from_db()
    assert revision.status == "in_review"
