"""Where people get, renew and end the addresses of their feeds."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub import actions, slots
from hub.feeds import token_of


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
