"""A document as a new version of a policy: matched, corrected, and only then written."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub.actions.documents import read_and_locked
from hub.documents import read
from hub.documents.parts import as_stored
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import ImportedDocument, ImportStatus
from policies import actions
from policies.actions.imported import baseline
from policies.actions.text import content_hash
from policies.admin import importing
from policies.models import Clause, PolicyVersion
from policies.proposals import Proposal
from tests.factories import make_person
from tests.hub import imports
from tests.policies.factories import clause, make_draft, make_policy, make_published, write

TEXTS = [
    clause("Say who you are", key="who", body="Say in the post itself that you work for Larkfield."),
    clause("Ask before you film", key="film", body="Everybody in a picture has said yes in writing.", force="should"),
    clause("Answer within a day", key="answer", body="A comment that asks something is answered within a day."),
]
FILE = """# Our rules

## Ask before you film

Everybody in a picture has said yes in writing, in words of their own.

## Be open about your job

Say in the post itself that you work for Larkfield.

## Giraffes

You may post about giraffes.
"""


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def policy(cast):
    return make_published(cast=cast, title="Our rules", clauses=TEXTS).policy


def upload_url(policy):
    return f"/admin/hub/importeddocument/upload/?as=policy&version-of={policy.pk}"


def uploaded(client, policy, text=FILE, name="rules.md"):
    data = text.encode() if isinstance(text, str) else text
    client.post(upload_url(policy), {"file": SimpleUploadedFile(name, data)})
    return ImportedDocument.objects.latest("pk")


def page_url(policy, document):
    return f"/admin/policies/policy/{policy.pk}/import/{document.pk}/"


def sent(policy, document, *, act="create", **changes):
    """What the page's form holds, as proposed."""
    clauses = baseline(policy)
    proposal = Proposal.of(clauses, document.document)
    data = {"act": act, "base": content_hash(clauses), "lock": "", "count": len(proposal.rows), "change_note": "Why."}
    for row in proposal.rows:
        data |= {f"choice-{row.index}": row.chosen, f"force-{row.index}": row.force}
    return data | changes


def stored(text=FILE):
    return as_stored(read(text.encode(), "rules.md"))


# --- What is proposed ------------------------------------------------------------------------------------------------


def test_each_part_is_proposed_as_a_clause_and_what_is_gone_is_told(policy):
    proposal = Proposal.of(baseline(policy), stored())
    assert [(row.chosen, row.kind) for row in proposal.rows] == [("film", "changed"), ("who", "renamed"), ("", "new")]
    assert [(one.key, into) for one, into in proposal.removed] == [("answer", None)]
    assert proposal.counts == {"same": 0, "changed": 1, "renamed": 1, "moved": 1, "new": 1, "removed": 1}
    assert [draft["key"] for draft in proposal.drafts()] == ["film", "who", ""]


def test_the_force_stays_unless_the_words_bind_otherwise(policy):
    rows = Proposal.of(baseline(policy), stored()).rows
    assert [row.force for row in rows] == ["should", "must", "may"]
    harder = FILE.replace("said yes in writing,", "said yes in writing, which is mandatory,")
    assert Proposal.of(baseline(policy), stored(harder)).rows[0].force == "must"


def test_corrections_are_followed_and_nonsense_is_not(policy):
    clauses = baseline(policy)
    proposal = Proposal.of(
        clauses, stored(), chosen={0: "-", 1: "nobody", 2: "answer"}, forces={1: "may", 2: "perhaps"}
    )
    assert [(row.chosen, row.kind, row.force) for row in proposal.rows] == [
        ("-", "out", "should"),
        ("who", "renamed", "may"),
        ("answer", "renamed", "may"),
    ]
    assert proposal.rows[2].reason == "You chose this."
    assert proposal.rows[0].reason == ""
    assert proposal.rows[2].is_sure
    assert [draft["key"] for draft in proposal.drafts()] == ["who", "answer"]


def test_a_clause_goes_on_once(policy):
    proposal = Proposal.of(baseline(policy), stored(), chosen={2: "film"})
    assert [bool(row.error) for row in proposal.rows] == [False, False, True]
    assert "part 1" in proposal.rows[2].error


def test_a_clause_merged_into_a_part_that_is_left_out_is_simply_gone(policy):
    text = (
        "# T\n\n## Both\n\n"
        + "\n\n".join(one["body"] for one in TEXTS[:2])
        + "\n\n## Answer within a day\n\n"
        + TEXTS[2]["body"]
    )
    proposal = Proposal.of(baseline(policy), stored(text))
    [(gone, into)] = proposal.removed
    assert into is proposal.rows[0]
    assert proposal.rows[0].merged == [gone]
    proposal = Proposal.of(baseline(policy), stored(text), chosen={0: "-"})
    assert [into for _gone, into in proposal.removed] == [None, None]


def test_a_bare_heading_is_left_out_and_takes_no_key(policy):
    proposal = Proposal.of(baseline(policy), stored("# T\n\n## Say who you are\n\n## Other\n\nText.\n"))
    assert [row.chosen for row in proposal.rows] == ["-", ""]


def test_a_number_typed_before_a_heading_changes_nothing(policy):
    text = "# T\n\n" + "\n\n".join(f"## {n}. {one['heading']}\n\n{one['body']}" for n, one in enumerate(TEXTS, 1))
    proposal = Proposal.of(baseline(policy), stored(text))
    assert proposal.changes_nothing
    assert [draft["heading"] for draft in proposal.drafts()] == [one["heading"] for one in TEXTS]


def test_links_to_this_portal_come_back_as_they_are_written_here(policy, settings):
    settings.SITE_URL = "https://portal.example/"
    texts = stored(
        "# T\n\n## A\n\n[x](https://portal.example/policies/) [y](<https://portal.example/z/>)\n\n## B\n\nx\n"
    )
    assert Proposal.of([], texts).rows[0].body == "[x](/policies/) [y](</z/>)"


def test_the_clauses_there_are_include_those_of_the_version_being_written(cast, policy):
    assert [one.key for one in baseline(policy)] == ["who", "film", "answer"]
    texts = [
        clause("Very first", key="first"),
        clause("Who, now", key="who", body="Other words."),
        clause("In between", key="between"),
    ]
    make_draft(cast=cast, policy=policy, clauses=texts)
    found = baseline(policy)
    assert [one.key for one in found] == ["first", "who", "between", "film", "answer"]
    assert found[1].heading == "Say who you are"  # as readers have it
    first = make_draft(cast=cast, clauses=texts[:1])
    assert [one.key for one in baseline(first.policy)] == ["first"]
    assert baseline(make_policy(cast=cast)) == []


# --- The action ------------------------------------------------------------------------------------------------------


def kept(policy, cast, text=FILE):
    return ImportedDocument.objects.create(
        filename="rules.md",
        sha256="0" * 64,
        size=1,
        status=ImportStatus.READ,
        target="policy",
        version_of=policy.pk,
        document=stored(text),
        owner=cast.paul,
        uploaded_by=cast.paul,
        uploaded_at=policy.created_at,
    )


def bring(policy, document, *, by, **fields):
    clauses = baseline(policy)
    values = {"base": content_hash(clauses), "clauses": Proposal.of(clauses, document.document).drafts(), **fields}
    return actions.import_version(policy=policy, document=document, by=by, **values)


def test_a_new_draft_holds_the_text_with_its_keys(cast, policy):
    document = kept(policy, cast)
    version = bring(policy, document, change_note="Why.", by=cast.paul)
    assert (version.number, version.status, version.change_note) == (2, "draft", "Why.")
    assert list(version.clauses.values_list("key", "force")) == [
        ("film", "should"),
        ("who", "must"),
        ("giraffes", "may"),
    ]
    document.refresh_from_db()
    assert (document.status, document.made_id, document.document) == (ImportStatus.TAKEN, policy.pk, None)
    assert policy.versions.get(number=1).clauses.count() == 3
    with pytest.raises(Conflict):
        bring(policy, kept(policy, cast), by=cast.paul)
    with pytest.raises(Conflict):
        read_and_locked(document)


def test_whoever_brought_the_file_is_no_second_pair_of_eyes(cast, policy):
    document = kept(policy, cast)
    document.uploaded_by = cast.lena
    document.save()
    version = bring(policy, document, change_note="Why.", by=cast.paul)
    assert set(version.contributors.all()) == {cast.lena, cast.paul}
    actions.submit(version=version, lock=version.lock, by=cast.paul)
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.approve(version=version, lock=version.lock, by=cast.lena)


@pytest.mark.parametrize("name", ["emma", "rita", "sam", "audra"])
def test_only_staff_import(cast, policy, name):
    with pytest.raises(NotAllowed):
        bring(policy, kept(policy, cast), by=getattr(cast, name))
    assert policy.versions.count() == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"clauses": []}, Invalid),
        ({"clauses": [{"key": "", "force": "must", "heading": "", "body": "x"}]}, Invalid),
        ({"base": "old"}, Conflict),
    ],
)
def test_a_refused_import_leaves_nothing(cast, policy, fields, error):
    document = kept(policy, cast)
    with pytest.raises(error):
        bring(policy, document, by=cast.paul, **fields)
    document.refresh_from_db()
    assert document.status == ImportStatus.READ
    assert policy.versions.count() == 1


def test_what_is_being_written_is_replaced_only_knowingly_and_kept(cast, policy):
    draft = make_draft(
        cast=cast, policy=policy, clauses=[clause("Mine", key="mine", body="Hours of work.")], note="Mine."
    )
    document = kept(policy, cast)
    for lock in (None, draft.lock - 1):
        with pytest.raises(Conflict):
            bring(policy, document, lock=lock, by=cast.hana)
    version = bring(policy, document, lock=draft.lock, by=cast.hana)
    assert (version.pk, version.change_note) == (draft.pk, "Mine.")
    assert version.clauses.count() == 3
    saved = ImportedDocument.objects.get(status=ImportStatus.READ)
    assert (saved.version_of, saved.owner) == (policy.pk, cast.hana)
    assert "before it was replaced" in saved.filename
    clauses = baseline(policy)
    again = bring(policy, saved, lock=version.lock, by=cast.hana)
    assert content_hash(clauses) != ""
    assert list(again.clauses.values_list("heading", "body")) == [("Mine", "Hours of work.")]


def test_a_kept_text_comes_back_with_whom_its_clauses_are_for(cast, policy):
    rows = [
        {**clause("Mine", key="mine", body="Hours of work."), "audiences": [cast.retail.group.pk]},
        clause("Everybody's", key="all", body="Whatever else there is to say."),
    ]
    draft = make_draft(cast=cast, policy=policy, clauses=rows, note="Mine.")
    version = bring(policy, kept(policy, cast), lock=draft.lock, by=cast.hana)
    saved = ImportedDocument.objects.get(status=ImportStatus.READ)
    again = bring(policy, saved, lock=version.lock, by=cast.hana)
    found = {one.heading: one.audience_names for one in again.clauses.with_groups()}
    assert found == {"Mine": ["Retail"], "Everybody's": []}


def test_whoever_wrote_a_kept_text_does_not_approve_it_when_it_comes_back(cast, policy):
    """In another version, too, of which she has written nothing else."""
    draft = actions.start_version(policy=policy, by=cast.paul)
    draft = write(version=draft, clauses=[clause("Hers", key="hers", body="Her words.")], by=cast.hana)
    second = make_person(name="Stella", role="staff", by=cast.root)
    draft = bring(policy, kept(policy, cast), lock=draft.lock, by=second)
    saved = ImportedDocument.objects.get(status=ImportStatus.READ)
    draft = actions.submit(version=draft, lock=draft.lock, by=cast.paul)
    draft = actions.approve(version=draft, lock=draft.lock, by=cast.lena)
    actions.publish(version=draft, by=cast.lena)

    version = bring(policy, saved, change_note="Back again.", by=second)
    assert [one.heading for one in version.clauses.all()] == ["Hers"]
    version = actions.submit(version=version, lock=version.lock, by=second)
    with pytest.raises(NotAllowed, match="You wrote or submitted part"):
        actions.approve(version=version, lock=version.lock, by=cast.hana)
    assert set(version.contributors.all()) == {second, cast.hana, cast.paul}
    assert actions.approve(version=version, lock=version.lock, by=cast.lena).status == "approved"


def test_an_empty_first_draft_is_simply_filled(cast):
    policy = make_policy(cast=cast)
    version = bring(policy, kept(policy, cast), lock=0, by=cast.paul)
    assert (version.number, version.clauses.count()) == (1, 3)
    assert not ImportedDocument.objects.filter(status=ImportStatus.READ).exists()


def test_what_was_approved_is_a_draft_again(cast, policy):
    draft = make_draft(cast=cast, policy=policy)
    draft = actions.submit(version=draft, lock=draft.lock, by=cast.paul)
    version = bring(policy, kept(policy, cast), lock=draft.lock, by=cast.hana)
    assert version.status == "draft"


def test_a_document_that_was_discarded_or_not_read(cast, policy):
    document = kept(policy, cast)
    ImportedDocument.objects.filter(pk=document.pk).update(status=ImportStatus.WAITING)
    with pytest.raises(NotAllowed):
        bring(policy, document, by=cast.paul)
    ImportedDocument.objects.all().delete()
    with pytest.raises(Conflict, match="discarded"):
        bring(policy, document, by=cast.paul)


# --- The pages -------------------------------------------------------------------------------------------------------


def test_from_the_policy_to_the_draft(cast, as_, policy):
    client = as_(cast.paul)
    versions = client.get(f"/admin/policies/policy/{policy.pk}/versions/").content.decode()
    assert upload_url(policy).replace("&", "&amp;") in versions
    assert "Our rules" in client.get(upload_url(policy)).content.decode()
    answer = client.post(upload_url(policy), {"file": SimpleUploadedFile("rules.md", FILE.encode())})
    document = ImportedDocument.objects.get()
    assert document.version_of == policy.pk
    answer = client.get(answer["Location"])
    assert answer["Location"] == page_url(policy, document)
    text = client.get(answer["Location"]).content.decode()
    for words in ["Goes on as", "Another heading over the same text", "Taken out", "Giraffes", "1 new", "Moved"]:
        assert words in text
    assert policy.versions.count() == 1
    answer = client.post(page_url(policy, document), sent(policy, document))
    assert answer["Location"] == f"/admin/policies/policy/{policy.pk}/edit/"
    assert list(policy.versions.open().get().clauses.values_list("key", flat=True)) == ["film", "who", "giraffes"]
    answer = client.get(page_url(policy, document), follow=True)
    assert "made from this file already" in answer.content.decode()


def test_looking_again_writes_nothing_and_keeps_the_choices(cast, as_, policy):
    client = as_(cast.paul)
    document = uploaded(client, policy)
    data = sent(policy, document, act="look", change_note="My note.", **{"choice-2": "answer", "force-0": "may"})
    answer = client.post(page_url(policy, document), data)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "My note." in text
    assert "You chose this." in text
    assert "Taken out" not in text
    assert policy.versions.count() == 1


def test_an_error_stands_at_its_row_and_nothing_typed_is_lost(cast, as_, policy):
    client = as_(cast.paul)
    document = uploaded(client, policy)
    answer = client.post(
        page_url(policy, document),
        sent(policy, document, change_note="My note.", **{"choice-2": "who", "force-0": "may"}),
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "There is a problem" in text
    assert '<a href="#choice-2">“Say who you are” is chosen for part 2 already.' in text
    assert 'id="choice-2-error"' in text
    assert "My note." in text
    assert [row.force for row in answer.context["proposal"].rows] == ["may", "must", "may"]
    nothing = sent(policy, document, **{f"choice-{n}": "-" for n in range(3)})
    assert "Take at least one part" in client.post(page_url(policy, document), nothing).content.decode()
    long = client.post(page_url(policy, document), sent(policy, document, change_note="x" * 4001))
    assert long.status_code == 422
    assert policy.versions.count() == 1


def test_a_version_being_written_is_named_and_replaced_only_when_ticked(cast, as_, policy):
    draft = make_draft(cast=cast, policy=policy, clauses=[clause("Mine", key="mine", body="Hours of work.")])
    client = as_(cast.paul)
    document = uploaded(client, policy)
    text = client.get(page_url(policy, document)).content.decode()
    assert "Version 2 is being written" in text
    assert f"/admin/policies/policy/{policy.pk}/edit/" in text
    answer = client.post(page_url(policy, document), sent(policy, document, lock=draft.lock))
    assert answer.status_code == 422
    assert "Tick this to go on." in answer.content.decode()
    assert list(draft.clauses.values_list("key", flat=True)) == ["mine"]
    client.post(page_url(policy, document), sent(policy, document, lock=draft.lock, replace="on"))
    assert list(draft.clauses.values_list("key", flat=True)) == ["film", "who", "giraffes"]


def test_whoever_comes_second_sees_the_page_again_with_her_choices(cast, as_, policy):
    client = as_(cast.paul)
    document = uploaded(client, policy)
    data = sent(policy, document, **{"force-0": "may"})
    draft = make_draft(cast=cast, policy=policy, clauses=[clause("Mine", key="mine")])
    answer = client.post(page_url(policy, document), {**data, "replace": "on"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "changed while you were choosing" in text
    assert answer.context["proposal"].rows[0].force == "may"
    assert f'name="lock" value="{draft.lock}"' in text
    write(version=draft, clauses=[clause("Mine, longer", key="mine")], by=cast.hana)
    again = {**sent(policy, document), "lock": draft.lock, "replace": "on"}
    answer = client.post(page_url(policy, document), again)
    assert answer.status_code == 409
    assert "saved it while you were choosing" in answer.content.decode()
    draft.refresh_from_db()
    assert list(draft.clauses.values_list("heading", flat=True)) == ["Mine, longer"]


def test_what_the_file_says_about_the_policy_is_shown_and_not_taken(cast, as_, policy):
    client = as_(cast.paul)
    document = uploaded(client, policy, f"---\ntitle: Quite new rules\nsummary: For some.\n---\n{FILE}")
    text = client.get(page_url(policy, document)).content.decode()
    assert "Quite new rules" in text
    client.post(page_url(policy, document), sent(policy, document))
    policy.refresh_from_db()
    assert policy.title == "Our rules"


def test_a_file_that_changes_nothing_says_so_and_one_that_was_here_before(cast, as_, policy):
    client = as_(cast.paul)
    data = client.get(f"/policies/{policy.slug}/versions/1/download/md/").content
    document = uploaded(client, policy, data)
    assert "Nothing would change" in client.get(page_url(policy, document)).content.decode()
    client.post(page_url(policy, document), sent(policy, document))
    again = uploaded(client, policy, data)
    assert "imported into this policy before" in client.get(page_url(policy, again)).content.decode()


def test_a_file_that_cannot_be_read_or_is_still_being_read(cast, as_, policy):
    client = as_(cast.paul)
    document = uploaded(client, policy, imports.PDF, "rules.pdf")
    answer = client.get(page_url(policy, document), follow=True)
    assert ".docx" in answer.content.decode()
    assert client.post(upload_url(policy), {}).status_code == 422
    document = uploaded(client, policy, imports.WORD, "accounts.docx")
    text = client.get(f"/admin/hub/importeddocument/upload/{document.batch}/").content.decode()
    assert "becomes a new version" in text


def test_a_new_version_is_never_made_into_a_new_policy_by_the_batch(cast, as_, policy):
    client = as_(cast.paul)
    document = uploaded(client, policy)
    assert "as proposed" not in client.get(f"/admin/hub/importeddocument/upload/{document.batch}/").content.decode()
    client.post(f"/admin/hub/importeddocument/upload/{document.batch}/create/")
    document.refresh_from_db()
    assert document.status == ImportStatus.READ


@pytest.mark.parametrize(
    "query", ["as=policy&version-of=0", "as=policy&version-of=x", "as=playbook&version-of=1", "as=poem&version-of=1"]
)
def test_a_new_version_of_nothing(cast, as_, query):
    assert as_(cast.paul).get(f"/admin/hub/importeddocument/upload/?{query}").status_code == 404


def test_another_policys_file_is_not_found(cast, as_, policy):
    client = as_(cast.paul)
    document = uploaded(client, policy)
    other = make_published(cast=cast, title="Another").policy
    assert client.get(page_url(other, document)).status_code == 404


def test_in_a_long_policy_the_clause_is_typed(cast, as_, policy, monkeypatch):
    monkeypatch.setattr(importing, "MOST_CHOICES", 1)
    client = as_(cast.paul)
    document = uploaded(client, policy)
    text = client.get(page_url(policy, document)).content.decode()
    assert '<datalist id="clauses">' in text
    assert 'list="clauses" value="new"' in text
    data = sent(policy, document, **{"choice-0": "new", "choice-1": " who ", "choice-2": "film"})
    client.post(page_url(policy, document), data)
    assert list(policy.versions.open().get().clauses.values_list("key", flat=True)) == [
        "ask-before-you-film",
        "who",
        "film",
    ]


def test_the_page_costs_the_same_for_many_clauses(cast, as_, django_assert_max_num_queries):
    texts = [clause(f"Rule {n}", key=f"rule-{n}", body=f"Words of rule number {n}.") for n in range(30)]
    policy = make_published(cast=cast, clauses=texts).policy
    client = as_(cast.paul)
    document = uploaded(client, policy, "# T\n\n" + "\n\n".join(f"## Rule {n}\n\nOther words {n}." for n in range(40)))
    with django_assert_max_num_queries(12):
        assert client.get(page_url(policy, document)).status_code == 200


def test_everything_above_left_published_texts_alone(cast, policy):
    before = list(Clause.objects.filter(version__policy=policy).values_list("content_hash", flat=True))
    bring(policy, kept(policy, cast), by=cast.paul)
    first = PolicyVersion.objects.get(policy=policy, number=1)
    assert list(first.clauses.values_list("content_hash", flat=True)) == before
