from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hub.models import PartChange
from hub.significance import first_word
from playbooks.querysets import RevisionQuerySet
from playbooks.significance import Significance
from playbooks.workflow import OPEN, REVISION_TONE, RevisionStatus


class Revision(models.Model):
    """One text of a playbook. `lock` counts saves, so that the second of two editors is told.

    `cites` is what its sections rest on, as [section key, policy id, clause key]; it becomes the playbook's citations
    when the revision is published.
    """

    playbook = models.ForeignKey("playbooks.Playbook", models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField(_("number"))
    status = models.CharField(
        _("state"), max_length=12, choices=RevisionStatus.choices, default=RevisionStatus.DRAFT, editable=False
    )
    significance = models.CharField(
        _("significance"), max_length=12, choices=Significance.choices, default=Significance.MATERIAL
    )
    change_note = models.TextField(_("what changed and why"), blank=True)
    cites = models.JSONField(default=list, blank=True, editable=False)
    lock = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="created_revisions")
    created_at = models.DateTimeField()
    contributors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="contributed_revisions", blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="submitted_revisions"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="approved_revisions"
    )
    published_at = models.DateTimeField(null=True, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["playbook", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["playbook", "number"], name="playbooks_revision_number_is_unique"),
            models.UniqueConstraint(
                fields=["playbook"], condition=Q(status="published"), name="playbooks_one_revision_published"
            ),
            models.UniqueConstraint(
                fields=["playbook"], condition=Q(status__in=OPEN), name="playbooks_at_most_one_revision_open"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("submitted_by")), name="playbooks_four_eyes"
            ),
        ]
        indexes = [models.Index(fields=["status", "-published_at"], name="playbooks_revision_news")]

    def __str__(self):
        return f"{self.playbook} r{self.number}"

    def get_absolute_url(self):
        return reverse("playbooks:revision", args=[self.playbook.slug, self.number])

    @property
    def tone(self):
        return REVISION_TONE[self.status]

    @property
    def significance_word(self):
        return first_word(self.get_significance_display())

    @property
    def is_open(self):
        return self.status in OPEN


class Section(models.Model):
    """A part of a revision under a heading; its key never changes across revisions.

    `body` is Markdown in which a line "- [ ] Do this {#key}" is a step of the checklist, in its place. `html` and the
    `steps` are made from it when it is written.
    """

    revision = models.ForeignKey("playbooks.Revision", models.CASCADE, related_name="sections")
    key = models.SlugField(_("permanent key"), max_length=80)
    number = models.PositiveSmallIntegerField(_("number"))
    heading = models.CharField(_("heading"), max_length=250)
    body = models.TextField(_("text"), blank=True, help_text=_("Markdown."))
    html = models.TextField(editable=False)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "key"], name="playbooks_section_key_is_unique"),
            models.UniqueConstraint(fields=["revision", "number"], name="playbooks_section_number_is_unique"),
        ]

    def __str__(self):
        return self.heading

    @property
    def anchor(self):
        return f"s-{self.key}"


class SectionChange(PartChange):
    """What became of one section since the revision readers had before."""

    revision = models.ForeignKey("playbooks.Revision", models.CASCADE, related_name="section_changes")
    proposed = models.CharField(max_length=12, choices=Significance.choices)
    floor = models.CharField(max_length=12, choices=Significance.choices)
    significance = models.CharField(_("significance"), max_length=12, choices=Significance.choices)
    content_hash = models.CharField(max_length=64, blank=True, help_text=_("Of the section it was judged by."))

    class Meta:
        verbose_name = _("change of a section")
        verbose_name_plural = _("changes of sections")
        ordering = ["number", "key"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "key"], name="playbooks_a_section_changes_once_in_a_revision"),
            models.CheckConstraint(
                condition=Q(floor=Significance.EDITORIAL) | ~Q(significance=Significance.EDITORIAL),
                name="playbooks_a_change_of_the_advice_is_never_editorial",
            ),
        ]

    def __str__(self):
        return f"{self.revision}: {self.key}"


class Step(models.Model):
    """One line of a section's checklist."""

    section = models.ForeignKey("playbooks.Section", models.CASCADE, related_name="steps")
    key = models.SlugField(max_length=80)
    number = models.PositiveSmallIntegerField()
    text = models.CharField(_("step"), max_length=500)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="playbooks_step_key_is_unique")]

    def __str__(self):
        return self.text


class Citation(models.Model):
    """A playbook's section rests on a policy's clause. Permanent keys on both sides, so it outlives versions."""

    playbook = models.ForeignKey("playbooks.Playbook", models.CASCADE, related_name="citations")
    section_key = models.SlugField(max_length=80)
    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="playbook_citations")
    clause_key = models.SlugField(max_length=80)

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        constraints = [
            models.UniqueConstraint(
                fields=["playbook", "section_key", "policy", "clause_key"], name="playbooks_citation_is_made_once"
            )
        ]
        indexes = [models.Index(fields=["policy", "clause_key"], name="playbooks_citation_by_clause")]

    def __str__(self):
        return f"{self.playbook}#{self.section_key} -> {self.policy}#{self.clause_key}"
