from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from spokes.querysets import SpokeQuerySet


class Formation(models.TextChoices):
    """How a branch organises its social media (Altimeter's five formations)."""

    DECENTRALISED = "decentralised", _("Decentralised")
    CENTRALISED = "centralised", _("Centralised")
    HUB_AND_SPOKE = "hub_and_spoke", _("Hub and spoke")
    DANDELION = "dandelion", _("Dandelion")
    HOLISTIC = "holistic", _("Holistic")


class Spoke(models.Model):
    """A department, region, brand or unit; a tree.

    `path` holds the ids from the root down to this one, "/1/5/9/", so that "mine and below" is one prefix condition
    inside any query. It is written by `spokes.actions` alone. `group` addresses everybody whose home is here or below.
    """

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=200, unique=True, editable=False)
    group = models.OneToOneField("auth.Group", models.PROTECT, related_name="spoke", editable=False)
    formation = models.CharField(
        _("formation"), max_length=16, choices=Formation.choices, default=Formation.HUB_AND_SPOKE
    )
    purpose = models.TextField(_("what it does on social media"), blank=True)
    region = models.CharField(_("region"), max_length=60, blank=True)
    partner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="partnered_spokes",
        verbose_name=_("hub partner"),
        help_text=_("Who in the hub looks after this department. Empty means: the partner of the one above it."),
    )
    closed_on = models.DateField(_("closed"), null=True, blank=True)

    objects = SpokeQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("spokes:department", args=[self.slug])

    @property
    def ancestor_ids(self):
        """Ids from the root down to its parent."""
        return [int(part) for part in self.path.strip("/").split("/")][:-1]

    @property
    def depth(self):
        """0 for the root."""
        return self.path.count("/") - 2
