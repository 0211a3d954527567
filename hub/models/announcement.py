from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.querysets import AnnouncementQuerySet


class Announcement(models.Model):
    """A short word from the hub to an audience, shown on the home page while it is current."""

    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"), help_text=_("Markdown. Two or three sentences are enough."))
    body_html = models.TextField(editable=False, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="announcements")
    published_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    audiences = models.ManyToManyField("auth.Group", blank=True, related_name="+", verbose_name=_("audience"))

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-published_at"]
        indexes = [models.Index(fields=["-published_at"], name="hub_announcement_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("published_at")),
                name="hub_announcement_ends_after_it_begins",
            ),
        ]

    def __str__(self):
        return self.title
