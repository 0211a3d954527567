"""Feeds: no session, a token in the address; and where people get, renew and end the addresses of theirs."""

import functools
import hashlib

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub import actions, slots
from hub.feeds import reader_of, token_of

# A program that asks every two seconds asks too often; so does whoever tries tokens. A reader is counted by herself,
# because a whole company may sit behind one address.
LIMITS = {"reader": "30/m/key", "stranger": "60/m/ip"}


def served(content_type):
    """Makes a function that gives bytes for a reader and an address into a view of a token, with her rights."""

    def wrap(give):
        @require_safe
        @login_not_required
        @functools.wraps(give)
        def view(request, token):
            reader = reader_of(token)
            refused = ratelimit.consume_or_429(
                request,
                app="hub.feeds",
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


@require_safe
def feeds(request):
    token = token_of(request.user)
    offered = slots.feeds.gather(token or "token")
    response = render(request, "hub/settings/feeds.html", {"tab": "feeds", "feeds": offered, "has_token": bool(token)})
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def renew(request):
    had = bool(token_of(request.user))
    actions.renew_feed_token(by=request.user)
    if had:
        messages.success(request, _("Your feeds have new addresses. The old ones no longer work; subscribe again."))
    else:
        messages.success(request, _("Your addresses are ready. Copy the one you need."))
    return redirect("hub:feeds")


@require_POST
def end(request):
    actions.end_feed_token(by=request.user)
    messages.success(request, _("Your feeds have ended. Calendars and readers that had an address get nothing more."))
    return redirect("hub:feeds")
