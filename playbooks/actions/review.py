"""Verbs of the review: named people read a revision and comment on it before it is approved."""

from hub.actions import margin, reviews
from hub.actions.reviews import Reviewing
from playbooks import emails
from playbooks.permissions import check_can_comment, check_can_curate_playbooks

from .common import locked_revision, standing

REVIEWING = Reviewing(
    text="revision",
    part="section",
    locked=lambda revision: locked_revision(revision)[1],
    standing=standing,
    check_can_curate=check_can_curate_playbooks,
    check_can_comment=check_can_comment,
    asked=emails.review_asked,
)


def ask_for_review(*, revision, people, due_on, by):
    return reviews.ask_for_review(REVIEWING, text=revision, people=people, due_on=due_on, by=by)


def stop_asking(*, review, by):
    reviews.stop_asking(REVIEWING, review=review, by=by)


def comment(*, revision, text, section_key="", by):
    return reviews.comment(REVIEWING, text=revision, said=text, key=section_key, by=by)


def finish_review(*, review, by):
    return reviews.finish_review(REVIEWING, review=review, by=by)


def answer_comment(*, comment, state, answer="", by):
    return reviews.answer_comment(REVIEWING, comment=comment, state=state, answer=answer, by=by)


def bring_comments(*, revision, drafts, on_whole, by):
    """The comments of a file that became this revision; `drafts` are what its sections were made of, in their order."""
    parts = list(revision.sections.order_by("number"))
    on_parts = [(part, draft.get("comments", [])) for part, draft in zip(parts, drafts, strict=True)]
    return margin.bring_comments(REVIEWING, text=revision, on_parts=on_parts, on_whole=on_whole, by=by)
