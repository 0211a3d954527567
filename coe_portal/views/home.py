"""What waits for this person, what is new, and one search box."""

from datetime import date, timedelta

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from engagements.models import EngagementRequest
from engagements.reports import desk_counts
from hub import presence, slots
from hub.models import Announcement
from hub.prepared import prepared
from spokes.querysets import user_paths

NEWS_DAYS = timedelta(days=30)
MOST_NEWS = 8
MOST_SHOWN = 8
MOST_OPEN = 5
MOST_ANNOUNCEMENTS = 3
KINDS = {
    "policy": gettext_lazy("Policy"),
    "playbook": gettext_lazy("Playbook"),
    "question": gettext_lazy("Question"),
    "service": gettext_lazy("Service"),
}


@require_safe
def home(request):
    user, now = request.user, timezone.now()
    presence.look(user)
    waiting = sorted(slots.waiting_items.gather(user), key=_urgency)
    news = sorted(slots.news_items.gather(user, now - NEWS_DAYS), key=lambda item: item.at, reverse=True)
    return render(
        request,
        "portal/home.html",
        {
            "greeting": greeting(timezone.localtime(now).hour, user),
            "today": timezone.localdate(),
            "waiting": waiting[:MOST_SHOWN],
            "waiting_more": waiting[MOST_SHOWN:],
            "waiting_count": len(waiting),
            "announcements": _announcements(user=user, now=now),
            "news": [(item, KINDS.get(item.kind)) for item in news[:MOST_NEWS]],
            "desk": desk_counts(user) if user.reads_all else None,
            "department": _open_requests(user),
        },
    )


@prepared(shape=lambda user, now: user.reads_all)
def _announcements(user, now):
    current = Announcement.objects.for_audience_of(user).current(now).newest_first()
    return current.select_related("published_by")[:MOST_ANNOUNCEMENTS]


def _urgency(item):
    """Urgent first, then by day; what has no day comes last, in its own order."""
    return not item.is_urgent, item.due_on or date.max


def greeting(hour, user):
    """ "Good morning, Emma": the part of the day is that of the person's own clock."""
    words = {
        "morning": _("Good morning, %(name)s"),
        "day": _("Good afternoon, %(name)s"),
        "evening": _("Good evening, %(name)s"),
    }
    part = "morning" if 4 <= hour < 12 else "day" if 12 <= hour < 18 else "evening"
    return words[part] % {"name": user.name.partition(" ")[0] or user.name}


def _open_requests(user):
    """The newest open requests of the departments a person represents; None for who represents nobody."""
    if user.reads_all or not presence.may_have(user, "terms") or not user_paths(user):
        return None
    rows = EngagementRequest.objects.of_departments_of(user).open().select_related("service", "spoke")
    return rows.newest_first()[:MOST_OPEN]
