from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Topic(models.Model):
    """One list of subjects for policies, playbooks, services and questions alike, so that a reader can cross over."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    look_again_months = models.PositiveSmallIntegerField(
        _("look again every (months)"),
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(36)],
        help_text=_("How long the word holds that a playbook on this topic is true; a playbook may have its own time."),
    )

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["order", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(look_again_months__gte=1, look_again_months__lte=36),
                name="hub_topic_is_looked_at_within_three_years",
            )
        ]

    def __str__(self):
        return self.name


class OldSlug(models.Model):
    """A former address of a thing, so that links keep working after a rename. `kind` is 'policy', 'playbook', ..."""

    kind = models.CharField(max_length=20)
    slug = models.SlugField(max_length=120)
    object_id = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="hub_old_slug_leads_to_one_thing")]

    def __str__(self):
        return f"{self.kind}: {self.slug}"
