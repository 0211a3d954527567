from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from policies import clock
from policies.querysets import CampaignQuerySet, RollQuerySet
from policies.workflow import CAMPAIGN_TONE, CampaignStatus

MOST_REMINDER_DAYS = 90


class Campaign(models.Model):
    """The named, planned form of asking people to sign: one version, an audience, a start and a day to sign by.

    Whom it asks stands in its roll. `policy` is the version's, kept so that one campaign a policy can run.
    `asked` and `signed` are what was counted last, for lists; the progress page counts anew.
    """

    name = models.CharField(_("name"), max_length=160)
    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="campaigns", verbose_name=_("policy"))
    version = models.ForeignKey(
        "policies.PolicyVersion", models.PROTECT, related_name="campaigns", verbose_name=_("version")
    )
    audiences = models.ManyToManyField(
        "auth.Group",
        blank=True,
        related_name="campaigns",
        verbose_name=_("audience"),
        help_text=_("Nobody chosen means everybody the policy is for."),
    )
    starts_on = models.DateField(_("starts"))
    due_on = models.DateField(_("to sign by"))
    remind_before = models.PositiveSmallIntegerField(
        _("remind so many days before"), default=7, validators=[MaxValueValidator(MOST_REMINDER_DAYS)]
    )
    remind_on_due = models.BooleanField(_("remind on the day"), default=True)
    remind_after = models.PositiveSmallIntegerField(
        _("remind so many days after"), default=7, validators=[MaxValueValidator(MOST_REMINDER_DAYS)]
    )
    status = models.CharField(
        _("state"), max_length=8, choices=CampaignStatus.choices, default=CampaignStatus.PLANNED, editable=False
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="created_campaigns")
    created_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="started_campaigns"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="closed_campaigns"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.TextField(blank=True)
    roll_written_at = models.DateTimeField(null=True, editable=False)
    nudged_on = models.DateField(null=True, editable=False)
    nudge_sent_on = models.DateField(null=True, editable=False)
    asked = models.PositiveIntegerField(default=0, editable=False)
    signed = models.PositiveIntegerField(default=0, editable=False)
    counted_at = models.DateTimeField(null=True, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(status=CampaignStatus.RUNNING),
                name="policies_one_running_campaign_per_policy",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CampaignStatus.values), name="policies_campaign_status_is_known"
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("starts_on")), name="policies_campaign_due_after_start"),
            models.CheckConstraint(
                condition=Q(remind_before__lte=MOST_REMINDER_DAYS, remind_after__lte=MOST_REMINDER_DAYS),
                name="policies_campaign_reminders_are_near",
            ),
            models.CheckConstraint(
                condition=~Q(status=CampaignStatus.RUNNING) | Q(started_by__isnull=False, started_at__isnull=False),
                name="policies_running_campaign_was_started_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status=CampaignStatus.CLOSED, closed_at__isnull=False) & ~Q(close_reason="")
                | ~Q(status=CampaignStatus.CLOSED) & Q(closed_at=None, closed_by=None, close_reason=""),
                name="policies_closed_campaign_says_when_and_why",
            ),
            models.CheckConstraint(condition=Q(signed__lte=F("asked")), name="policies_campaign_signed_of_asked"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("sign_off:campaign", args=[self.pk])

    @property
    def period(self):
        """How long people have; joiners and movers get as long."""
        return self.due_on - self.starts_on

    @property
    def is_planned(self):
        return self.status == CampaignStatus.PLANNED

    @property
    def is_running(self):
        return self.status == CampaignStatus.RUNNING

    @property
    def is_closed(self):
        return self.status == CampaignStatus.CLOSED

    @property
    def tone(self):
        return "bad" if self.is_running and self.due_on < clock.today() else CAMPAIGN_TONE[self.status]

    @property
    def stages(self):
        """{stage: (first, last)}: from which to which day, counted from the day to sign, each reminder is due."""
        found = {}
        if self.remind_before:
            found["soon"] = (-self.remind_before, -1)
        if self.remind_on_due:
            found["due"] = (0, min(6, self.remind_after - 1 if self.remind_after else 6))
        if self.remind_after:
            found["overdue"] = (self.remind_after, self.remind_after + 6)
        return found

    @property
    def was_nudged_today(self):
        return self.nudged_on == clock.today()

    def due_for(self, asked_on):
        return max(self.due_on, asked_on + self.period)


class RollEntry(models.Model):
    """A campaign asks this person, since a day and by a day of her own; or it does not, and why.

    `left_on` is the day she was found to be in its audience no more.
    """

    campaign = models.ForeignKey("policies.Campaign", models.CASCADE, related_name="roll")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="roll_entries")
    asked_on = models.DateField(_("asked on"))
    due_on = models.DateField(_("to sign by"))
    left_on = models.DateField(null=True)
    exempt_reason = models.CharField(_("why exempt"), max_length=300, blank=True)
    exempted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="granted_exemptions"
    )
    exempted_at = models.DateTimeField(null=True)

    objects = RollQuerySet.as_manager()

    class Meta:
        verbose_name = _("person on a roll")
        verbose_name_plural = _("people on rolls")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "person"], name="policies_person_is_on_a_roll_once"),
            models.CheckConstraint(condition=Q(due_on__gte=F("asked_on")), name="policies_roll_due_after_asked"),
            models.CheckConstraint(
                condition=Q(exempt_reason="", exempted_by=None, exempted_at=None)
                | ~Q(exempt_reason="") & Q(exempted_by__isnull=False, exempted_at__isnull=False),
                name="policies_exemption_says_why_and_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "due_on"], name="policies_roll_by_due_day")]

    def __str__(self):
        return f"{self.campaign}: {self.person}"

    @property
    def is_overdue(self):
        return self.due_on < clock.today()


LONGEST = timedelta(days=366)
