"""The weekly letter: the one digest a person gets, Monday at eight by her own clock, and only if there is something.

It holds what waits for her, what the hub announced and what is new since her last letter. People are read a few at a
time; each chunk's letters and the mark of how far the run has come are stored together.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone, translation

from hub import mail, slots
from hub.models import Announcement, LetterRun, OutboxMessage, Preference, User
from hub.text.markdown import excerpt, plain

KIND = "letter"
HOUR = time(8)
# A letter that could not be written by then is left out; the next one tells all.
LATEST = timedelta(days=2)
# What is new is what came since the last letter, or in these days for who had none lately.
USUAL, LONGEST = timedelta(days=7), timedelta(days=28)
CHUNK = 25
MOST = 10
MOST_ANNOUNCEMENTS = 5


@dataclass(frozen=True)
class Letter:
    """What one person is told, each thing once; `waiting_more` counts what waits beyond the list."""

    waiting: list
    waiting_more: int
    announcements: list
    followed: list
    news: list

    @property
    def waiting_count(self):
        return len(self.waiting) + self.waiting_more

    @property
    def is_empty(self):
        return not (self.waiting or self.announcements or self.followed or self.news)


def week_in(zone, now):
    """("2026-W47", the instant at which that week's letter is due) for the week it now is in a zone."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}", datetime.combine(monday, HOUR, zone)


def write_letters(*, now=None):
    """Posts the letters of every zone where the hour has come; returns how many. Safe to run twice, or at once."""
    now = now or timezone.now()
    written = 0
    zones = User.objects.active().order_by("time_zone").values_list("time_zone", flat=True).distinct()
    for name in list(zones):
        period, due_at = week_in(ZoneInfo(name or settings.HUB_TIME_ZONE), now)
        if due_at <= now < due_at + LATEST:
            written += _write_zone(period, name, now)
    return written


def _write_zone(period, zone_name, now):
    run, _made = LetterRun.objects.get_or_create(period=period, time_zone=zone_name)
    written = 0
    while run.finished_at is None:
        people = list(_readers(zone_name).filter(pk__gt=run.last_person).order_by("pk")[:CHUNK])
        letters = [(person, letter_for(person, since, now)) for person, since in _with_last_letter(people, now)]
        with transaction.atomic():
            stored = LetterRun.objects.select_for_update().get(pk=run.pk)
            if (stored.last_person, stored.finished_at) == (run.last_person, None):
                written += sum(_post(person, letter, period) for person, letter in letters)
                stored.last_person = people[-1].pk if people else stored.last_person
                stored.finished_at = None if people else now
                stored.save(update_fields=["last_person", "finished_at"])
            run = stored
    return written


def _readers(zone_name):
    unwanted = Preference.objects.filter(kind=KIND, choice=Preference.Choice.OFF).values("person")
    return User.objects.active().filter(time_zone=zone_name).exclude(pk__in=unwanted)


def _with_last_letter(people, now):
    """(person, since when things are new to her)."""
    letters = OutboxMessage.objects.filter(kind=KIND, recipient__in=people, created_at__gt=now - LONGEST)
    last = dict(letters.values_list("recipient").annotate(Max("created_at")).order_by())
    return [(person, last.get(person.pk, now - USUAL)) for person in people]


def letter_for(person, since, now):
    """What there is to tell this person, in her language."""
    with translation.override(person.language), timezone.override(person.zone):
        waiting = sorted(slots.waiting_items.gather(person), key=_urgency)
        told = {item.url for item in waiting[:MOST]}
        followed = _newest(slots.followed_items.gather(person, since), told)
        told |= {item.url for item in followed}
        news = _newest(slots.letter_items.gather(person, since) + slots.news_items.gather(person, since), told)
        announced = Announcement.objects.for_audience_of(person).current(now).filter(published_at__gt=since)
        return Letter(
            waiting=waiting[:MOST],
            waiting_more=max(0, len(waiting) - MOST),
            announcements=[
                (one.title, excerpt(plain(one.body), 50)) for one in announced.newest_first()[:MOST_ANNOUNCEMENTS]
            ],
            followed=followed,
            news=news,
        )


def _newest(items, told):
    """Of what has not been told elsewhere in the letter, each address once."""
    found = {}
    for item in sorted(items, key=lambda item: item.at, reverse=True):
        if item.url not in told:
            found.setdefault(item.url, item)
    return list(found.values())[:MOST]


def _urgency(item):
    return not item.is_urgent, item.due_on or date.max


def _post(person, letter, period):
    if letter.is_empty:
        return 0
    return mail.post(kind=KIND, to=person, period=period, context={"letter": letter}) is not None
