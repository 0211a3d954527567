"""The sample's days, which are offsets from the day it is loaded."""

from datetime import datetime, time, timedelta

from policies.clock import hub_zone

WORK_BEGINS, WORK_HOURS = 8, 10


class Dates:
    """Turns offsets into days and instants, seen from one `now`."""

    def __init__(self, now):
        self.now = now.astimezone(hub_zone())
        self.today = self.now.date()

    def day(self, offset):
        return None if offset is None else self.today + timedelta(days=offset)

    def morning(self, offset):
        """Nine o'clock of that day, and never later than now for a day that is not to come."""
        nine = datetime.combine(self.day(offset), time(9), hub_zone())
        return nine if offset > 0 else min(nine, self.now)

    def instant(self, offset, *, round_the_clock=False):
        """So many days, or parts of one, from now.

        What lies before today is moved into office hours, and a weekend into the Friday before it, in an order that
        stays the same; so nobody of the sample works at night unless it is `round_the_clock`.
        """
        exact = self.now + timedelta(days=offset)
        midnight = datetime.combine(self.today, time(), hub_zone())
        if round_the_clock or exact >= midnight:
            return exact
        day = exact.date()
        late = max(0, day.weekday() - 4)  # days after Friday
        begins = datetime.combine(day - timedelta(days=late), time(), hub_zone())
        lasts = timedelta(days=3 if day.weekday() >= 4 else 1)
        lasts = min(lasts, midnight - begins)
        opens = begins.replace(hour=WORK_BEGINS)
        return opens + (exact - begins) / lasts * timedelta(hours=WORK_HOURS)
