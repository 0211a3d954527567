from django.db import models
from django.utils.translation import gettext_lazy as _

from spokes.models import Platform


class ClausePlatform(models.Model):
    """A clause, named by its policy and permanent key, is about a platform of the account register."""

    policy = models.ForeignKey("policies.Policy", models.CASCADE, related_name="clause_platforms")
    clause_key = models.SlugField(max_length=80)
    platform = models.CharField(_("platform"), max_length=12, choices=Platform.choices)

    class Meta:
        verbose_name = _("platform of a clause")
        verbose_name_plural = _("platforms of clauses")
        ordering = ["policy__title", "clause_key", "platform"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "clause_key", "platform"], name="policies_clause_names_a_platform_once"
            ),
            models.CheckConstraint(condition=~models.Q(clause_key=""), name="policies_platform_is_of_a_clause"),
        ]
        indexes = [models.Index(fields=["platform"], name="policies_clauses_by_platform")]

    def __str__(self):
        return f"{self.policy}, {self.clause_key}: {self.get_platform_display()}"
