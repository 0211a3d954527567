from django.db import models


class StoredRedline(models.Model):
    """What changed from one text to another, made once and stored. Subclasses say from which text to which."""

    html = models.TextField()
    side_html = models.TextField(default="", help_text="The same with the two texts side by side; blank if older.")
    changed = models.PositiveSmallIntegerField(default=0)
    added = models.PositiveSmallIntegerField(default=0)
    removed = models.PositiveSmallIntegerField(default=0)
    moved = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.older} -> {self.newer}"
