"""Promises, clocks and states in words."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from engagements import clock, pages
from engagements.models import ClockSegment, EngagementRequest, Entry, FormQuestion
from engagements.workflow import Outcome, Status

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "always", "words"),
    [
        (0.5, False, "30 minutes"),
        (4, False, "4 working hours"),
        (1, False, "1 working hour"),
        (1.5, False, "1.5 working hours"),
        (8, False, "1 working day"),
        (40, False, "5 working days"),
        (24, True, "24 hours, day and night"),
        (1, True, "1 hour, day and night"),
    ],
)
def test_promised_hours(hours, always, words):
    assert pages.hours_in_words(hours, always_open=always) == words


def test_time_spent():
    assert [pages.seconds_in_words(seconds) for seconds in (0, 3599, 3600, 12_060)] == [
        "0 min",
        "59 min",
        "1 h 0 min",
        "3 h 21 min",
    ]


def test_queues():
    assert [pages.queue_in_words(number) for number in (0, 1, 4)] == [
        "Nothing in the queue now",
        "1 request in the queue now",
        "4 requests in the queue now",
    ]


def test_waiting_reads_differently_from_both_sides():
    request = EngagementRequest(status=Status.WAITING)
    assert pages.state_of(request, for_department=True).label == "Waiting for you"
    assert pages.state_of(request, for_department=False).label == "Waiting for the department"
    closed = EngagementRequest(status=Status.CLOSED, outcome=Outcome.ADVISED_AGAINST)
    assert pages.state_of(closed, for_department=True) == pages.Mark("warn", "Advised against")


@pytest.mark.parametrize(
    ("due", "risk", "label"),
    [(-1, -2, "missed"), (1, -1, "at risk"), (2, 1, None), (2, None, None), (None, None, None)],
)
def test_how_the_next_promise_stands(due, risk, label):
    def at(hours):
        return None if hours is None else NOW + timedelta(hours=hours)

    mark = pages.promise_mark(EngagementRequest(next_due_at=at(due), next_risk_at=at(risk)), NOW)
    assert (mark.label if mark else None) == label


def test_one_promise_of_a_request():
    early, late = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    request = EngagementRequest(status=Status.SUBMITTED, next_due_at=late)
    assert pages.promised(request, late, early, NOW).mark.label == "kept"
    assert pages.promised(request, early, late, NOW).mark.label == "missed"
    assert pages.promised(request, late, None, NOW).mark is None
    assert pages.promised(request, early, None, NOW).mark.label == "missed"
    assert pages.promised(request, None, None, NOW) is None
    resting = EngagementRequest(status=Status.WAITING)
    assert (pages.promised(resting, early, None, NOW).mark, pages.promised(resting, early, None, NOW).rests) == (
        None,
        True,
    )
    closed = EngagementRequest(status=Status.CLOSED)
    assert pages.promised(closed, late, None, NOW) is None


def test_without_a_promise_nothing_is_next():
    nothing = SimpleNamespace(first_answered_at=NOW, first_answer_due_at=None, delivery_due_at=None)
    assert clock.next_promise(None, None, nothing, NOW, 0) == clock.Next()


def test_things_have_names_in_the_admin():
    assert str(FormQuestion(label="Why?")) == "Why?"
    assert str(Entry(kind="note", request_id=4)) == "private note on #4"
    assert str(ClockSegment(side="hub", request_id=4)) == "#4 with hub"
