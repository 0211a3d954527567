"""The promises of a request: when an answer and a delivery are due, and when they become doubtful.

A promise counts the hours of its service's calendar while the hub owns the request; while the department owns it, it
rests. So whenever the request comes back to the hub, its delivery is promised anew for the hours that are left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

AT_RISK = 0.75  # the share of a promise's hours after which it is at risk
REOPEN_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Next:
    """The promise that ends next: when, and from when on it is at risk. Both None while no promise runs."""

    due_at: datetime | None = None
    risk_at: datetime | None = None


def first_answer_due(hours, service, start):
    return hours.add(start, float(service.first_answer_hours))


def delivery_due(hours, service, now, used_seconds):
    """When the rest of the delivery's hours will be over, or None if they are over already."""
    left = float(service.delivery_hours) - used_seconds / 3600
    return hours.add(now, left) if left > 0 else None


def next_promise(hours, service, request, now, used_seconds):
    """The next promise of a request that the hub owns, given the hub's seconds since the promise began."""
    candidates = []
    if request.first_answered_at is None and request.first_answer_due_at is not None:
        risk = hours.add(request.promised_from, float(service.first_answer_hours) * AT_RISK)
        candidates.append(Next(request.first_answer_due_at, risk))
    if request.delivery_due_at is not None:
        left = float(service.delivery_hours) * AT_RISK - used_seconds / 3600
        risk = hours.add(now, left) if left > 0 else now
        candidates.append(Next(request.delivery_due_at, min(risk, request.delivery_due_at)))
    return min(candidates, key=lambda promise: promise.due_at, default=Next())
