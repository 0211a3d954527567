"""Verbs of the review: named people read a version and comment on it before it is approved."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake
from policies import clock, emails
from policies.models import CommentState, Review, ReviewComment, ReviewKind
from policies.permissions import check_can_comment, check_can_curate_policies

from .common import locked_version, standing

LONGEST_COMMENT = 4000


def _open_version(version):
    """The version under the policy's lock; raises NotAllowed once it is published."""
    _policy, version = locked_version(version)
    if not version.is_open:
        raise NotAllowed(standing(version))
    return version


@transaction.atomic
def ask_for_review(*, version, people, due_on, kind=ReviewKind.REVIEW, by):
    """Asks people to read the version by a day; each gets a message. Whoever was asked before gets the new day.

    Returns the reviews. Asking again somebody who has read it opens her review again; who is asked for that very day
    already gets no second message.
    """
    check_can_curate_policies(by)
    version = _open_version(version)
    if not people:
        raise Invalid(_("Name at least one person."), field="people")
    if kind not in ReviewKind.values:
        raise Invalid(_("Choose what you ask them for."), field="kind")
    if due_on < clock.today():
        raise Invalid(_("Choose a day that is still to come."), field="due_on")
    gone = next((person for person in people if not person.is_active), None)
    if gone:
        raise Invalid(_("%(name)s has left.") % {"name": gone.name}, field="people")
    auditor = next((person for person in people if person.only_reads), None)
    if auditor:
        raise Invalid(
            _("%(name)s is an auditor, reads every draft anyway, and changes nothing.") % {"name": auditor.name},
            field="people",
        )
    asked_already = set(version.reviews.filter(done_at=None, due_on=due_on).values_list("person", flat=True))
    reviews = []
    for person in people:
        values = {"kind": kind, "asked_by": by, "asked_at": timezone.now(), "due_on": due_on, "done_at": None}
        review, _created = Review.objects.update_or_create(version=version, person=person, defaults=values)
        if person.pk not in asked_already:
            emails.review_asked(review, stage="asked")
        reviews.append(review)
    names = [person.name for person in people]
    audit.record("asked for review", version, by=by, people=names, due_on=due_on.isoformat())
    wake(deliver_outbox)
    return reviews


@transaction.atomic
def stop_asking(*, review, by):
    """Somebody need not read it after all. What she has said stays."""
    check_can_curate_policies(by)
    version = _open_version(review.version)
    if Review.objects.filter(pk=review.pk).delete()[0]:
        audit.record("no longer asked for review", version, by=by, person=review.person.name)


@transaction.atomic
def comment(*, version, text, clause_key="", by):
    """A reviewer, or staff, says something about a clause or about the whole."""
    version = _open_version(version)
    check_can_comment(by, version)
    text = clean(text or "").strip()
    if not text:
        raise Invalid(_("Write what you want to say."), field="text")
    if len(text) > LONGEST_COMMENT:
        raise Invalid(_("Keep it under %(n)d characters.") % {"n": LONGEST_COMMENT}, field="text")
    clause = version.clauses.filter(key=clause_key).first() if clause_key else None
    if clause_key and clause is None:
        raise Invalid(
            _("This clause was taken out while you were reading. Comment on the whole instead."), field="text"
        )
    said = ReviewComment.objects.create(
        version=version,
        clause_key=clause_key,
        heading=clause.heading if clause else "",
        author=by,
        text=text,
        at=timezone.now(),
    )
    audit.record("commented", version, by=by, clause=clause_key)
    return said


@transaction.atomic
def finish_review(*, review, by):
    """The reviewer has read it and has nothing more to say. Doing it twice is doing it once."""
    version = _open_version(review.version)
    review = Review.objects.filter(pk=review.pk).first()
    if review is None or review.person_id != by.pk:
        raise NotAllowed(_("You are not asked to read this version any more."))
    check_can_comment(by, version)
    if review.done_at is None:
        review.done_at = timezone.now()
        review.save(update_fields=["done_at"])
        audit.record("read for review", version, by=by)
    return review


@transaction.atomic
def answer_comment(*, comment, state, answer="", by):
    """Staff say of a comment: done, or not done because. An answer may be given anew while the version is open."""
    check_can_curate_policies(by)
    version = _open_version(comment.version)
    comment = version.comments.get(pk=comment.pk)
    answer = clean(answer or "").strip()
    if state not in {CommentState.DONE, CommentState.NOT_DONE}:
        raise Invalid(_("Say whether it is done."), field="state")
    if state == CommentState.NOT_DONE and not answer:
        raise Invalid(_("Say why not; whoever wrote the comment reads it."), field="answer")
    if len(answer) > LONGEST_COMMENT:
        raise Invalid(_("Keep it under %(n)d characters.") % {"n": LONGEST_COMMENT}, field="answer")
    comment.state, comment.answer = state, answer
    comment.answered_by, comment.answered_at = by, timezone.now()
    comment.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    audit.record("answered a comment", version, by=by, of=comment.author.name, state=state)
    return comment
