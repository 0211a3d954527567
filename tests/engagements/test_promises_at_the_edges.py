"""The promise counts only what the hub had: not while a request waited, nor while it was closed."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from engagements import actions, pages
from engagements.workflow import Status
from tests.engagements.factories import make_in, make_request


def in_days(number):
    return time_machine.travel(timezone.now() + timedelta(days=number), tick=False)


def test_what_is_delivered_while_it_waits_is_not_late(cast):
    request = make_in(Status.WAITING, cast=cast)
    with in_days(60):
        request = actions.deliver(request=request, summary="Done without it.", by=cast.hana)
        kept = pages.promised(request, request.delivery_due_at, request.delivered_at, timezone.now())
    assert kept.mark.tone == "good"


def test_what_was_late_before_it_waited_stays_late(cast):
    request = make_request(cast=cast)
    with in_days(30):
        actions.accept(request=request, mode="review", by=cast.hana)
        actions.ask(request=request, text="Which shears?", by=cast.hana)
        request = actions.deliver(request=request, summary="Done.", by=cast.hana)
        missed = pages.promised(request, request.delivery_due_at, request.delivered_at, timezone.now())
    assert missed.mark.tone == "bad"


def test_a_request_that_nobody_accepted_is_new_again_when_reopened(cast):
    request = actions.withdraw(request=make_request(cast=cast), by=cast.rita)
    with in_days(12):
        request = actions.reopen(request=request, reason="We need it after all.", by=cast.rita)
        assert request.next_risk_at > timezone.now()
    assert (request.status, request.accepted_at, request.first_answered_at) == (Status.SUBMITTED, None, None)
    assert request.first_answer_due_at > request.promised_from
