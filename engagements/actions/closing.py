"""The ends a request can come to, and its second life."""

from django.db import transaction
from django.utils.translation import gettext as _

from engagements import clock, emails
from engagements.actions.base import first_answer, hours_of, instant, locked, log, move, record
from engagements.models import EngagementRequest
from engagements.permissions import (
    check_can_advise_against,
    check_can_close,
    check_can_go_ahead,
    check_can_mark_duplicate,
    check_can_reopen,
    check_can_withdraw,
    is_of_the_department,
)
from engagements.workflow import Outcome, Status
from hub.exceptions import Invalid


def _end(request, outcome, now, summary=""):
    request.outcome = outcome
    request.outcome_summary = summary or request.outcome_summary
    request.closed_at = now
    request.snoozed_until = None
    move(request, Status.CLOSED, at=now)
    request.save()


def _speaks_for_the_hub(person, request):
    return person.is_coe_staff and not is_of_the_department(person, request)


def _tell_other_side(request, entry):
    """The department's act is news for the hub, the hub's act for the department."""
    if _speaks_for_the_hub(entry.by, request):
        emails.news(request, entry)
    else:
        emails.new_for_hub(request, entry)


@transaction.atomic
def close(*, request, at=None, by):
    """What was delivered is done."""
    request = locked(request)
    check_can_close(by, request)
    now, tell = instant(at)
    _end(request, Outcome.DELIVERED, now)
    entry = log(request, "closed", at=now, by=by)
    record(request, "closed", by=by, outcome=Outcome.DELIVERED.value)
    if tell:
        _tell_other_side(request, entry)
    return request


@transaction.atomic
def reopen(*, request, reason, at=None, by):
    """Something is missing: back to work, with the promises made anew.

    Staff who reopen what nobody accepted accept it by that; reopened by the department, it is new to the hub again.
    """
    request = locked(request)
    check_can_reopen(by, request, at=at)
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say what is still missing."), field="reason")
    now, tell = instant(at)
    request.outcome, request.outcome_summary = "", ""
    request.closed_at = request.delivered_at = request.duplicate_of = None
    request.promised_from = now
    if _speaks_for_the_hub(by, request):
        request.accepted_at = request.accepted_at or now
        first_answer(request, now)
    elif request.first_answered_at is None:
        request.first_answer_due_at = clock.first_answer_due(hours_of(request), request.service, now)
    move(request, Status.IN_PROGRESS if request.accepted_at else Status.SUBMITTED, at=now)
    request.save()
    entry = log(request, "reopened", at=now, by=by, text=reason)
    record(request, "reopened", by=by)
    if tell:
        _tell_other_side(request, entry)
    return request


@transaction.atomic
def advise_against(*, request, reason, alternative, at=None, by):
    """There is no "rejected": the hub says why not, and what to do instead; the department decides."""
    request = locked(request)
    check_can_advise_against(by, request)
    reason, alternative = reason.strip(), alternative.strip()
    if not reason:
        raise Invalid(_("Say why you advise against it."), field="reason")
    if not alternative:
        raise Invalid(_("Offer something they can do instead."), field="alternative")
    now, tell = instant(at)
    text = f"{reason}\n\n**{_('What you can do instead')}**\n\n{alternative}"
    first_answer(request, now)
    _end(request, Outcome.ADVISED_AGAINST, now, summary=text)
    entry = log(request, "advised_against", at=now, by=by, text=text)
    record(request, "advised_against", by=by)
    if tell:
        emails.news(request, entry)
    return request


@transaction.atomic
def withdraw(*, request, reason="", at=None, by):
    """The department no longer wants it; or staff end what has waited in vain."""
    request = locked(request)
    check_can_withdraw(by, request)
    now, tell = instant(at)
    _end(request, Outcome.WITHDRAWN, now, summary=reason.strip())
    entry = log(request, "withdrawn", at=now, by=by, text=reason.strip())
    record(request, "withdrawn", by=by)
    if tell:
        _tell_other_side(request, entry)
    return request


@transaction.atomic
def go_ahead(*, request, reason="", at=None, by):
    """The department goes ahead anyway: its right, and worth knowing."""
    request = locked(request)
    check_can_go_ahead(by, request)
    now, tell = instant(at)
    if request.status == Status.CLOSED:
        request.outcome = Outcome.WENT_AHEAD
        request.save(update_fields=["outcome"])
    else:
        _end(request, Outcome.WENT_AHEAD, now, summary=reason.strip())
    entry = log(request, "went_ahead", at=now, by=by, text=reason.strip())
    record(request, "went_ahead", by=by)
    if tell:
        emails.new_for_hub(request, entry)
    return request


@transaction.atomic
def mark_duplicate(*, request, of, at=None, by):
    """Closes it in favour of an earlier one of the same department.

    Another department's request may not be named: its number and existence are not for this one to know.
    """
    request = locked(request)
    check_can_mark_duplicate(by, request)
    if of.pk == request.pk:
        raise Invalid(_("A request cannot be a duplicate of itself."), field="of")
    if not EngagementRequest.objects.filed().filter(pk=of.pk, spoke=request.spoke).exists():
        raise Invalid(
            _("%(department)s has no other request of that number.") % {"department": request.spoke.name}, field="of"
        )
    now, tell = instant(at)
    request.duplicate_of = of
    first_answer(request, now)
    _end(request, Outcome.DUPLICATE, now)
    entry = log(request, "duplicate", at=now, by=by, body=f"#{of.pk}")
    record(request, "marked_duplicate", by=by, of=of.pk)
    if tell:
        emails.news(request, entry)
    return request
