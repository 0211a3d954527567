from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from spokes.querysets import SocialAccountQuerySet
from spokes.workflow import TONE, AccountStatus


class Platform(models.TextChoices):
    BLOG = "blog", _("Blog")
    BLUESKY = "bluesky", _("Bluesky")
    FACEBOOK = "facebook", _("Facebook")
    FLICKR = "flickr", _("Flickr")
    INSTAGRAM = "instagram", _("Instagram")
    LINKEDIN = "linkedin", _("LinkedIn")
    MASTODON = "mastodon", _("Mastodon")
    PINTEREST = "pinterest", _("Pinterest")
    REDDIT = "reddit", _("Reddit")
    THREADS = "threads", _("Threads")
    TIKTOK = "tiktok", _("TikTok")
    WHATSAPP = "whatsapp", _("WhatsApp")
    X = "x", _("X")
    YOUTUBE = "youtube", _("YouTube")
    OTHER = "other", _("Another platform")


class SocialAccount(models.Model):
    """An account on a platform that speaks for the company, and who answers for it."""

    platform = models.CharField(_("platform"), max_length=12, choices=Platform.choices)
    handle = models.CharField(_("handle"), max_length=100, help_text=_("Without the @."))
    url = models.URLField(_("address"), max_length=300, blank=True)
    spoke = models.ForeignKey("spokes.Spoke", models.PROTECT, related_name="accounts", verbose_name=_("department"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_accounts",
        verbose_name=_("owner"),
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deputised_accounts",
        verbose_name=_("deputy"),
    )
    admins = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="administered_accounts", verbose_name=_("administrators")
    )
    purpose = models.TextField(_("purpose"), blank=True)
    audience = models.CharField(_("audience"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=40, blank=True)
    status = models.CharField(
        _("state"), max_length=12, choices=AccountStatus.choices, default=AccountStatus.PLANNED, editable=False
    )
    mfa_checked_on = models.DateField(_("second factor checked"), null=True, blank=True)
    last_reviewed_on = models.DateField(_("last reviewed"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    objects = SocialAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("social account")
        verbose_name_plural = _("account register")
        ordering = ["platform", "handle"]
        constraints = [
            models.UniqueConstraint(
                "platform",
                Lower("handle"),
                name="spokes_account_is_registered_once",
                violation_error_message=_("This account is registered already."),
            ),
            models.CheckConstraint(condition=Q(status__in=AccountStatus.values), name="spokes_account_status_is_known"),
        ]
        indexes = [models.Index(fields=["status", "last_reviewed_on"], name="spokes_account_review")]

    def __str__(self):
        return f"{self.get_platform_display()}: {self.handle}"

    def get_absolute_url(self):
        return reverse("spokes:account", args=[self.pk])

    @property
    def tone(self):
        return TONE[self.status]
