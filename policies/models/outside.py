from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from policies.querysets import OutsideReviewQuerySet


class OutsideReview(models.Model):
    """Somebody outside the company is asked to read a draft, by a link that was sent to her, until a day.

    The link ends with that day, when somebody ends it (`ended_at`), and when the version is no longer a draft.
    """

    version = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="outside_reviews")
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    until = models.DateField(_("until"))
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="outside_reviews_asked")
    invited_at = models.DateTimeField()
    done_at = models.DateTimeField(_("read"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="outside_reviews_ended"
    )

    objects = OutsideReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("outside review")
        verbose_name_plural = _("outside reviews")
        ordering = ["until", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "email"],
                condition=Q(ended_at=None),
                name="policies_one_running_invitation_an_address",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="policies_an_ended_invitation_says_by_whom",
            ),
        ]

    def __str__(self):
        return f"{self.name} reads {self.version}"
