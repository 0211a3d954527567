"""Verbs of a review: named people read a draft and comment on its parts before it is approved.

Each kind of text says in a `Reviewing` what is its own; its app's actions are these, with that filled in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit, clock
from hub.exceptions import Invalid, NotAllowed
from hub.models import CommentState
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake

LONGEST_COMMENT = 4000
SOON = timedelta(days=1)


@dataclass(frozen=True)
class Reviewing:
    """What the review of one kind of text needs to know of it.

    `text` is what its reviews and comments call it ("version"); `part` what it is made of ("clause", so that the
    parts are `clauses` and a comment has a `clause_key`). `locked(text)` gives it as stored now, under its lock;
    `standing(text)` says where one stands that is no longer open. `asked(review)` writes the message.
    """

    text: str
    part: str
    locked: Callable
    standing: Callable
    check_can_curate: Callable
    check_can_comment: Callable
    asked: Callable

    def open_text(self, text):
        """The text under its lock; raises NotAllowed once it is published."""
        text = self.locked(text)
        if not text.is_open:
            raise NotAllowed(self.standing(text))
        return text

    def parts(self, text):
        return getattr(text, f"{self.part}s")


@transaction.atomic
def ask_for_review(reviewing, *, text, people, due_on, by, **values):
    """Asks people to read a draft by a day; each gets a message. Whoever was asked before gets the new day.

    Returns the reviews. Asking again somebody who has read it opens her review again; who is asked for that very day
    already gets no second message. `values` are further fields of the review.
    """
    reviewing.check_can_curate(by)
    text = reviewing.open_text(text)
    if not people:
        raise Invalid(_("Name at least one person."), field="people")
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
    asked_already = set(text.reviews.filter(done_at=None, due_on=due_on).values_list("person", flat=True))
    reviews = []
    for person in people:
        values |= {"asked_by": by, "asked_at": timezone.now(), "due_on": due_on, "done_at": None}
        review, _created = text.reviews.update_or_create(person=person, defaults=values)
        if person.pk not in asked_already:
            reviewing.asked(review, stage="asked")
        reviews.append(review)
    names = [person.name for person in people]
    audit.record("asked for review", text, by=by, people=names, due_on=due_on.isoformat())
    wake(deliver_outbox)
    return reviews


@transaction.atomic
def stop_asking(reviewing, *, review, by):
    """Somebody need not read it after all. What she has said stays."""
    reviewing.check_can_curate(by)
    text = reviewing.open_text(getattr(review, reviewing.text))
    if text.reviews.filter(pk=review.pk).delete()[0]:
        audit.record("no longer asked for review", text, by=by, person=review.person.name)


@transaction.atomic
def comment(reviewing, *, text, said, key="", by):
    """A reviewer, or staff, says something about a part of the draft or about the whole."""
    text = reviewing.open_text(text)
    reviewing.check_can_comment(by, text)
    return say(reviewing, text=text, said=said, key=key, by=by, author=by)


def say(reviewing, *, text, said, key, by, **values):
    """Stores a comment on an open text that is locked, by whoever may. `values` are further fields of it."""
    said = clean(said or "").strip()
    if not said:
        raise Invalid(_("Write what you want to say."), field="text")
    if len(said) > LONGEST_COMMENT:
        raise Invalid(_("Keep it under %(n)d characters.") % {"n": LONGEST_COMMENT}, field="text")
    part = reviewing.parts(text).filter(key=key).first() if key else None
    if key and part is None:
        raise Invalid(_("This part was taken out while you were reading. Comment on the whole instead."), field="text")
    comment = text.comments.create(
        **{f"{reviewing.part}_key": key},
        heading=part.heading if part else "",
        text=said,
        at=timezone.now(),
        **values,
    )
    by_name = {"outside": comment.said_by} if by is None else {}
    audit.record("commented", text, by=by, **{reviewing.part: key}, **by_name)
    return comment


@transaction.atomic
def finish_review(reviewing, *, review, by):
    """The reviewer has read it and has nothing more to say. Doing it twice is doing it once."""
    text = reviewing.open_text(getattr(review, reviewing.text))
    review = text.reviews.filter(pk=review.pk).first()
    if review is None or review.person_id != by.pk:
        raise NotAllowed(_("You are not asked to read this draft any more."))
    reviewing.check_can_comment(by, text)
    if review.done_at is None:
        review.done_at = timezone.now()
        review.save(update_fields=["done_at"])
        audit.record("read for review", text, by=by)
    return review


@transaction.atomic
def answer_comment(reviewing, *, comment, state, answer="", by):
    """Staff say of a comment: done, or not done because. An answer may be given anew while the draft is open.

    What came too late to be answered before publication is answered after it, once.
    """
    reviewing.check_can_curate(by)
    text = reviewing.locked(getattr(comment, reviewing.text))
    comment = text.comments.get(pk=comment.pk)
    if not text.is_open and not comment.is_open:
        raise NotAllowed(reviewing.standing(text))
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
    audit.record("answered a comment", text, by=by, of=comment.said_by or comment.author.name, state=state)
    return comment


def remind_readers(reviews, *, asked):
    """Reminds of running reviews: the day before they are due, and once after; returns how many messages.

    `asked(review, stage)` writes one, or gives None where it was written before.
    """
    day = clock.today()
    posted = 0
    for review in reviews.filter(due_on__lte=day + SOON):
        posted += asked(review, stage="overdue" if review.due_on < day else "soon") is not None
    if posted:
        wake(deliver_outbox)
    return posted
