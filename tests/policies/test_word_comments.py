"""Comments in a Word file become comments of the review of the draft that the file becomes."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub.actions.documents import make_draft as make_draft_from
from hub.actions.margin import Brought, count
from hub.exceptions import NotAllowed
from hub.models import AuditEvent, ImportedDocument, ImportStatus
from hub.tasks import read_document
from playbooks.models import CaseStudy, Playbook
from policies import actions
from policies.actions.imported import baseline
from policies.actions.text import content_hash
from policies.models import Policy, ReviewComment
from policies.proposals import Proposal
from tests.factories import make_topic
from tests.hub.documents.test_read import paragraph, word_file
from tests.hub.documents.test_word_comments import comment, comments, heading, on, run, threads
from tests.policies.factories import clause, days, make_draft, make_published

TEXTS = [
    clause("Say who you are", key="who", body="Say in the post itself that you work for Larkfield."),
    clause("Answer within a day", key="answer", body="A comment that asks something is answered within a day."),
]


def said(name="Ada", text="Is this legal?", **fields):
    values = {"at": "2024-05-01T10:30:00+02:00", "quote": "in the post", "is_done": False, "replies": []}
    return {"name": name, "text": text, **values, **fields}


REPLY = {"name": "Bo", "at": "2024-05-02T08:00:00+02:00", "text": "It is."}
FILE = {
    "title": "Our rules",
    "summary": "For all.",
    "language": "en",
    "kind": "docx",
    "front_matter": {},
    "warnings": [],
    "comments": [said(text="Too long.", quote="", at="")],
    "parts": [
        {
            "key": "a",
            "heading": "Say who you are",
            "body": "Say in the post itself that you work for Larkfield.",
            "level": 2,
            "comments": [said(replies=[REPLY]), said("Cy", "Done?", is_done=True)],
        },
        {"key": "b", "heading": "Giraffes", "body": "You may post about giraffes.", "level": 2},
        {"key": "c", "heading": "Zebras", "body": "No zebras.", "level": 2, "comments": [said(text="Why not?")]},
    ],
}


def brought_in(cast, *, version_of=None, document=FILE, target="policy"):
    return ImportedDocument.objects.create(
        filename="rules.docx",
        sha256="0" * 64,
        size=1,
        status=ImportStatus.READ,
        target=target,
        version_of=version_of,
        document=document,
        owner=cast.paul,
        uploaded_by=cast.paul,
        uploaded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def policy(cast):
    return make_published(cast=cast, title="Our rules", clauses=TEXTS).policy


@pytest.fixture
def as_paul(client, cast):
    client.force_login(cast.paul)
    return client


def sent(policy, document, **changes):
    clauses = baseline(policy)
    proposal = Proposal.of(clauses, document.document)
    data = {"act": "create", "base": content_hash(clauses), "lock": "", "count": len(proposal.rows)}
    for row in proposal.rows:
        data |= {f"choice-{row.index}": row.chosen, f"force-{row.index}": row.force}
    return data | changes


def page_url(policy, document):
    return f"/admin/policies/policy/{policy.pk}/import/{document.pk}/"


def placed():
    return sorted(ReviewComment.objects.values_list("text", "clause_key", "heading", "state"))


# --- A new version ---------------------------------------------------------------------------------------------------


def test_comments_land_on_the_clauses_their_parts_become(as_paul, cast, policy):
    document = brought_in(cast, version_of=policy.pk)
    answer = as_paul.post(
        page_url(policy, document), sent(policy, document, **{"choice-2": "-", "with_comments": "on"}), follow=True
    )
    assert placed() == [
        ("Done?", "who", "Say who you are", "done"),
        ("Is this legal?", "who", "Say who you are", "open"),
        ("Too long.", "", "", "open"),
        ("Why not?", "", "Zebras", "open"),
    ]
    text = answer.content.decode()
    assert "4 comments of the file came along, 2 on the whole text, 1 resolved before. They are under Review." in text
    comment = ReviewComment.objects.get(text="Is this legal?")
    assert (comment.said_by, comment.author, comment.quote) == ("Ada", cast.paul, "in the post")
    assert comment.at == datetime(2024, 5, 1, 8, 30, tzinfo=UTC)
    assert [reply["at"] for reply in comment.said_before] == [datetime(2024, 5, 2, 6, tzinfo=UTC)]
    done = ReviewComment.objects.get(text="Done?")
    assert (done.answered_by, done.answer) == (cast.paul, "It was marked as resolved in the file.")
    event = AuditEvent.objects.get(verb="brought comments along")
    assert event.details == {"on_parts": 2, "on_whole": 2, "resolved": 1, "here_already": 0}


def test_they_must_be_answered_like_any_and_name_who_said_them(as_paul, cast, policy):
    document = brought_in(cast, version_of=policy.pk)
    as_paul.post(page_url(policy, document), sent(policy, document, with_comments="on", change_note="Why."))
    version = policy.versions.open().get()
    actions.submit(version=version, lock=version.lock, by=cast.paul)
    with pytest.raises(NotAllowed, match="3 comments"):
        actions.approve(version=version, lock=version.lock, by=cast.hana)
    actions.answer_comment(comment=version.comments.get(text="Is this legal?"), state="done", by=cast.paul)
    event = AuditEvent.objects.get(verb="answered a comment")
    assert event.details["of"] == "Ada"
    page = as_paul.get(f"/admin/policies/policy/{policy.pk}/review/").content.decode()
    for words in (
        "<bdi>Ada</bdi> in a file that was brought by",
        "in the post",
        "It is.",
        "<bdi>Bo</bdi>",
        "Too long.",
    ):
        assert words in page
    assert "About “Zebras”" not in page  # it is a clause, and its comment stands there


def test_the_page_shows_them_before_anything_is_written(as_paul, cast, policy):
    document = brought_in(cast, version_of=policy.pk)
    page = as_paul.get(page_url(policy, document)).content.decode()
    for words in (
        "Bring the file",
        "2 comments in the file",
        "Is this legal?",
        "It is.",
        "Resolved in the file",
        "Why",
    ):
        assert words in page
    assert ReviewComment.objects.count() == 0


def test_they_can_be_left_behind(as_paul, cast, policy):
    document = brought_in(cast, version_of=policy.pk)
    answer = as_paul.post(page_url(policy, document), sent(policy, document), follow=True)
    assert policy.versions.open().exists()
    assert placed() == []
    assert "came along" not in answer.content.decode()
    assert not AuditEvent.objects.filter(verb="brought comments along").exists()


def test_a_file_without_comments_is_not_asked_about_them(as_paul, cast, policy):
    plain = {**FILE, "parts": FILE["parts"][1:2]}
    del plain["comments"]
    document = brought_in(cast, version_of=policy.pk, document=plain)
    assert count(plain) == 0
    assert "Bring the file" not in as_paul.get(page_url(policy, document)).content.decode()
    as_paul.post(page_url(policy, document), sent(policy, document))
    assert policy.versions.open().exists()


def test_a_second_file_brings_no_comment_twice_and_adds_new_replies(cast, policy):
    def bring(document, lock):
        clauses = baseline(policy)
        return actions.import_version(
            policy=policy,
            document=brought_in(cast, version_of=policy.pk, document=document),
            clauses=Proposal.of(clauses, document).drafts(),
            base=content_hash(clauses),
            lock=lock,
            on_whole=[("", one) for one in document["comments"]],
            by=cast.paul,
        )

    version = bring(FILE, None)
    assert version.brought == Brought(on_parts=3, on_whole=1, resolved=1)
    first = FILE["parts"][0]
    first = {**first, "comments": [said(replies=[REPLY, {**REPLY, "text": "Sure?"}]), said(text="New.")]}
    version = bring({**FILE, "parts": [first, *FILE["parts"][1:]]}, version.lock)
    assert version.brought == Brought(on_parts=1, here_already=3)
    assert version.brought.in_words() == (
        "1 comment of the file came along, 3 were here already. They are under Review."
    )
    assert version.comments.count() == 5
    assert [one["text"] for one in version.comments.get(text="Is this legal?").replies] == ["It is.", "Sure?"]


def test_replies_of_a_file_are_not_put_to_what_somebody_said_by_her_link(cast, policy):
    draft = make_draft(cast=cast, policy=policy)
    invitation = actions.invite_outside(
        version=draft, name="Ada", email="ada@counsel.example", until=days(7), by=cast.paul
    )
    hers = actions.comment_outside(invitation=invitation, text="Is this legal?")
    theirs = said(quote="", replies=[REPLY])
    brought = actions.bring_comments(
        version=draft, drafts=[{} for _one in draft.clauses.all()], on_whole=[("", theirs)], by=cast.paul
    )
    hers.refresh_from_db()
    assert (brought.on_whole, brought.here_already, hers.replies) == (1, 0, [])


def test_what_came_along_in_words():
    assert Brought().in_words() == ""
    assert Brought(here_already=1).in_words() == "1 was here already. They are under Review."
    assert Brought(on_parts=1).in_words() == "1 comment of the file came along. They are under Review."


# --- A first draft ---------------------------------------------------------------------------------------------------


def choose_url(document):
    return f"/admin/hub/importeddocument/{document.pk}/choose/"


def chosen(topic, owner, **changes):
    data = {"title": "Our rules", "summary": "For all.", "language": "en", "topic": topic.pk, "owner": owner.pk}
    return {"act": "create", "target": "policy", "count": "3", "take-0": "on", "take-1": "on", **data, **changes}


def test_a_first_draft_of_a_policy(as_paul, cast):
    document, topic = brought_in(cast), make_topic()
    page = as_paul.get(choose_url(document)).content.decode()
    assert "Bring the file" in page and "Why not?" in page and "Too long." in page
    answer = as_paul.post(choose_url(document), chosen(topic, cast.paul, with_comments="on"), follow=True)
    assert "4 comments of the file came along, 2 on the whole text" in answer.content.decode()
    assert [(key, heading) for _text, key, heading, _state in placed()] == [
        ("a", "Say who you are"),
        ("a", "Say who you are"),
        ("", ""),
        ("", "Zebras"),
    ]


def test_a_first_draft_without_them(as_paul, cast):
    document = brought_in(cast)
    answer = as_paul.post(choose_url(document), chosen(make_topic(), cast.paul), follow=True)
    assert Policy.objects.exists()
    assert placed() == []
    assert "came along" not in answer.content.decode()


def test_a_first_draft_of_a_playbook(as_paul, cast):
    document = brought_in(cast, target="playbook")
    as_paul.post(choose_url(document), chosen(make_topic(), cast.paul, target="playbook", with_comments="on"))
    revision = Playbook.objects.get().revisions.get()
    assert sorted(revision.comments.values_list("text", "section_key")) == [
        ("Done?", "a"),
        ("Is this legal?", "a"),
        ("Too long.", ""),
        ("Why not?", ""),
    ]
    page = as_paul.get(f"/admin/playbooks/playbook/{revision.playbook_id}/review/").content.decode()
    assert "<bdi>Ada</bdi> in a file that was brought by" in page


def test_a_case_study_says_before_that_it_keeps_none(as_paul, cast):
    document = brought_in(cast, target="case")
    page = as_paul.get(choose_url(document)).content.decode()
    assert "has 4 comments in its margin" in page
    assert "Bring the file" not in page
    as_paul.post(choose_url(document), chosen(make_topic(), cast.paul, target="case"))
    assert CaseStudy.objects.exists()


def test_many_files_at_once_say_what_came_along_and_what_stayed(as_paul, cast):
    topic = make_topic()
    first = brought_in(cast)
    second = brought_in(cast, target="case", document={**FILE, "title": "A story"})
    ImportedDocument.objects.update(batch=first.batch, topic=topic)
    ImportedDocument.objects.filter(pk=second.pk).update(sha256="1" * 64)
    assert "4 comments" in as_paul.get(f"/admin/hub/importeddocument/upload/{first.batch}/").content.decode()
    answer = as_paul.post(f"/admin/hub/importeddocument/upload/{first.batch}/create/", follow=True)
    text = answer.content.decode()
    assert "rules.docx: 4 comments of the file came along, 1 on the whole text" in text
    assert "4 comments stayed behind" in text


@pytest.mark.parametrize("name", ["emma", "rita", "sam", "audra"])
def test_only_staff_bring_comments(cast, policy, name):
    version = actions.start_version(policy=policy, by=cast.paul)
    with pytest.raises(NotAllowed):
        actions.bring_comments(version=version, drafts=TEXTS, on_whole=[], by=getattr(cast, name))


def test_a_published_version_takes_none(cast, policy):
    with pytest.raises(NotAllowed):
        actions.bring_comments(version=policy.versions.get(), drafts=TEXTS, on_whole=[("", said())], by=cast.paul)


# --- From the file to the page -------------------------------------------------------------------------------------


def test_a_hostile_name_and_text_from_a_word_file_are_shown_as_text(as_paul, cast):
    data = word_file(
        body=paragraph("Our rules", style="T")
        + heading(run("One"))
        + f"<w:p>{on(1, 'You must ask.')}</w:p>"
        + heading(run("Two"))
        + paragraph("You must wait."),
        extra={
            "word/comments.xml": comments(
                comment(1, "<script>alert(1)</script>", name="<img src=x onerror=x>", paragraph_id="0A")
            ),
            "word/commentsExtended.xml": threads(("0A", "", False)),
        },
    )
    as_paul.post(
        "/admin/hub/importeddocument/upload/",
        {"files": [SimpleUploadedFile("rules.docx", data)], "owner": cast.paul.pk, "target": "policy"},
    )
    document = ImportedDocument.objects.latest("pk")
    read_document(document.pk)
    document.refresh_from_db()
    stored = document.document
    policy = make_draft_from(
        document=document,
        target="policy",
        title="Our rules",
        summary="For all.",
        topic=make_topic(),
        owner=cast.paul,
        parts=[{**part, "force": "must"} for part in stored["parts"]],
        by=cast.paul,
    )
    assert policy.brought == Brought(on_parts=1)
    pages = [f"/admin/policies/policy/{policy.pk}/review/", "/policies/our-rules/versions/1/review/"]
    for page in pages:
        text = as_paul.get(page).content.decode()
        assert "&lt;script&gt;alert" in text and "&lt;img src=x" in text
        assert "<script>alert" not in text and "<img src=x" not in text
