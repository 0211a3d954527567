"""Feeds: no session, a token in the address, and exactly the rights of whoever it stands for."""

import functools
import hashlib

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from hub.feeds import reader_of
from policies import feeds

# A program that asks every two seconds asks too often; so does whoever tries tokens. A reader is counted by herself,
# because a whole company may sit behind one address.
LIMITS = {"reader": "30/m/key", "stranger": "60/m/ip"}


def _served(content_type):
    """Makes a function that gives bytes for a reader into a view of a token."""

    def wrap(give):
        @require_safe
        @login_not_required
        @functools.wraps(give)
        def view(request, token):
            reader = reader_of(token)
            refused = ratelimit.consume_or_429(
                request,
                app="policies.feeds",
                action="reader" if reader else "stranger",
                config=LIMITS,
                key=f"{reader.pk}" if reader else None,
                limit_get=True,
            )
            if refused:
                return refused
            if reader is None:
                raise Http404
            with translation.override(reader.language), timezone.override(reader.zone):
                body = give(reader, request.path)
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            response = get_conditional_response(request, etag=etag) or HttpResponse(body, content_type=content_type)
            response["ETag"] = etag
            response["Cache-Control"] = "private, no-cache"
            response["X-Robots-Tag"] = "noindex, nofollow"
            # What it leads to must not learn the address.
            response["Referrer-Policy"] = "no-referrer"
            return response

        return view

    return wrap


json_feed = _served("application/feed+json; charset=utf-8")(feeds.json_feed)
atom = _served("application/atom+xml; charset=utf-8")(feeds.atom)
calendar = _served("text/calendar; charset=utf-8")(feeds.calendar)
