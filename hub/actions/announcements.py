"""Writes to announcements."""

from django.db import transaction
from django.utils import timezone

from hub import audit
from hub.models import Announcement
from hub.permissions import check_can_curate
from hub.text.markdown import render


@transaction.atomic
def publish_announcement(*, title, body, by, published_at=None, ends_at=None, audiences=(), announcement=None):
    """A new announcement, or new words for one there is."""
    check_can_curate(by)
    announcement = announcement or Announcement(published_by=by)
    announcement.title = title
    announcement.body = body
    announcement.body_html = render(body, heading_level=3)
    announcement.published_at = published_at or timezone.now()
    announcement.ends_at = ends_at
    announcement.save()
    announcement.audiences.set(audiences)
    audit.record("published", announcement, by=by)
    return announcement
