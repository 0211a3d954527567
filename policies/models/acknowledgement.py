from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Acknowledgement(models.Model):
    """This person, this version, these clause hashes, at this time. Never changed, never deleted."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acknowledgements")
    version = models.ForeignKey("policies.PolicyVersion", models.PROTECT, related_name="acknowledgements")
    clause_hashes = models.JSONField(help_text=_("key -> SHA-256 of what was shown"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["person", "version"], name="policies_one_acknowledgement_per_version")
        ]

    def __str__(self):
        return f"{self.person} signed {self.version}"
