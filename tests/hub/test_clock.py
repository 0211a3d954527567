"""Working time, against a slow clock that looks at every minute."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clock import WorkingHours

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = ((time(9), time(17)),)
OFFICE = WorkingHours(zone="Europe/Berlin", week=(NINE_TO_FIVE,) * 5 + ((), ()))
ALWAYS = WorkingHours(zone="Europe/Berlin", week=((),) * 7, always_open=True)


def berlin(*values):
    return datetime(*values, tzinfo=BERLIN)


def slow_seconds(hours, start, end):
    """The same figure by looking at the wall clock once a minute."""
    total, now = 0, start.astimezone(UTC)
    end = end.astimezone(UTC)
    while now < end:
        wall = now.astimezone(ZoneInfo(hours.zone))
        day, clock = wall.date(), wall.time().replace(tzinfo=None)
        spans = () if hours.is_closed(day) else hours.week[day.weekday()]
        if any(opens <= clock and (clock < closes or closes == time(0)) for opens, closes in spans):
            total += 60
        now += timedelta(minutes=1)
    return total


def test_a_day_a_weekend_and_the_wrong_way_round():
    friday, monday = berlin(2026, 3, 6, 16), berlin(2026, 3, 9, 10)
    assert OFFICE.seconds_between(friday, monday) == 2 * 3600
    assert OFFICE.seconds_between(monday, friday) == 0
    assert OFFICE.seconds_between(friday, friday) == 0


def test_round_the_clock_counts_every_second():
    start = berlin(2026, 3, 28, 20)
    # The clocks go forward that night: twelve hours on the wall are eleven.
    assert ALWAYS.seconds_between(start, berlin(2026, 3, 29, 8)) == 11 * 3600
    assert ALWAYS.add(start, 0.5) == start + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (berlin(2026, 3, 2, 9), 8, berlin(2026, 3, 2, 17)),
        (berlin(2026, 3, 2, 9), 8.5, berlin(2026, 3, 3, 9, 30)),
        (berlin(2026, 3, 6, 16), 2, berlin(2026, 3, 9, 10)),
        (berlin(2026, 3, 7, 12), 1, berlin(2026, 3, 9, 10)),
        (berlin(2026, 3, 2, 3), 1, berlin(2026, 3, 2, 10)),
    ],
)
def test_adding_hours(start, hours, end):
    assert OFFICE.add(start, hours) == end


def test_the_long_and_the_short_day_have_the_hours_they_have():
    nights = WorkingHours(zone="Europe/Berlin", week=(((time(0), time(6)),),) * 7)
    assert nights.seconds_between(berlin(2026, 3, 29, 0), berlin(2026, 3, 29, 12)) == 5 * 3600
    assert nights.seconds_between(berlin(2026, 10, 25, 0), berlin(2026, 10, 25, 12)) == 7 * 3600
    assert nights.add(berlin(2026, 3, 29, 0), 5) == berlin(2026, 3, 29, 6)


def test_a_span_may_end_at_midnight():
    late = WorkingHours(zone="Europe/Berlin", week=(((time(20), time(0)),),) * 7)
    assert late.seconds_between(berlin(2026, 3, 2, 12), berlin(2026, 3, 3, 12)) == 4 * 3600


def test_public_holidays_and_own_closing_days_are_off():
    hours = replace(OFFICE, country="DE", closed=frozenset([date(2026, 12, 28)]))
    # 25 December is a Friday and a holiday, 26 and 27 the weekend, 28 the company's own day off.
    assert hours.add(berlin(2026, 12, 24, 16), 2) == berlin(2026, 12, 29, 10)
    regional = replace(OFFICE, country="DE", subdivision="BY")
    assert regional.is_closed(date(2026, 1, 6))
    assert not replace(OFFICE, country="DE").is_closed(date(2026, 1, 6))


def test_a_calendar_without_hours_says_so():
    never = WorkingHours(zone="UTC", week=((),) * 7)
    with pytest.raises(ValueError, match="no open hours"):
        never.add(datetime(2026, 1, 1, tzinfo=UTC), 1)
    with pytest.raises(ValueError, match="no open hours"):
        never.seconds_between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))


def test_from_a_stored_calendar():
    calendar = SimpleNamespace(
        time_zone="Europe/Berlin",
        week=[[["09:00", "17:00"]]] * 5 + [[], []],
        country="",
        subdivision="",
        closing_days=["2026-03-03"],
        always_open=False,
    )
    hours = WorkingHours.of(calendar)
    assert hours == replace(OFFICE, closed=frozenset([date(2026, 3, 3)]))
    assert WorkingHours.of(calendar) is hours


@st.composite
def calendars(draw):
    half_hours = st.integers(0, 47)
    week = []
    for _day in range(7):
        marks = sorted(draw(st.sets(half_hours, max_size=4)))
        spans = zip(marks[::2], marks[1::2], strict=False)
        week.append(tuple((time(a // 2, a % 2 * 30), time(b // 2, b % 2 * 30)) for a, b in spans))
    if not any(week):
        week[0] = NINE_TO_FIVE
    days = st.dates(date(2026, 3, 20), date(2026, 4, 10))
    zone = draw(st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Asia/Tokyo", "America/New_York"]))
    return WorkingHours(zone=zone, week=tuple(week), closed=draw(st.frozensets(days, max_size=3)))


# Around 29 March 2026, when the clocks in Berlin go forward, and 25 October, when they go back.
STARTS = st.sampled_from([datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)])
MINUTES = st.integers(0, 4 * 24 * 60)


@settings(max_examples=60, deadline=None)
@given(calendars(), STARTS, MINUTES, MINUTES)
def test_it_agrees_with_a_clock_that_looks_at_every_minute(hours, base, first, length):
    start = base + timedelta(minutes=first)
    end = start + timedelta(minutes=length)
    assert hours.seconds_between(start, end) == slow_seconds(hours, start, end)


@pytest.mark.parametrize(
    ("day", "closes", "hours"),
    [
        (date(2026, 3, 29), time(2, 30), 2),  # half past two does not exist
        (date(2026, 3, 29), time(4), 3),
        (date(2026, 10, 25), time(2, 30), 3),  # two to half past two comes twice
        (date(2026, 10, 25), time(4), 5),
        (date(2026, 10, 25), time(0), 25),
    ],
)
def test_the_nights_the_clocks_change(day, closes, hours):
    week = ((), (), (), (), (), (), ((time(0), closes),))
    calendar = WorkingHours("Europe/Berlin", week, "", "", frozenset(), False)
    midnight = datetime.combine(day, time(), ZoneInfo("Europe/Berlin"))
    assert calendar.seconds_between(midnight, midnight + timedelta(days=2)) == hours * 3600
    assert slow_seconds(calendar, midnight, midnight + timedelta(days=2)) == hours * 3600
    assert calendar.add(midnight, hours) == calendar.spans_on(day)[-1][1]


@settings(max_examples=150, deadline=None)
@given(calendars(), STARTS, MINUTES, st.integers(1, 60 * 60))
def test_what_is_added_is_what_is_between(hours, base, first, minutes):
    start = base + timedelta(minutes=first)
    end = hours.add(start, minutes / 60)
    assert abs(hours.seconds_between(start, end) - minutes * 60) <= 1
