"""Verbs of the review: named people read a version and comment on it before it is approved."""

from django.utils.translation import gettext as _

from hub.actions import margin, reviews
from hub.actions.reviews import Reviewing
from hub.exceptions import Invalid
from policies import emails
from policies.models import ReviewKind
from policies.permissions import check_can_comment, check_can_curate_policies

from .common import locked_version, standing

REVIEWING = Reviewing(
    text="version",
    part="clause",
    locked=lambda version: locked_version(version)[1],
    standing=standing,
    check_can_curate=check_can_curate_policies,
    check_can_comment=check_can_comment,
    asked=emails.review_asked,
)


def ask_for_review(*, version, people, due_on, kind=ReviewKind.REVIEW, by):
    if kind not in ReviewKind.values:
        raise Invalid(_("Choose what you ask them for."), field="kind")
    return reviews.ask_for_review(REVIEWING, text=version, people=people, due_on=due_on, kind=kind, by=by)


def stop_asking(*, review, by):
    reviews.stop_asking(REVIEWING, review=review, by=by)


def comment(*, version, text, clause_key="", by):
    return reviews.comment(REVIEWING, text=version, said=text, key=clause_key, by=by)


def finish_review(*, review, by):
    return reviews.finish_review(REVIEWING, review=review, by=by)


def answer_comment(*, comment, state, answer="", by):
    return reviews.answer_comment(REVIEWING, comment=comment, state=state, answer=answer, by=by)


def bring_comments(*, version, drafts, on_whole, by):
    """The comments of a file that became this version; `drafts` are what its clauses were made of, in their order."""
    parts = list(version.clauses.order_by("number"))
    on_parts = [(part, draft.get("comments", [])) for part, draft in zip(parts, drafts, strict=True)]
    return margin.bring_comments(REVIEWING, text=version, on_parts=on_parts, on_whole=on_whole, by=by)
