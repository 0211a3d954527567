"""The audit: every write to a domain object leaves one line here, in the same transaction."""

from django.utils import timezone

from hub.models import AuditEvent


def record(verb, obj, *, by, **details):
    """Adds a line. `verb` is a past participle such as "published"; `details` must be plain JSON values."""
    return AuditEvent.objects.create(
        at=timezone.now(),
        by=by,
        verb=verb,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=str(obj)[:200],
        details=details,
    )


def history(obj):
    """The lines about one thing, newest first."""
    return AuditEvent.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).select_related("by")
