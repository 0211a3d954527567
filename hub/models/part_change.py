from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.significance import first_word


class ChangeKind(models.TextChoices):
    ADDED = "added", _("New")
    CHANGED = "changed", _("Changed")
    MOVED = "moved", _("Moved")
    REMOVED = "removed", _("Taken out")


class PartChange(models.Model):
    """What became of one clause or section since the text readers had before, and how far-reaching that is.

    Subclasses add the text they belong to, and `proposed`, `floor` and `significance` in the words of their field:
    the first two follow from the texts, the last is the editor's. `content_hash` is that of the part she judged by.
    """

    key = models.CharField(_("permanent key"), max_length=80)
    number = models.PositiveSmallIntegerField(_("number"), help_text=_("Its place here, or the last one it had."))
    heading = models.CharField(_("heading"), max_length=250)
    kind = models.CharField(_("what became of it"), max_length=8, choices=ChangeKind.choices)

    class Meta:
        abstract = True

    @property
    def significance_word(self):
        return first_word(self.get_significance_display())

    @property
    def proposed_word(self):
        return first_word(self.get_proposed_display())
