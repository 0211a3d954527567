from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from playbooks.querysets import CaseQuerySet
from playbooks.workflow import CASE_OPEN, CASE_TONE, CaseStatus
from spokes.models import Platform

PARTS = {"challenge": _("The challenge"), "approach": _("What was done"), "results": _("What came of it")}


class CaseStudy(models.Model):
    """What somebody tried, and what came of it: of a department of ours (`spoke`), or of another `organisation`.

    The three texts are Markdown, and their HTML is made when they are written. `contributors` are all who wrote any
    part: none of them publishes it. `author` is the credit where other names are due than theirs.
    """

    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    summary = models.CharField(
        _("summary"),
        max_length=400,
        blank=True,
        help_text=_("One or two sentences: what was tried, and what came of it."),
    )
    challenge = models.TextField(_("the challenge"), blank=True)
    challenge_html = models.TextField(editable=False, blank=True)
    approach = models.TextField(_("what was done"), blank=True)
    approach_html = models.TextField(editable=False, blank=True)
    results = models.TextField(_("what came of it"), blank=True)
    results_html = models.TextField(editable=False, blank=True)
    language = models.CharField(_("language"), max_length=12, default="en")
    topic = models.ForeignKey(
        "hub.Topic", models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("topic")
    )
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    playbooks = models.ManyToManyField(
        "playbooks.Playbook", blank=True, related_name="cases", verbose_name=_("playbooks used")
    )
    spoke = models.ForeignKey(
        "spokes.Spoke", models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("department")
    )
    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    source_url = models.URLField(_("source"), max_length=400, blank=True)
    licence = models.CharField(_("licence"), max_length=80, blank=True)
    author = models.CharField(_("credit"), max_length=200, blank=True)
    audiences = models.ManyToManyField(
        "auth.Group",
        blank=True,
        related_name="cases",
        verbose_name=_("audience"),
        help_text=_("Nobody chosen means everybody."),
    )
    status = models.CharField(
        _("state"), max_length=9, choices=CaseStatus.choices, default=CaseStatus.DRAFT, editable=False
    )
    lock = models.PositiveIntegerField(default=0, editable=False)
    form_token = models.UUIDField(null=True, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="created_cases", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    contributors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="contributed_cases", blank=True, editable=False
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="proposed_cases", editable=False
    )
    proposed_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="published_cases", editable=False
    )
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    retired_reason = models.CharField(max_length=400, blank=True, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case study")
        verbose_name_plural = _("case studies")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CaseStatus.values), name="playbooks_case_status_is_known"),
            models.CheckConstraint(
                condition=Q(spoke=None) | Q(organisation=""),
                name="playbooks_case_has_one_origin",
                violation_error_message=_("Name a department of ours, or another organisation: not both."),
            ),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("created_by")), name="playbooks_case_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(status__in=CASE_OPEN)
                | (Q(topic__isnull=False) & Q(year__isnull=False) & Q(published_at__isnull=False)),
                name="playbooks_case_for_readers_is_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-year", "title", "id"], name="playbooks_case_by_year"),
            models.Index(fields=["status", "title", "id"], name="playbooks_case_by_title"),
            models.Index(fields=["status", "-published_at"], name="playbooks_case_news"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("playbooks:case", args=[self.slug])

    @property
    def tone(self):
        return CASE_TONE[self.status]

    @property
    def is_open(self):
        return self.status in CASE_OPEN

    @property
    def is_external(self):
        return bool(self.organisation)

    @property
    def origin(self):
        """Whose experience it is, as the page names it."""
        return self.organisation or (self.spoke.name if self.spoke else "")

    @property
    def parts(self):
        """(anchor, heading, HTML) of the texts that there are."""
        found = ((name, heading, getattr(self, f"{name}_html")) for name, heading in PARTS.items())
        return [part for part in found if part[2]]


class CaseChannel(models.Model):
    """A platform that a case study is about."""

    case = models.ForeignKey("playbooks.CaseStudy", models.CASCADE, related_name="channels")
    platform = models.CharField(_("channel"), max_length=12, choices=Platform.choices)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["platform"]
        constraints = [models.UniqueConstraint(fields=["case", "platform"], name="playbooks_case_names_a_channel_once")]
        indexes = [models.Index(fields=["platform", "case"], name="playbooks_case_by_channel")]

    def __str__(self):
        return self.get_platform_display()


class CaseMeasure(models.Model):
    """One figure of a case study: what was counted, before and after. Figures are kept as their authors wrote them."""

    case = models.ForeignKey("playbooks.CaseStudy", models.CASCADE, related_name="measures")
    number = models.PositiveSmallIntegerField()
    what = models.CharField(_("what was measured"), max_length=120)
    before = models.CharField(_("before"), max_length=40, blank=True)
    after = models.CharField(_("after"), max_length=40)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    period = models.CharField(_("period"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="playbooks_case_measure_has_its_place")]

    def __str__(self):
        return f"{self.what}: {self.before} → {self.after}"
