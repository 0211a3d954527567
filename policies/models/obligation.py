from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from policies import clock
from policies.querysets import ObligationQuerySet


class Obligation(models.Model):
    """What somebody outside demands of the company: a law, a platform's terms, a contract. Clauses cover it."""

    class Kind(models.TextChoices):
        LAW = "law", _("Law or regulation")
        PLATFORM = "platform", _("Platform terms")
        CONTRACT = "contract", _("Contract")
        STANDARD = "standard", _("Standard or code")

    title = models.CharField(_("title"), max_length=160, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    source = models.CharField(
        _("source"), max_length=250, help_text=_("Whose it is and where it stands, such as “16 CFR Part 255”.")
    )
    demands = models.TextField(_("what it demands"), help_text=_("In plain words, as for a colleague."))
    url = models.URLField(_("link"), max_length=300, blank=True)
    look_on = models.DateField(_("look again on"), help_text=_("When somebody must see whether it has changed."))
    retired_on = models.DateField(_("no longer asked of us since"), null=True, blank=True)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["law", "platform", "contract", "standard"]),
                name="policies_obligation_kind_is_known",
            ),
            models.CheckConstraint(condition=~Q(demands=""), name="policies_obligation_says_what_it_demands"),
            models.CheckConstraint(condition=~Q(source=""), name="policies_obligation_has_a_source"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("admin:policies_obligation_change", args=[self.pk])

    @property
    def is_look_overdue(self):
        return self.retired_on is None and self.look_on < clock.today()


class Coverage(models.Model):
    """A clause, named by its policy and permanent key, covers an obligation, as long as it is in force."""

    obligation = models.ForeignKey("policies.Obligation", models.CASCADE, related_name="coverage")
    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="coverage")
    clause_key = models.SlugField(max_length=80)

    class Meta:
        verbose_name = _("coverage")
        verbose_name_plural = _("coverage")
        ordering = ["policy__title", "clause_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["obligation", "policy", "clause_key"], name="policies_clause_covers_an_obligation_once"
            ),
            models.CheckConstraint(condition=~Q(clause_key=""), name="policies_coverage_names_a_clause"),
        ]
        indexes = [models.Index(fields=["policy", "clause_key"], name="policies_coverage_by_clause")]

    def __str__(self):
        return f"{self.policy}, {self.clause_key}: {self.obligation}"
