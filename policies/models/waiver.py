from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from policies import clock
from policies.querysets import WaiverQuerySet

ENDING_SOON = timedelta(days=30)


class Waiver(models.Model):
    """A department, with all below it, is released from one clause until a day.

    It holds from `starts_on` to `ends_on`, both included, and ends by that date as it is read. `ended_on` is the first
    day on which it holds no more although its time was not over, or, where nobody ended it, the day its successor
    found it expired.
    """

    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="waivers", verbose_name=_("policy"))
    clause_key = models.SlugField(_("clause"), max_length=80)
    spoke = models.ForeignKey("spokes.Spoke", models.PROTECT, related_name="waivers", verbose_name=_("department"))
    reason = models.TextField(_("why"))
    mitigation = models.TextField(_("what it does instead"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="granted_waivers", verbose_name=_("granted by")
    )
    granted_at = models.DateTimeField(_("granted"))
    ended_on = models.DateField(_("ended early"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="ended_waivers"
    )
    end_reason = models.TextField(_("why it ended early"), blank=True)

    objects = WaiverQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        ordering = ["ends_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "clause_key", "spoke"],
                condition=Q(ended_on=None),
                name="policies_one_open_waiver_per_clause_and_spoke",
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="policies_waiver_ends_after_start"),
            models.CheckConstraint(condition=~Q(reason=""), name="policies_waiver_says_why"),
            models.CheckConstraint(condition=~Q(mitigation=""), name="policies_waiver_says_what_instead"),
            models.CheckConstraint(
                condition=Q(ended_by=None, end_reason="")
                | (Q(ended_by__isnull=False, ended_on__isnull=False, ended_on__lte=F("ends_on")) & ~Q(end_reason="")),
                name="policies_waiver_ended_early_says_by_whom_and_why",
            ),
        ]
        indexes = [models.Index(fields=["ends_on"], name="policies_waiver_by_end")]

    def __str__(self):
        return f"{self.spoke}: {self.policy}, {self.clause_key}"

    def get_absolute_url(self):
        return reverse("admin:policies_waiver_change", args=[self.pk])

    @property
    def clause_url(self):
        return self.policy.clause_url(self.clause_key)

    def holds_on(self, day):
        return self.starts_on <= day <= self.ends_on and (self.ended_on is None or day < self.ended_on)

    @property
    def is_running(self):
        return self.holds_on(clock.today())

    @property
    def is_planned(self):
        return self.ended_on is None and self.starts_on > clock.today()

    @property
    def is_ending_soon(self):
        return self.is_running and self.ends_on <= clock.today() + ENDING_SOON

    @property
    def state(self):
        if self.is_planned:
            return _("Planned")
        if self.is_ending_soon:
            return _("Ending soon")
        if self.is_running:
            return _("Running")
        return _("Ended early") if self.ended_by_id else _("Ended")

    @property
    def tone(self):
        if self.is_ending_soon:
            return "warn"
        return "info" if self.is_running or self.is_planned else "neutral"
