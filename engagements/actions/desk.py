"""What the hub does with a request on its way to delivery."""

from django.db import transaction
from django.utils.translation import gettext as _

from engagements import emails
from engagements.actions.base import first_answer, instant, locked, log, move, record
from engagements.permissions import (
    check_can_accept,
    check_can_assign,
    check_can_deliver,
    check_can_mark_urgent,
    check_can_snooze,
    check_can_start,
    check_can_take,
)
from engagements.workflow import Status
from hub.exceptions import Invalid
from hub.models import Mode


@transaction.atomic
def accept(*, request, mode, exit_criterion="", at=None, by):
    """The hub takes it on: how it helps, and what the team will do alone afterwards. Counts as the first answer.

    Whoever accepts what nobody has, or somebody who has left the hub, has it.
    """
    request = locked(request)
    check_can_accept(by, request)
    if mode not in Mode.values:
        raise Invalid(_("Choose how we help."), field="mode")
    now, tell = instant(at)
    request.mode, request.exit_criterion = mode, exit_criterion.strip()
    request.accepted_at = now
    request.assignee = request.keeper or by
    first_answer(request, now)
    move(request, Status.ACCEPTED, at=now)
    request.save()
    entry = log(request, "accepted", at=now, by=by, body=str(Mode(mode).label))
    record(request, "accepted", by=by, mode=mode)
    if tell:
        emails.news(request, entry)
    return request


@transaction.atomic
def assign(*, request, to, at=None, by):
    """Gives it to a colleague of the hub, or with `to` None back to nobody."""
    request = locked(request)
    check_can_assign(by, request)
    if to is not None and not to.is_coe_staff:
        raise Invalid(_("%(name)s is not on the hub's staff.") % {"name": to.name}, field="to")
    if to == request.assignee:
        return request
    now, tell = instant(at)
    before, request.assignee = request.assignee, to
    request.save(update_fields=["assignee"])
    entry = log(request, "assigned", at=now, by=by, body=to.name if to else _("nobody"))
    record(request, "assigned", by=by, before=before.pk if before else None, after=to.pk if to else None)
    if tell and to is not None:
        emails.new_for_hub(request, entry, to=to)
    return request


@transaction.atomic
def take(*, request, at=None, by):
    """Makes it one's own. The second of two who reach for it learns who was first."""
    request = locked(request)
    check_can_take(by, request)
    now, _tell = instant(at)
    request.assignee = by
    request.save(update_fields=["assignee"])
    log(request, "taken", at=now, by=by)
    record(request, "taken", by=by)
    return request


@transaction.atomic
def start(*, request, at=None, by):
    request = locked(request)
    check_can_start(by, request)
    now, _tell = instant(at)
    move(request, Status.IN_PROGRESS, at=now)
    request.save()
    log(request, "started", at=now, by=by)
    record(request, "started", by=by)
    return request


@transaction.atomic
def deliver(*, request, summary, at=None, by):
    """Hands over the result. The summary is kept as the outcome."""
    request = locked(request)
    check_can_deliver(by, request)
    summary = summary.strip()
    if not summary:
        raise Invalid(_("Say in a sentence or two what you deliver, and where it is."), field="summary")
    now, tell = instant(at)
    request.outcome_summary = summary
    request.delivered_at = now
    request.snoozed_until = None
    first_answer(request, now)
    move(request, Status.DELIVERED, at=now)
    request.save()
    entry = log(request, "delivered", at=now, by=by, text=summary)
    record(request, "delivered", by=by)
    if tell:
        emails.news(request, entry)
    return request


@transaction.atomic
def set_urgent(*, request, urgent=True, reason="", at=None, by):
    """Marks it urgent, with a reason that the department reads too, or takes the mark away."""
    request = locked(request)
    check_can_mark_urgent(by, request)
    reason = " ".join(reason.split())[:250]
    if urgent and not reason:
        raise Invalid(_("Say why it is urgent."), field="reason")
    now, _tell = instant(at)
    request.is_urgent, request.urgent_reason = urgent, reason if urgent else ""
    request.save(update_fields=["is_urgent", "urgent_reason"])
    log(request, "urgent" if urgent else "not_urgent", at=now, by=by, body=reason)
    record(request, "marked_urgent" if urgent else "marked_normal", by=by, reason=reason)
    return request


@transaction.atomic
def snooze(*, request, until, at=None, by):
    """Out of the queue until that instant, or with None back into it. The hub's clock runs on."""
    request = locked(request)
    check_can_snooze(by, request)
    now, _tell = instant(at)
    if until is not None and until <= now:
        raise Invalid(_("Choose a day in the future."), field="until")
    request.snoozed_until = until
    request.save(update_fields=["snoozed_until"])
    record(request, "snoozed" if until else "woken", by=by, until=until.isoformat() if until else None)
    return request
