"""Days begin at 00:00 in the hub's zone, wherever the reader is."""

from calendar import monthrange
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def hub_zone():
    return ZoneInfo(settings.HUB_TIME_ZONE)


def today():
    """The day it is for the hub; `timezone.localdate()` would be the reader's."""
    return timezone.localdate(timezone=hub_zone())


def midnight(day):
    """The instant at which a day begins."""
    return datetime.combine(day, time(), hub_zone())


def add_months(day, months):
    """The same day some months later, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))
