"""The doors for programs that cannot sign in: a token in the address says who reads; and what their calendars hold."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from icalendar import Calendar, Event

from hub.models import FeedToken, User

SALT = "hub.feeds"
REFRESH = "PT6H"


def token_for(seed):
    """The token that follows from a seed and the portal's secret."""
    digest = salted_hmac(SALT, seed, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def hash_of(token):
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def token_of(person):
    """A person's token, or "" where she has none, or one made under another secret of the portal."""
    row = FeedToken.objects.filter(person=person).first()
    if row is None:
        return ""
    token = token_for(row.seed)
    return token if constant_time_compare(hash_of(token), row.token_hash) else ""


def reader_of(token):
    """The active person whose token this is now, or None."""
    return User.objects.active().filter(feed_token__token_hash=hash_of(token)).first()


def absolute(path):
    return f"{settings.SITE_URL}{path}"


def new_calendar(what, name):
    """An empty iCalendar (RFC 5545); `what` is a word for programs, `name` what the person sees."""
    found = Calendar()
    found.add("prodid", f"-//coe-portal//{what}//EN")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", name)
    found.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"}, encode=False)
    found.add("x-published-ttl", REFRESH)
    return found


def calendar_event(*, uid, at, day, summary, words, url):
    """A whole day that blocks nobody's time; `at` is when what it tells of was made."""
    event = Event()
    event.add("uid", f"{uid}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", summary)
    event.add("description", words)
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    return event
