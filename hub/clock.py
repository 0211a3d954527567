"""Working time: the arithmetic behind every promise.

A `WorkingHours` is a calendar made plain: which wall-clock spans of which days are open, in which zone. Spans are read
on the wall and turned into instants one day at a time, so a day on which the clocks change has the hours it really has.
"""

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
from django.db import connection
from django.utils import timezone

# A calendar without a single open hour in this many days is refused instead of searched for ever.
HORIZON_DAYS = 3660


def today():
    """The day it is for the hub; `timezone.localdate()` would be the reader's, who chooses her zone herself."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def database_now():
    """The instant it is for the database: the one clock that workers on several machines have in common.

    SQLite is on the machine it is asked from, and rounds its own instants, so there the machine is asked.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CLOCK_TIMESTAMP()")
        return cursor.fetchone()[0]


@dataclass(frozen=True)
class WorkingHours:
    """`week` is seven tuples, Monday first, of (opens, closes) pairs; `closed` the days that are off."""

    zone: str
    week: tuple[tuple[tuple[time, time], ...], ...]
    country: str = ""
    subdivision: str = ""
    closed: frozenset[date] = frozenset()
    always_open: bool = False

    @classmethod
    def of(cls, calendar):
        """From a `hub.WorkCalendar`."""
        return _of(
            calendar.time_zone,
            tuple(tuple((opens, closes) for opens, closes in day) for day in calendar.week),
            calendar.country,
            calendar.subdivision,
            tuple(calendar.closing_days),
            calendar.always_open,
        )

    def is_closed(self, day):
        return day in self.closed or (self.country and day in public_holidays(self.country, self.subdivision, day.year))

    def spans_on(self, day):
        """The open spans of one day as pairs of instants in UTC: whenever the wall clock shows an open time.

        On the day the clocks change an hour is missing, or comes twice, and counts so.
        """
        if self.is_closed(day):
            return []
        spans = []
        for begin, finish, offset in _stretches(day, self.zone):
            for opens, closes in self.week[day.weekday()]:
                end_day = day + timedelta(days=1) if closes == time(0) else day
                start = max(begin, datetime.combine(day, opens, UTC) - offset)
                end = min(finish, datetime.combine(end_day, closes, UTC) - offset)
                if end > start:
                    spans.append((start, end))
        return spans

    def is_working_day(self, day):
        return self.always_open or bool(self.spans_on(day))

    def working_days(self, start, end=None):
        """The working days from `start` on, up to `end` where there is one."""
        for offset in range(HORIZON_DAYS):
            day = start + timedelta(days=offset)
            if end is not None and day > end:
                return
            if self.is_working_day(day):
                yield day

    def working_day(self, start, after=0):
        """The day so many working days after `start`, or before it for a number below 0.

        A start that is no working day counts as the next that is; going back, as the one before it.
        """
        left, day = abs(after), start
        for _number in range(HORIZON_DAYS):
            if self.is_working_day(day):
                if not left:
                    return day
                left -= 1
            day += timedelta(days=-1 if after < 0 else 1)
        raise ValueError("This calendar has no open hours.")

    def spans_from(self, start):
        """Open spans in order, the first beginning no earlier than `start`."""
        day = start.astimezone(ZoneInfo(self.zone)).date()
        for offset in range(HORIZON_DAYS):
            for opens, closes in self.spans_on(day + timedelta(days=offset)):
                if closes > start:
                    yield max(opens, start), closes
        raise ValueError("This calendar has no open hours.")

    def seconds_between(self, start, end):
        """Open seconds from one instant to another; 0 if they are the wrong way round."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end <= start:
            return 0
        if self.always_open:
            return int((end - start).total_seconds())
        total = timedelta()
        for opens, closes in self.spans_from(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return int(total.total_seconds())

    def add(self, start, hours):
        """The instant at which that many open hours have passed since `start`."""
        start, left = start.astimezone(UTC), timedelta(hours=float(hours))
        if self.always_open:
            return start + left
        for opens, closes in self.spans_from(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        raise ValueError("This calendar has no open hours.")


@functools.lru_cache(maxsize=512)
def _stretches(day, zone_name):
    """The parts of a day in which the clocks do not change: (from, to, distance to UTC); nearly always one."""
    zone = ZoneInfo(zone_name)
    begin, finish = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))

    def offset(at):
        return at.astimezone(zone).utcoffset()

    second = timedelta(seconds=1)
    if offset(begin) == offset(finish - second):
        return ((begin, finish, offset(begin)),)
    # The first second with the new distance, by halves.
    low, high = 0, int((finish - begin).total_seconds()) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(begin + middle * second) == offset(begin) else (low, middle)
    change = begin + high * second
    return ((begin, change, offset(begin)), (change, finish, offset(change)))


@functools.lru_cache(maxsize=32)
def _of(zone, week, country, subdivision, closing_days, always_open):
    return WorkingHours(
        zone=zone,
        week=tuple(tuple((time.fromisoformat(o), time.fromisoformat(c)) for o, c in day) for day in week),
        country=country,
        subdivision=subdivision,
        closed=frozenset(date.fromisoformat(day) for day in closing_days),
        always_open=always_open,
    )


@functools.lru_cache(maxsize=128)
def public_holidays(country, subdivision, year):
    """The days off of a country's region in one year."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
