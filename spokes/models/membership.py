from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from spokes.querysets import MembershipQuerySet, TermQuerySet


class Membership(models.Model):
    """Where a person's home is, and since when. Exactly one is open at a time."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    spoke = models.ForeignKey("spokes.Spoke", models.PROTECT, related_name="memberships")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("home department")
        verbose_name_plural = _("home departments")
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ends_on=None), name="spokes_one_home_spoke_per_person"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="spokes_membership_ends_after_start"
            ),
        ]

    def __str__(self):
        return f"{self.person} in {self.spoke}"


class Term(models.Model):
    """A person represents a department, or stands in for whoever does, for a time."""

    class Kind(models.TextChoices):
        REPRESENTATIVE = "representative", _("Representative")
        DEPUTY = "deputy", _("Deputy")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="terms", verbose_name=_("person"))
    spoke = models.ForeignKey("spokes.Spoke", models.PROTECT, related_name="terms", verbose_name=_("department"))
    kind = models.CharField(_("as"), max_length=16, choices=Kind.choices)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("representatives")
        ordering = ["kind", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "spoke"],
                condition=Q(ends_on=None),
                name="spokes_one_open_term_per_person_and_spoke",
                violation_error_message=_("This person already has a term for this department without an end."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="spokes_term_ends_after_start",
                violation_error_message=_("The term would end before it begins."),
            ),
        ]

    def __str__(self):
        return f"{self.person}, {self.get_kind_display()} of {self.spoke}"
