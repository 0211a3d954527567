from django.db import models

from hub.models import StoredRedline


class Redline(StoredRedline):
    """What changed from one version to another."""

    older = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="redlines_from")
    newer = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="redlines_to")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["older", "newer"], name="policies_one_redline_per_pair")]
