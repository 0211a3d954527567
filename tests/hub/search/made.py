"""Documents for the search tests."""

from datetime import UTC, datetime

from hub import search
from hub.search import Document, Passage, vocabulary

WHEN = datetime(2026, 3, 1, tzinfo=UTC)


def document(*, title, object_id=1, kind="policy", passages=(), **more):
    """`passages` are (key, heading, body)."""
    return Document(
        kind=kind,
        object_id=object_id,
        title=title,
        url=more.pop("url", f"/{kind}/{object_id}/"),
        updated_at=more.pop("updated_at", WHEN),
        passages=tuple(
            Passage(part_key=key, heading=heading, body=body, url=f"/{kind}/{object_id}/#{key}")
            for key, heading, body in passages
        ),
        **more,
    )


def put(*documents):
    for one in documents:
        search.index(one)
    # Inside a test's transaction nothing is ever committed, so the process is told by hand.
    vocabulary.forget()


def library():
    """A small library that most tests ask."""
    put(
        document(
            title="Crisis communication",
            object_id=1,
            topic_slug="crisis",
            summary="Who speaks when something goes badly wrong.",
            passages=[
                ("pause", "Pause everything that is scheduled", "Stop all scheduled posts at once and tell the hub."),
                ("speak", "Who speaks", "Only the press office answers reporters and journalists."),
            ],
        ),
        document(
            title="Photos and video of people",
            object_id=2,
            topic_slug="legal",
            passages=[
                ("consent", "Consent before you publish", "Ask everybody who can be recognised, and keep the answer."),
                ("children", "Children", "For anybody under sixteen a parent signs the release form."),
            ],
        ),
        document(
            title="Answering comments",
            object_id=3,
            kind="playbook",
            topic_slug="community",
            passages=[
                ("first", "The first hour", "Thank the person, answer what was asked, escalate threats to the hub."),
                ("hide", "When to hide a comment", "Hide insults and spam, never criticism. Write down why."),
            ],
        ),
        document(
            title="Accounts and access",
            object_id=4,
            topic_slug="accounts",
            passages=[
                ("mfa", "Second factor", "Each administrator switches on two-step verification, without exception."),
                ("leave", "When somebody leaves", "The deputy removes the access of a leaver on the last day."),
            ],
        ),
    )


def found(text, *, group_ids=None, **more):
    """[(kind, object_id)] in order."""
    return [(hit.kind, hit.object_id) for hit in search.search(text, group_ids=group_ids, **more).hits]
