from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class FeedToken(models.Model):
    """What stands in the addresses of a person's feeds instead of a sign-in.

    The token follows from `seed` and the portal's secret (see `hub.feeds`): whoever reads the table cannot use it, and
    its owner can be shown it again.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="feed_token")
    seed = models.CharField(max_length=43)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("feed address")
        verbose_name_plural = _("feed addresses")

    def __str__(self):
        return f"{self.person}"
