"""What the clock starts for requests: reminders, in sets, each once."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from engagements import emails
from engagements.models import ClockSegment, EngagementRequest
from engagements.workflow import Side, Status
from hub.clock import WorkingHours
from hub.models import OutboxMessage, User
from hub.schedule import scheduled
from hub.tasks import deliver_outbox
from hub.wake import wake

# After so many working days of waiting the requester is reminded, once each.
WAITING_STAGES = [10, 3]
HOURS_A_DAY = 8
CHUNK = 500


def _posted(kind, keys):
    """Which of these (about, period) pairs have a message already; one query."""
    rows = OutboxMessage.objects.filter(kind=kind, about__in={about for about, _period in keys})
    return set(rows.values_list("about", "period"))


@scheduled(
    "engagements.remind_waiting", every=timedelta(hours=1), says=_("Reminds people whom the hub asked something")
)
def remind_waiting():
    """Once after three working days of waiting and once after ten; a missed run is made good by the next."""
    now = timezone.now()
    oldest_first = (
        ClockSegment.objects.filter(
            ended_at=None, side=Side.DEPARTMENT, request__status=Status.WAITING, started_at__lte=now - timedelta(days=1)
        )
        .select_related("request__service__calendar", "request__requester", "request__spoke")
        .order_by("pk")
    )
    due = []
    for segment in oldest_first.iterator(CHUNK):
        hours = WorkingHours.of(segment.request.service.calendar)
        days = hours.seconds_between(segment.started_at, now) / 3600 / HOURS_A_DAY
        if hours.always_open:
            days /= 3
        stage = next((stage for stage in WAITING_STAGES if days >= stage), None)
        if stage:
            due.append((segment, stage))
    there = _posted("request_waiting", [(emails.about(s.request), f"{s.pk}:{stage}") for s, stage in due])
    made = 0
    with transaction.atomic():
        for segment, stage in due:
            if (emails.about(segment.request), f"{segment.pk}:{stage}") not in there:
                made += emails.waiting(segment.request, segment=segment, days=stage)
        wake(deliver_outbox)
    return made


@scheduled("engagements.warn_at_risk", every=timedelta(minutes=15), says=_("Warns of promises at risk or missed"))
def warn_at_risk():
    """To whoever looks after it when three quarters of the hours are over; once missed, to the leads as well."""
    now = timezone.now()
    rows = (
        EngagementRequest.objects.with_hub()
        .at_risk(now)
        .select_related("service__owner", "assignee", "spoke")
        .defer("form", "answers")
        .order_by("pk")
    )
    leads = list(User.objects.leads())
    rows = list(rows)
    keys = {}
    for row in rows:
        missed = row.next_due_at <= now
        keys[row.pk] = (emails.about(row), emails.risk_period(row, missed=missed), missed)
    there = _posted("request_at_risk", [(about, period) for about, period, _missed in keys.values()])
    made = 0
    with transaction.atomic():
        for row in rows:
            about, period, missed = keys[row.pk]
            if (about, period) in there:
                continue
            first = emails.looked_after_by(row)
            people = {person.pk: person for person in [first, *(leads if missed else [])] if person is not None}
            for person in people.values():
                made += emails.at_risk(row, to=person, missed=missed) is not None
        wake(deliver_outbox)
    return made
