from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from policies.decisions import Table
from policies.querysets import GuideCitationQuerySet, GuideGapQuerySet, GuideQuerySet


class Verdict(models.TextChoices):
    GREEN = "green", _("Yes, you may post it")
    AMBER = "amber", _("Ask before you post")
    RED = "red", _("No, do not post it")


VERDICT_TONE = {Verdict.GREEN: "good", Verdict.AMBER: "warn", Verdict.RED: "bad"}


class Guide(models.Model):
    """ "May I post this?": a few questions, and a decision table that answers them with the rules they rest on.

    `lock` counts saves, so that the second of two editors is told. `rows_made` counts every row there ever was, so that
    a row's key never comes to mean another one.
    """

    title = models.CharField(_("title"), max_length=120, help_text=_("As an employee would ask it."))
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    intro = models.CharField(
        _("introduction"), max_length=300, help_text=_("A sentence or two: what it is for, and what it is not for.")
    )
    language = models.CharField(_("language"), max_length=12, default="en")
    topic = models.ForeignKey("hub.Topic", models.PROTECT, related_name="guides", verbose_name=_("topic"))
    service = models.ForeignKey(
        "hub.Service",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="guides",
        verbose_name=_("service to ask for"),
        help_text=_("What a representative is led to when the answer is not a plain yes. A row may name another."),
    )
    audiences = models.ManyToManyField(
        "auth.Group",
        blank=True,
        related_name="guides",
        verbose_name=_("audience"),
        help_text=_("Nobody chosen means everybody."),
    )
    is_published = models.BooleanField(_("published"), default=False, editable=False)
    lock = models.PositiveIntegerField(default=0, editable=False)
    rows_made = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = GuideQuerySet.as_manager()

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")
        ordering = ["title"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("guides:guide", args=[self.slug])


class QuestionKind(models.TextChoices):
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("One of several")


YES_NO = [{"key": "yes", "label": _("Yes")}, {"key": "no", "label": _("No")}]


class GuideQuestion(models.Model):
    """One question. Its key, and those of its options, never change: addresses, rows and gaps are made of them."""

    guide = models.ForeignKey("policies.Guide", models.CASCADE, related_name="questions")
    key = models.SlugField(_("permanent key"), max_length=60)
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.CharField(_("question"), max_length=200)
    help = models.CharField(_("help"), max_length=500, blank=True)
    kind = models.CharField(_("kind"), max_length=6, choices=QuestionKind.choices, default=QuestionKind.YES_NO)
    choices = models.JSONField(default=list, blank=True, help_text=_('[{"key": "a", "label": "Words"}], for a choice'))

    class Meta:
        verbose_name = _("question of a guide")
        verbose_name_plural = _("questions of guides")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["guide", "key"], name="policies_guide_question_key_is_unique"),
            models.UniqueConstraint(fields=["guide", "number"], name="policies_guide_question_number_is_unique"),
        ]

    def __str__(self):
        return self.text

    @property
    def options(self):
        """Dicts with key and label, whatever the kind."""
        return YES_NO if self.kind == QuestionKind.YES_NO else self.choices

    def label_of(self, option):
        return next((str(one["label"]) for one in self.options if one["key"] == option), option)


class GuideRow(models.Model):
    """One row of the decision table.

    `conditions` map the keys of questions to the options at which the row fits; a question that is not named may have
    any answer. Rows of different verdicts never fit the same answers; of those of one verdict the first one speaks.
    """

    guide = models.ForeignKey("policies.Guide", models.CASCADE, related_name="rows")
    key = models.SlugField(_("permanent key"), max_length=20)
    number = models.PositiveSmallIntegerField(_("number"))
    conditions = models.JSONField(default=dict, blank=True)
    verdict = models.CharField(_("answer"), max_length=5, choices=Verdict.choices)
    reason = models.TextField(_("why"), blank=True, help_text=_("Markdown."))
    reason_html = models.TextField(editable=False, blank=True)
    wording = models.TextField(_("wording to copy"), blank=True)
    service = models.ForeignKey("hub.Service", models.PROTECT, null=True, blank=True, related_name="guide_rows")

    class Meta:
        verbose_name = _("row of a guide")
        verbose_name_plural = _("rows of guides")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["guide", "key"], name="policies_guide_row_key_is_unique"),
            models.UniqueConstraint(fields=["guide", "number"], name="policies_guide_row_number_is_unique"),
        ]

    def __str__(self):
        return f"{self.guide}, {self.key}"

    @property
    def tone(self):
        return VERDICT_TONE[self.verdict]


class GuideCitation(models.Model):
    """A row of a guide rests on a clause."""

    row = models.ForeignKey("policies.GuideRow", models.CASCADE, related_name="citations")
    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="guide_citations")
    clause_key = models.SlugField(max_length=80)
    number = models.PositiveSmallIntegerField()

    objects = GuideCitationQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["row", "policy", "clause_key"], name="policies_guide_cites_a_clause_once")
        ]
        indexes = [models.Index(fields=["policy", "clause_key"], name="policies_guide_by_clause")]

    def __str__(self):
        return f"{self.row} -> {self.policy_id}:{self.clause_key}"


class GuideCount(models.Model):
    """How often a row answered somebody on a day, and whom it answered is not kept. No row: nobody had written one."""

    guide = models.ForeignKey("policies.Guide", models.CASCADE, related_name="counts")
    row_key = models.SlugField(max_length=20, blank=True)
    verdict = models.CharField(max_length=5, choices=Verdict.choices, blank=True)
    day = models.DateField()
    number = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["guide", "row_key", "verdict", "day"], name="policies_one_count_a_day"),
            models.CheckConstraint(
                condition=Q(row_key="", verdict="") | ~Q(row_key="") & ~Q(verdict=""),
                name="policies_guide_count_has_row_and_verdict_or_neither",
            ),
        ]

    def __str__(self):
        return f"{self.guide}, {self.day}: {self.number}"


class GuideGap(models.Model):
    """Answers for which nobody has written a row: how often they were given, and when last. By whom is not kept."""

    guide = models.ForeignKey("policies.Guide", models.CASCADE, related_name="gaps")
    path = models.JSONField(help_text=_("question key -> option key, of what was asked"))
    path_hash = models.CharField(max_length=64)
    number = models.PositiveIntegerField(_("times"), default=0)
    last_on = models.DateField(_("last on"))
    is_open = models.BooleanField(default=True)

    objects = GuideGapQuerySet.as_manager()

    class Meta:
        ordering = ["-last_on", "-number"]
        constraints = [models.UniqueConstraint(fields=["guide", "path_hash"], name="policies_one_gap_per_path")]
        indexes = [models.Index(fields=["guide", "is_open", "-last_on"], name="policies_guide_gaps")]

    def __str__(self):
        return f"{self.guide}: {self.path}"


def table_of(questions, rows):
    """The decision table of GuideQuestions and GuideRows, stored or not."""
    return Table(
        [(question.key, [option["key"] for option in question.options]) for question in questions],
        [(row.conditions, row.verdict) for row in rows],
    )
