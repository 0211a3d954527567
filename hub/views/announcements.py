"""Everything the hub has announced."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hub.models import Announcement

PER_PAGE = 20


@require_safe
def announcements(request):
    """Newest first, those that are over too; what is to come stays hidden."""
    now = timezone.now()
    rows = Announcement.objects.for_audience_of(request.user).filter(published_at__lte=now)
    rows = rows.select_related("published_by").newest_first()
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.is_over = row.ends_at is not None and row.ends_at <= now
    return render(request, "hub/announcements.html", {"page": page})
