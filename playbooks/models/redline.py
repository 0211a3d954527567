from django.db import models

from hub.models import StoredRedline


class Redline(StoredRedline):
    """What changed from one revision to another."""

    older = models.ForeignKey("playbooks.Revision", models.CASCADE, related_name="redlines_from")
    newer = models.ForeignKey("playbooks.Revision", models.CASCADE, related_name="redlines_to")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["older", "newer"], name="playbooks_one_redline_per_pair")]
