"""Figures over many requests, as plain data."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from engagements.models import EngagementRequest
from engagements.querysets import nobodys
from engagements.workflow import OPEN, UNDELIVERED, WITH_HUB, Status
from hub.audit import while_unchanged


def queue_lengths():
    """{service id: requests that are not delivered yet}. One query."""
    rows = EngagementRequest.objects.filter(status__in=UNDELIVERED).order_by().values_list("service_id")
    return dict(rows.annotate(number=Count("pk")))


@dataclass(frozen=True)
class DeskCounts:
    """The hub's work at a glance."""

    open: int
    unassigned: int
    mine: int
    at_risk: int
    missed: int
    waiting: int
    delivered: int
    snoozed: int


@while_unchanged(seconds=60)
def desk_counts(user):
    """One query, over open requests alone; a promise that ends by itself counts within a minute."""
    now = timezone.now()
    with_hub = Q(status__in=WITH_HUB)
    return DeskCounts(
        **EngagementRequest.objects.filter(status__in=OPEN).aggregate(
            open=Count("pk"),
            unassigned=Count("pk", filter=with_hub & nobodys()),
            mine=Count("pk", filter=with_hub & Q(assignee=user)),
            at_risk=Count("pk", filter=Q(next_risk_at__lte=now, next_due_at__gt=now)),
            missed=Count("pk", filter=Q(next_due_at__lte=now)),
            waiting=Count("pk", filter=Q(status=Status.WAITING)),
            delivered=Count("pk", filter=Q(status=Status.DELIVERED)),
            snoozed=Count("pk", filter=Q(snoozed_until__gt=now)),
        )
    )
