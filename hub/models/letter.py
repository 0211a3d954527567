from django.db import models
from django.utils.translation import gettext_lazy as _


class LetterRun(models.Model):
    """How far one week's letters have come among the people of one time zone.

    Written in the transaction of the letters themselves, so that a run that was killed goes on where it stopped.
    """

    period = models.CharField(_("week"), max_length=10, help_text=_("Such as 2026-W47."))
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    last_person = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("letter run")
        verbose_name_plural = _("letter runs")
        constraints = [
            models.UniqueConstraint(fields=["period", "time_zone"], name="hub_letter_run_once_a_week_and_zone")
        ]

    def __str__(self):
        return f"{self.period} {self.time_zone}"
