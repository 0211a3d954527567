"""The one door for mail.

`post` writes an outbox row in the transaction of its cause. `deliver` sends what is due: it takes a lease on a batch,
sends one message to one recipient at a time and marks each row as it goes, so that a worker killed anywhere loses
nothing, and at most the one message in flight goes out again under the same Message-ID.
"""

import hashlib
import logging
import random
import smtplib
import uuid
from datetime import timedelta

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.template import engines
from django.template.loader import render_to_string
from django.utils import timezone, translation

from hub import audit
from hub.clock import database_now
from hub.kinds import Delivery
from hub.kinds import kind as kind_named
from hub.models import OutboxMessage, Preference
from hub.slots import still_true

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
BATCH = 50
# Four days with the waits of `_failed`: a mail server may be away over a long weekend.
MOST_ATTEMPTS = 32
MANY = 1000
State = OutboxMessage.State


def wants_at_once(person, kind):
    """Whether this person gets this kind by mail at once. Obligatory kinds and answers always go."""
    if kind.obligatory or kind.delivery == Delivery.ANSWER:
        return True
    choice = Preference.objects.filter(person=person, kind=kind.name).values_list("choice", flat=True).first()
    if choice is None:
        return kind.delivery == Delivery.NUDGE
    return choice == Preference.Choice.MAIL


def post(*, kind, to, about="", period="", context=None, address=None):
    """Writes the message once; returns its row, or None if it was posted before or the person does not want it.

    `kind` names the templates mail/<kind>.subject.txt, .txt and .html. `to` is a person, or None with `address`.
    """
    table_row = kind_named(kind)
    if to is not None and (not to.is_active or not wants_at_once(to, table_row)):
        return None
    address = address or to.email
    context = {
        **(context or {}),
        "person": to,
        "kind": table_row,
        "site_url": settings.SITE_URL,
        "site_name": settings.SITE_NAME,
    }
    with translation.override(to.language if to else settings.LANGUAGE_CODE):
        zone = to.zone if to else None
        with timezone.override(zone):
            subject = " ".join(render_text(f"mail/{kind}.subject.txt", context).split())[:250]
            text = render_text(f"mail/{kind}.txt", context).strip() + "\n"
            html = css_inline.inline(render_to_string(f"mail/{kind}.html", context))
    return post_raw(
        kind=kind, to=to, address=address, about=about, period=period, subject=subject, text=text, html=html
    )


def post_raw(*, kind, to, address, about, period, subject, text, html=""):
    """Writes an already worded message once; returns its row or None. Used by `post` and by sign-in mail."""
    row = OutboxMessage(
        recipient=to,
        to_address=address,
        kind=kind,
        about=about,
        period=period,
        subject=subject,
        text=text,
        html=html,
        message_id=message_id(address, kind, about, period),
    )
    OutboxMessage.objects.bulk_create([row], ignore_conflicts=True)
    # A row that was there before keeps its own instant; an insert that may be ignored gives no key back.
    return OutboxMessage.objects.filter(message_id=row.message_id, created_at=row.created_at).first()


def message_id(address, kind, about, period):
    """The same key has the same Message-ID for ever, so that a copy can be told from another letter."""
    key = "\n".join([settings.SECRET_KEY, address.lower(), kind, about, period])
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{settings.SITE.hostname}>"


def render_text(template, context):
    return engines["text"].get_template(template).render(context)


def claim(now):
    """Takes a lease on the next due rows and returns them with the lease's name; `now` is the database's instant."""
    lease = uuid.uuid4().hex
    with transaction.atomic():
        due = OutboxMessage.objects.due(now).order_by("not_before", "pk")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        ids = list(due.values_list("pk", flat=True)[:BATCH])
        OutboxMessage.objects.filter(pk__in=ids).update(state=State.SENDING, lease=lease, leased_until=now + LEASE)
    return lease, list(OutboxMessage.objects.filter(pk__in=ids, lease=lease).select_related("recipient").order_by("pk"))


def deliver():
    """Sends everything that is due; returns how many messages left. Safe to run twice at once."""
    sent = 0
    while True:
        lease, rows = claim(database_now())
        if not rows:
            return sent
        with _open_connection() as smtp:
            for row in rows:
                if database_now() >= row.leased_until - LEASE / 5:
                    _release(lease)
                    break
                sent += _deliver_one(row, lease, smtp)


def _release(lease):
    """Gives back what a slow mail server left no time for, before another worker takes it with the lease's end."""
    OutboxMessage.objects.filter(lease=lease, state=State.SENDING).update(
        state=State.WAITING, leased_until=None, lease=""
    )


def _open_connection():
    if settings.SAMPLE_MODE:
        return get_connection("django.core.mail.backends.dummy.EmailBackend")
    return _Connection()


class _Connection:
    """One SMTP connection for a batch, opened when first needed and opened again after a failure."""

    def __enter__(self):
        self.backend = get_connection()
        return self

    def __exit__(self, *exc):
        self.backend.close()

    def send_messages(self, messages):
        try:
            return self.backend.send_messages(messages)
        except Exception:
            self.backend.close()
            self.backend = get_connection()
            raise


def _deliver_one(row, lease, smtp):
    try:
        if (row.recipient and not row.recipient.is_active) or not is_still_true(row):
            _mark(row, lease, state=State.DROPPED)
            return 0
        smtp.send_messages([_as_mail(row)])
    except Exception as error:  # whatever is wrong with this message must not hold up those behind it
        if not isinstance(error, OSError):
            logger.exception("Message %s could not be sent", row.pk)
        _failed(row, lease, error)
        return 0
    _mark(row, lease, state=State.KEPT if settings.SAMPLE_MODE else State.SENT, sent_at=timezone.now(), error="")
    return 1


def _as_mail(row):
    message = EmailMultiAlternatives(
        subject=row.subject,
        body=row.text,
        to=[row.to_address],
        headers={"Message-ID": row.message_id, "Auto-Submitted": "auto-generated"},
    )
    if row.html:
        message.attach_alternative(row.html, "text/html")
    return message


def _failed(row, lease, error):
    """A refusal for good is given up at once and shown to staff; anything else is tried again, later each time."""
    attempts = row.attempts + 1
    final = is_final(error) or attempts >= MOST_ATTEMPTS
    wait = timedelta(seconds=min(30 * 2 ** min(attempts, 16), 4 * 3600) * random.uniform(0.8, 1.2))
    _mark(
        row,
        lease,
        state=State.GIVEN_UP if final else State.WAITING,
        attempts=attempts,
        not_before=database_now() + wait,
        error=f"{type(error).__name__}: {error}"[:300],
    )


def is_final(error):
    """Whether the mail server refused this recipient or message with a 5xx.

    A server that refuses us, before it has heard of any message, says nothing about this one.
    """
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def is_still_true(row):
    """Asks whoever knows about this kind whether it still holds; what nobody answers for holds."""
    return all(still_true.gather(row))


def _mark(row, lease, **fields):
    OutboxMessage.objects.filter(pk=row.pk, lease=lease).update(leased_until=None, lease="", **fields)


def post_many(*, kind, letters):
    """Posts many messages of one kind in a few statements; returns how many are new.

    `letters` is an iterable of (person, about, period, context). Wording is shared: letters whose context is the same
    object are worded once for each language and zone, so the templates of such a kind greet nobody by name.
    """
    table_row = kind_named(kind)
    posted, wordings, waiting = 0, {}, []
    for letter in letters:
        waiting.append(letter)
        if len(waiting) == MANY:
            posted += _post_chunk(table_row, waiting, wordings)
            waiting = []
    return posted + _post_chunk(table_row, waiting, wordings)


def _post_chunk(table_row, letters, wordings):
    people = {person.pk for person, *_ in letters}
    choices = {}
    if not (table_row.obligatory or table_row.delivery == Delivery.ANSWER):
        chosen = Preference.objects.filter(person__in=people, kind=table_row.name)
        choices = dict(chosen.values_list("person", "choice"))
    usual = Preference.Choice.LETTER if table_row.delivery == Delivery.LETTER else Preference.Choice.MAIL
    rows = []
    for person, about, period, context in letters:
        if not person.is_active or choices.get(person.pk, usual) != Preference.Choice.MAIL:
            continue
        key = (id(context), person.language, person.time_zone)
        if key not in wordings:
            wordings[key] = (context, _worded(table_row, person, context))
        subject, text, html = wordings[key][1]
        rows.append(
            OutboxMessage(
                recipient=person,
                to_address=person.email,
                kind=table_row.name,
                about=about,
                period=period,
                subject=subject,
                text=text,
                html=html,
                message_id=message_id(person.email, table_row.name, about, period),
            )
        )
    ids = [row.message_id for row in rows]
    before = set(OutboxMessage.objects.filter(message_id__in=ids).values_list("message_id", flat=True))
    fresh = [row for row in rows if row.message_id not in before]
    OutboxMessage.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _worded(table_row, person, context):
    """(subject, text, html) in the person's language and zone; `person` is passed on for the preference links only."""
    context = {**context, "person": person, "kind": table_row, "site_url": settings.SITE_URL}
    context["site_name"] = settings.SITE_NAME
    with translation.override(person.language), timezone.override(person.zone):
        subject = " ".join(render_text(f"mail/{table_row.name}.subject.txt", context).split())[:250]
        text = render_text(f"mail/{table_row.name}.txt", context).strip() + "\n"
        html = css_inline.inline(render_to_string(f"mail/{table_row.name}.html", context))
    return subject, text, html


@transaction.atomic
def try_again(row, *, by):
    """Puts a message that was given up back among those that wait; whether it was one."""
    waiting = {"state": State.WAITING, "attempts": 0, "not_before": database_now(), "error": ""}
    if not OutboxMessage.objects.filter(pk=row.pk, state=State.GIVEN_UP).update(**waiting):
        return False
    audit.record("tried again", row, by=by)
    return True
