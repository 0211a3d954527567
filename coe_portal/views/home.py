from django.shortcuts import render
from django.utils import timezone

from hub import slots
from hub.models import Announcement


def home(request):
    """What waits for this person, what is new, and one search box."""
    announcements = Announcement.objects.for_audience_of(request.user).current(timezone.now()).newest_first()[:3]
    return render(
        request,
        "portal/home.html",
        {"waiting": slots.waiting_items.gather(request.user), "announcements": announcements},
    )
