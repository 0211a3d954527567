from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Follow(models.Model):
    """Somebody wants her weekly letter to tell what is new about a thing; `kind` is one of the slot `followables`."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="follows")
    kind = models.CharField(max_length=20)
    object_id = models.PositiveBigIntegerField()
    since_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("what somebody follows")
        verbose_name_plural = _("what people follow")
        ordering = ["-since_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "kind", "object_id"], name="hub_followed_once")]
        indexes = [models.Index(fields=["kind", "object_id"], name="hub_follow_by_thing")]

    def __str__(self):
        return f"{self.person}: {self.kind} {self.object_id}"
