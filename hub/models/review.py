from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DraftReview(models.Model):
    """Somebody named is asked to read a draft, by a day, before it is approved.

    Subclasses add the text, `person` and `asked_by`, and a text has them as `reviews`.
    """

    asked_at = models.DateTimeField()
    due_on = models.DateField(_("due"))
    done_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        abstract = True


class CommentState(models.TextChoices):
    OPEN = "open", _("To be answered")
    DONE = "done", _("Done")
    NOT_DONE = "not_done", _("Not done")


class DraftComment(models.Model):
    """What a reader says about a part of a draft, or about the whole (no key). Each is answered before approval.

    Subclasses add the text, the key of its part and its `heading` then, `author` and `answered_by`; a text has them
    as `comments`. Where `said_by` names somebody who is nobody here, `author` is who invited her from outside, or who
    brought along the file in whose margin she wrote: `quote` is what her words stand on, `replies` are answers to them
    (dicts with name, at and text).
    """

    said_by = models.CharField(_("said by"), max_length=120, blank=True)
    quote = models.CharField(_("about these words"), max_length=300, blank=True)
    replies = models.JSONField(_("replies"), default=list, blank=True)
    text = models.TextField(_("comment"))
    at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=8, choices=CommentState.choices, default=CommentState.OPEN)
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=CommentState.OPEN, answered_by=None, answered_at=None)
                | (~Q(state=CommentState.OPEN) & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="%(app_label)s_an_answered_comment_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state=CommentState.NOT_DONE) | ~Q(answer=""),
                name="%(app_label)s_not_done_says_because",
            ),
        ]

    @property
    def is_open(self):
        return self.state == CommentState.OPEN

    @property
    def said_before(self):
        """`replies` with their instants."""
        return [reply | {"at": reply["at"] and datetime.fromisoformat(reply["at"])} for reply in self.replies]
