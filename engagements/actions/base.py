"""What every action on a request does: lock it, move it along its life with its clocks, log it."""

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import clock
from engagements.models import ClockSegment, EngagementRequest, Entry
from engagements.workflow import OWNER, Side, Status
from hub import audit
from hub.clock import WorkingHours
from hub.exceptions import NotAllowed
from hub.tasks import deliver_outbox
from hub.text.markdown import render
from hub.wake import wake

MOST_CHARACTERS = 20_000


def locked(request):
    """The request as it is stored now, locked until the transaction ends.

    Locked first and read afterwards: PostgreSQL reads only the locked row again after a wait, so a row joined in the
    same statement could still be the one of before (an assignee's number without the assignee). Raises NotAllowed if
    its author has thrown the draft away meanwhile.
    """
    if EngagementRequest.objects.select_for_update().only("pk").filter(pk=request.pk).first() is None:
        raise NotAllowed(_("This draft is gone: it was thrown away."))
    whole = EngagementRequest.objects.select_related(
        "service__calendar", "service__owner", "spoke", "requester", "assignee"
    )
    return whole.get(pk=request.pk)


def hours_of(request):
    return WorkingHours.of(request.service.calendar)


def move(request, to, *, at):
    """To another state. The running clock stops when the side changes, and that of the other side starts.

    Sets the fields; the caller saves them.
    """
    was, to = Status(request.status), Status(to)
    before, side = OWNER[was], OWNER[to]
    request.status = to
    if side != before:
        _turn_clock(request, side, at)
    # The promise rested while the request waited, so what is delivered meanwhile is not late.
    if (side == Side.HUB and before != Side.HUB) or (was == Status.WAITING and to == Status.DELIVERED):
        used = hub_seconds(request, at)
        due = clock.delivery_due(hours_of(request), request.service, at, used)
        request.delivery_due_at = due or request.delivery_due_at
    settle_promise(request, at)


def _turn_clock(request, side, at):
    running = ClockSegment.objects.filter(request=request, ended_at=None).first()
    if running is not None:
        running.ended_at = at
        running.working_seconds = hours_of(request).seconds_between(running.started_at, at)
        running.save(update_fields=["ended_at", "working_seconds"])
    if side != Side.NOBODY:
        ClockSegment.objects.create(request=request, side=side, started_at=at)


def hub_seconds(request, at):
    """Working seconds the hub has had since the promise began, the running stretch included."""
    mine = ClockSegment.objects.filter(request=request, side=Side.HUB, started_at__gte=request.promised_from)
    ended = mine.exclude(ended_at=None).aggregate(total=Sum("working_seconds"))["total"] or 0
    running = mine.filter(ended_at=None).first()
    return ended + (hours_of(request).seconds_between(running.started_at, at) if running else 0)


def settle_promise(request, at):
    """Keeps `next_due_at` and `next_risk_at`: nothing unless the hub owns the request."""
    promise = clock.Next()
    if OWNER[Status(request.status)] == Side.HUB:
        promise = clock.next_promise(hours_of(request), request.service, request, at, hub_seconds(request, at))
    request.next_due_at, request.next_risk_at = promise.due_at, promise.risk_at


def first_answer(request, at):
    """Notes the first public word or acceptance by a person of staff."""
    if request.first_answered_at is None:
        request.first_answered_at = at


def log(request, verb, *, at, by, body="", text="", kind=Entry.Kind.EVENT, token=None):
    """A line in the conversation. `body` goes on after the event's words; `text` is Markdown, shown below them."""
    return Entry.objects.create(
        request=request,
        kind=kind,
        verb=verb,
        by=by,
        at=at,
        body=text or body,
        html=render(text, heading_level=4) if text else "",
        form_token=token,
    )


def record(request, verb, *, by, **details):
    audit.record(verb, request, by=by, **details)
    wake(deliver_outbox)


def instant(at):
    """(when it happened, whether people are told). History that is loaded brings its own instant and tells nobody."""
    return (timezone.now(), True) if at is None else (at, False)
