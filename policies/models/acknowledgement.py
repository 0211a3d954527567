from django.conf import settings
from django.db import models
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _


class Acknowledgement(models.Model):
    """This person, this version, these clause hashes, at this time. Never changed, never deleted.

    `unbound` names the clauses that were for others when she signed, each between spaces: once one of them binds her
    she is asked again, and the same version has a second signature of hers.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acknowledgements")
    version = models.ForeignKey("policies.PolicyVersion", models.PROTECT, related_name="acknowledgements")
    clause_hashes = models.JSONField(help_text=_("key -> SHA-256 of what was shown"))
    unbound = models.TextField(blank=True, editable=False)
    at = models.DateTimeField(_("at"))
    # That it was passed is part of what was signed; what was answered at which try is kept nowhere.
    questions = models.PositiveSmallIntegerField(
        _("questions answered right"), default=0, help_text=_("Of the quiz that was passed before signing.")
    )

    class Meta:
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        ordering = ["-at"]
        constraints = [
            # By its digest: the names of five hundred clauses are longer than an index may hold.
            models.UniqueConstraint(
                "person", "version", MD5("unbound"), name="policies_one_acknowledgement_of_what_binds"
            )
        ]

    def __str__(self):
        return f"{self.person} signed {self.version}"
