"""What people write for all to read can be reported, hidden and brought back; nothing of it is lost."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from playbooks.querysets import ReportQuerySet


class Objection(models.TextChoices):
    """What can be wrong with a text that everybody reads."""

    PERSONAL = "personal", _("It tells something personal about somebody")
    CONFIDENTIAL = "confidential", _("It tells what is confidential")
    UNKIND = "unkind", _("It hurts or insults somebody")
    HARMFUL = "harmful", _("It is wrong, and following it would do harm")
    ASTRAY = "astray", _("It does not belong here")


# Beside an objection: its author has taken it back.
OWN = "own"


class Hideable(models.Model):
    """A text that the hub can hide from readers, or its author take back (`OWN`); it is kept and can come back."""

    edited_at = models.DateTimeField(_("changed"), null=True, blank=True, editable=False)
    hidden_at = models.DateTimeField(_("hidden"), null=True, blank=True, editable=False)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="hidden_%(class)ss",
    )
    hidden_reason = models.CharField(
        max_length=12, blank=True, editable=False, choices=[*Objection.choices, (OWN, _("Its author took it back"))]
    )
    hidden_note = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(hidden_at=None, hidden_by=None, hidden_reason="")
                | (Q(hidden_at__isnull=False, hidden_by__isnull=False) & ~Q(hidden_reason="")),
                name="%(app_label)s_hidden_%(class)s_says_by_whom_and_why",
            )
        ]

    @property
    def is_hidden(self):
        return self.hidden_at is not None

    @property
    def is_taken_back(self):
        return self.hidden_reason == OWN


class Report(models.Model):
    """Somebody asks the hub to look at a question or an answer (`about` names it); `text` is what it said then."""

    class Outcome(models.TextChoices):
        HIDDEN = "hidden", _("hidden")
        KEPT = "kept", _("kept")
        TAKEN_BACK = "taken_back", _("taken back by its author")

    question = models.ForeignKey("playbooks.Question", models.PROTECT, related_name="reports")
    answer = models.ForeignKey("playbooks.Answer", models.PROTECT, null=True, blank=True, related_name="reports")
    about = models.CharField(max_length=40, editable=False)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports_made")
    reported_at = models.DateTimeField(_("reported"))
    reason = models.CharField(_("why"), max_length=12, choices=Objection.choices)
    sentence = models.CharField(_("in a sentence"), max_length=300, blank=True)
    text = models.TextField()
    outcome = models.CharField(_("what became of it"), max_length=10, choices=Outcome.choices, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="reports_settled"
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-reported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "reported_by"], condition=Q(outcome=""), name="playbooks_one_open_report_a_person"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", settled_by=None, settled_at=None)
                | (~Q(outcome="") & Q(settled_by__isnull=False, settled_at__isnull=False)),
                name="playbooks_settled_report_says_by_whom",
            ),
        ]
        indexes = [
            models.Index(fields=["reported_at"], condition=Q(outcome=""), name="playbooks_reports_open"),
            models.Index(fields=["reported_by", "reported_at"], name="playbooks_reports_of_person"),
        ]

    def __str__(self):
        return f"{self.about}: {self.get_reason_display()}"
