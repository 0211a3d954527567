import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def check_zone(value):
    if value not in zoneinfo.available_timezones():
        raise ValidationError(
            _("%(value)s is not a time zone. Use a name such as Europe/Berlin."), params={"value": value}
        )


class WorkCalendar(models.Model):
    """The hours in which a service's promise runs.

    `week` is seven entries, Monday first, each a list of ["09:00", "17:00"] pairs in the calendar's own zone; a day
    without pairs is closed. `closing_days` is a list of ISO dates on top of the public holidays of `country`.
    """

    slug = models.SlugField(_("address"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[check_zone])
    week = models.JSONField(_("opening hours"))
    country = models.CharField(_("public holidays of (two letters)"), max_length=2, blank=True)
    subdivision = models.CharField(_("region of that country"), max_length=6, blank=True)
    closing_days = models.JSONField(_("own closing days"), default=list, blank=True)
    always_open = models.BooleanField(_("round the clock"), default=False)

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ["name"]

    def __str__(self):
        return self.name
