from django.db import models


class Redline(models.Model):
    """What changed from one version to another, made once and stored."""

    older = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="redlines_from")
    newer = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="redlines_to")
    html = models.TextField()
    side_html = models.TextField(default="", help_text="The same with the two texts side by side; blank if older.")
    changed = models.PositiveSmallIntegerField(default=0)
    added = models.PositiveSmallIntegerField(default=0)
    removed = models.PositiveSmallIntegerField(default=0)
    moved = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["older", "newer"], name="policies_one_redline_per_pair")]

    def __str__(self):
        return f"{self.older} -> {self.newer}"
