from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from playbooks.querysets import AdaptationQuerySet
from playbooks.workflow import ADAPTATION_TONE, AdaptationStatus


class Adaptation(models.Model):
    """A playbook as one department does it. What it does not change follows the playbook, revision by revision."""

    playbook = models.ForeignKey("playbooks.Playbook", models.PROTECT, related_name="adaptations")
    spoke = models.ForeignKey("spokes.Spoke", models.PROTECT, related_name="adaptations", verbose_name=_("department"))
    intro = models.CharField(_("what is different here"), max_length=400, blank=True)
    status = models.CharField(
        _("state"), max_length=10, choices=AdaptationStatus.choices, default=AdaptationStatus.DRAFT, editable=False
    )
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="started_adaptations")
    started_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    objects = AdaptationQuerySet.as_manager()

    class Meta:
        verbose_name = _("adaptation")
        verbose_name_plural = _("adaptations")
        ordering = ["playbook", "spoke"]
        constraints = [
            models.UniqueConstraint(fields=["playbook", "spoke"], name="playbooks_one_adaptation_per_department"),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False),
                name="playbooks_published_adaptation_is_dated",
            ),
        ]

    def __str__(self):
        return f"{self.playbook} ({self.spoke})"

    def get_absolute_url(self):
        return reverse("playbooks:adaptation", args=[self.playbook.slug, self.spoke.slug])

    @property
    def tone(self):
        return ADAPTATION_TONE[self.status]

    @property
    def is_published(self):
        return self.status == AdaptationStatus.PUBLISHED


class AdaptedKind(models.TextChoices):
    CHANGED = "changed", _("Done differently here")
    ADDED = "added", _("Only here")
    LEFT_OUT = "left_out", _("Left out here")


class AdaptedSection(models.Model):
    """One section that a department has in its own words, has besides, or leaves out.

    `key` is the playbook's permanent key, or a new one for what it adds, which stands after the section `after` (at the
    top when blank). `base` is the revision the words came from; `is_behind` says that the playbook's own section has
    changed since at clarifying or above and nobody here has decided yet. `body` of what is left out says why.
    """

    adaptation = models.ForeignKey("playbooks.Adaptation", models.CASCADE, related_name="sections")
    key = models.SlugField(max_length=80)
    kind = models.CharField(max_length=10, choices=AdaptedKind.choices)
    after = models.SlugField(max_length=80, blank=True)
    base = models.ForeignKey("playbooks.Revision", models.PROTECT, related_name="+")
    is_behind = models.BooleanField(default=False)
    heading = models.CharField(_("heading"), max_length=250)
    body = models.TextField(_("text"))
    html = models.TextField(editable=False)
    lock = models.PositiveIntegerField(default=0)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="adapted_sections")
    written_at = models.DateTimeField()
    taken_up_in = models.ForeignKey(
        "playbooks.Revision", models.SET_NULL, null=True, blank=True, related_name="adapted_sections"
    )

    class Meta:
        verbose_name = _("adapted section")
        verbose_name_plural = _("adapted sections")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["adaptation", "key"], name="playbooks_section_is_adapted_once"),
        ]
        indexes = [models.Index(fields=["adaptation"], condition=Q(is_behind=True), name="playbooks_adapted_behind")]

    def __str__(self):
        return self.heading

    @property
    def anchor(self):
        return f"s-{self.key}"
