"""What people write to each other on a request."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from engagements import emails
from engagements.actions.base import (
    MOST_CHARACTERS,
    first_answer,
    instant,
    locked,
    log,
    move,
    record,
    settle_promise,
)
from engagements.models import Entry
from engagements.permissions import check_can_answer, check_can_ask, check_can_note, check_can_reply
from engagements.workflow import Status
from hub.exceptions import Invalid


def _text(text, sentence):
    text = text.strip()
    if not text:
        raise Invalid(sentence, field="text")
    if len(text) > MOST_CHARACTERS:
        raise Invalid(_("This is too long. Put the rest into a document and link to it."), field="text")
    return text


def _sent_before(token, request, verb, text, by):
    """(the entry that this form has made already with these very words, or None; the token of a new one).

    Other words after going back to the form, another button or another request make another entry. Their token is made
    of them, so that pressing twice on these makes one, too.
    """
    if token is None:
        return None, None
    words = text.strip()
    found = Entry.objects.select_related("request").filter(form_token=token).first()
    if found is None:
        return None, token
    if (found.request_id, found.by_id, found.verb, found.body) == (request.pk, by.pk, verb, words):
        return found, token
    token = uuid.uuid5(token, f"{request.pk}\n{by.pk}\n{verb}\n{words}")
    return Entry.objects.select_related("request").filter(form_token=token).first(), token


@transaction.atomic
def reply(*, request, text, form_token=None, at=None, by):
    """The department writes. One that waited for it goes back to the hub, one that was put aside into the queue."""
    request = locked(request)
    twin, form_token = _sent_before(form_token, request, "replied", text, by)
    if twin is not None:
        return twin
    check_can_reply(by, request)
    text = _text(text, _("Write your message first."))
    now, tell = instant(at)
    entry = log(request, "replied", at=now, by=by, text=text, kind=Entry.Kind.MESSAGE, token=form_token)
    if request.status == Status.WAITING:
        move(request, Status.IN_PROGRESS if request.accepted_at else Status.SUBMITTED, at=now)
    request.snoozed_until = None
    request.save()
    record(request, "replied", by=by)
    if tell:
        emails.new_for_hub(request, entry)
    return entry


@transaction.atomic
def answer(*, request, text, form_token=None, at=None, by):
    """Staff write to the department; the first time, this is the promised first answer."""
    request = locked(request)
    twin, form_token = _sent_before(form_token, request, "answered", text, by)
    if twin is not None:
        return twin
    check_can_answer(by, request)
    text = _text(text, _("Write your answer first."))
    now, tell = instant(at)
    entry = log(request, "answered", at=now, by=by, text=text, kind=Entry.Kind.MESSAGE, token=form_token)
    first_answer(request, now)
    settle_promise(request, now)
    request.save()
    record(request, "answered", by=by)
    if tell:
        emails.news(request, entry)
    return entry


@transaction.atomic
def ask(*, request, text, form_token=None, at=None, by):
    """Staff need something from the department: the request waits for it, and the hub's clock rests."""
    request = locked(request)
    twin, form_token = _sent_before(form_token, request, "asked", text, by)
    if twin is not None:
        return twin
    check_can_ask(by, request)
    text = _text(text, _("Write what you need to know."))
    now, tell = instant(at)
    first_answer(request, now)
    move(request, Status.WAITING, at=now)
    request.save()
    entry = log(request, "asked", at=now, by=by, text=text, kind=Entry.Kind.MESSAGE, token=form_token)
    record(request, "asked", by=by)
    if tell:
        emails.news(request, entry)
    return entry


@transaction.atomic
def note(*, request, text, form_token=None, at=None, by):
    """A private note: only the hub's own people and auditors ever see it."""
    request = locked(request)
    twin, form_token = _sent_before(form_token, request, "noted", text, by)
    if twin is not None:
        return twin
    check_can_note(by, request)
    text = _text(text, _("Write your note first."))
    now, _tell = instant(at)
    entry = log(request, "noted", at=now, by=by, text=text, kind=Entry.Kind.NOTE, token=form_token)
    record(request, "noted", by=by)
    return entry
