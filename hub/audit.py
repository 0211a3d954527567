"""The audit: every write to a domain object leaves one line here, in the same transaction."""

import functools
from datetime import timedelta

from django.utils import timezone

from hub.models import AuditEvent
from hub.prepared import prepared

# Not the newest line alone: a longer transaction may add an older number later.
LINES = 50
MOST_KEPT = 256


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


@prepared()
def newest_lines():
    """The numbers of the newest lines: while they stay, nobody has done anything."""
    return AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[:LINES]


def while_unchanged(*, seconds):
    """Keeps what a function found for each of its arguments until anybody does anything, and at most for some seconds.

    One small statement instead of what it asks. For figures that also move with the clock alone.
    """

    def wrap(find):
        kept = {}

        @functools.wraps(find)
        def found(*values):
            mark, now = tuple(newest_lines()), timezone.now()
            at, old_mark, what = kept.get(values, (now, None, None))
            if mark != old_mark or not timedelta() <= now - at < timedelta(seconds=seconds):
                if len(kept) >= MOST_KEPT:
                    kept.clear()
                what = find(*values)
                kept[values] = now, mark, what
            return what

        found.kept = kept
        return found

    return wrap
