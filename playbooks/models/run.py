from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playbooks.querysets import RunPointQuerySet, RunQuerySet, RunStepQuerySet
from playbooks.workflow import RUN_TONE, RunStatus
from policies import clock


class Run(models.Model):
    """One use of a playbook by a department: its steps with names, days and ticks, and what was learned.

    `revision` is the text its steps were last taken from. `step_count` and `done_count` follow the steps, under the
    run's lock. `helped`, `hindered` and `result` are its retrospective; what should change are its `points`.
    """

    playbook = models.ForeignKey("playbooks.Playbook", models.PROTECT, related_name="runs", verbose_name=_("playbook"))
    revision = models.ForeignKey("playbooks.Revision", models.PROTECT, related_name="runs", verbose_name=_("revision"))
    spoke = models.ForeignKey("spokes.Spoke", models.PROTECT, related_name="runs", verbose_name=_("department"))
    name = models.CharField(_("name"), max_length=120)
    goal = models.CharField(_("goal"), max_length=200, blank=True)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("to be done by"), null=True, blank=True)
    status = models.CharField(
        _("state"), max_length=10, choices=RunStatus.choices, default=RunStatus.ACTIVE, editable=False
    )
    step_count = models.PositiveSmallIntegerField(_("steps"), default=0, editable=False)
    done_count = models.PositiveSmallIntegerField(_("done"), default=0, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="started_runs", verbose_name=_("started by")
    )
    created_at = models.DateTimeField(_("entered"))
    closed_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="closed_runs",
        verbose_name=_("ended by"),
    )
    abandon_reason = models.TextField(_("why it was given up"), blank=True)
    helped = models.TextField(_("what helped"), blank=True)
    hindered = models.TextField(_("what got in the way"), blank=True)
    result = models.TextField(_("result"), blank=True)
    form_token = models.UUIDField(null=True, unique=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="playbooks_run_status_is_known"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="playbooks_run_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(done_count__lte=F("step_count")), name="playbooks_run_has_no_more_done_than_steps"
            ),
            models.CheckConstraint(
                condition=Q(status="active", closed_at=None, closed_by=None)
                | (~Q(status="active") & Q(closed_at__isnull=False, closed_by__isnull=False)),
                name="playbooks_run_that_ended_says_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status="abandoned") | ~Q(abandon_reason=""), name="playbooks_run_given_up_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["-starts_on", "-id"], name="playbooks_run_newest"),
            models.Index(fields=["spoke", "status"], name="playbooks_run_by_spoke"),
            models.Index(fields=["playbook", "-starts_on"], name="playbooks_run_by_playbook"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("playbooks:run", args=[self.pk])

    @property
    def is_active(self):
        return self.status == RunStatus.ACTIVE

    @property
    def is_planned(self):
        return self.is_active and self.starts_on > clock.today()

    @property
    def is_overdue(self):
        return self.is_active and self.ends_on is not None and self.ends_on < clock.today()

    @property
    def state(self):
        """The state in a word, as its days make it today."""
        if self.is_planned:
            return _("Planned")
        return _("Overdue") if self.is_overdue else self.get_status_display()

    @property
    def tone(self):
        if self.is_planned:
            return "neutral"
        return "warn" if self.is_overdue else RUN_TONE[self.status]

    @property
    def days(self):
        """How many days it took, the first and the last one included; None as long as it runs."""
        if self.closed_at is None:
            return None
        return max(1, (timezone.localdate(self.closed_at, clock.hub_zone()) - self.starts_on).days + 1)


class RunStep(models.Model):
    """A step of the playbook as this run has it. Its keys are the permanent ones of the section and the step.

    `html` is made from `text` when it is written. `is_dropped` means that a newer revision, which the run follows now,
    does without it; it is kept because somebody had ticked it or written something there, and counts no more.
    """

    run = models.ForeignKey("playbooks.Run", models.CASCADE, related_name="steps")
    section_key = models.SlugField(max_length=80)
    heading = models.CharField(max_length=250)
    key = models.SlugField(max_length=80)
    number = models.PositiveSmallIntegerField()
    text = models.CharField(_("step"), max_length=500)
    html = models.TextField(editable=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="run_steps"
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="done_run_steps"
    )
    note = models.CharField(_("note"), max_length=1000, blank=True)
    is_dropped = models.BooleanField(default=False)

    objects = RunStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a run")
        verbose_name_plural = _("steps of runs")
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "section_key", "key"], name="playbooks_run_has_each_step_once"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
                name="playbooks_run_step_done_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["assignee"], condition=Q(done_at=None), name="playbooks_run_step_open"),
            models.Index(fields=["due_on"], condition=Q(done_at=None), name="playbooks_run_step_due"),
        ]

    def __str__(self):
        return self.text

    @property
    def is_done(self):
        return self.done_at is not None

    @property
    def is_overdue(self):
        return not self.is_done and self.due_on is not None and self.due_on < clock.today()


class RunPoint(models.Model):
    """Something that a run's people would change about the playbook, until they have told its owner and after."""

    run = models.ForeignKey("playbooks.Run", models.CASCADE, related_name="points")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(_("what to change"), max_length=500)
    question = models.ForeignKey("playbooks.Question", models.PROTECT, null=True, blank=True, related_name="run_points")
    suggestion = models.ForeignKey(
        "playbooks.Suggestion", models.PROTECT, null=True, blank=True, related_name="run_points"
    )

    objects = RunPointQuerySet.as_manager()

    class Meta:
        verbose_name = _("point of a run")
        verbose_name_plural = _("points of runs")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="playbooks_run_point_number_is_unique"),
            models.CheckConstraint(
                condition=Q(question=None) | Q(suggestion=None), name="playbooks_run_point_is_sent_in_one_way"
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def is_sent(self):
        """Whether it was put to the owner, and not taken back again."""
        return self.question_id is not None or (self.suggestion_id is not None and not self.suggestion.is_withdrawn)
