from collections import Counter

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from hub.models import PartChange, Role
from hub.significance import first_word
from policies import clock
from policies.querysets import ClauseQuerySet, VersionQuerySet
from policies.significance import Significance
from policies.workflow import OPEN, READABLE, TONE, Status


def group_name(group):
    """A group as people read it: the name of the department or the role that owns it."""
    if hasattr(group, "spoke"):
        return group.spoke.name
    kind, _colon, role = group.name.partition(":")
    return str(dict(Role.choices).get(role, group.name)) if kind == "role" else group.name


def group_names(groups):
    """{id: its name} of groups; where several of them have one name, each with what only it has, as departments of
    two countries may be called the same."""
    named = {group.pk: (group_name(group), group) for group in groups}
    counts = Counter(name.casefold() for name, _group in named.values())
    return {
        pk: f"{name} ({group.spoke.slug if hasattr(group, 'spoke') else group.name})"
        if counts[name.casefold()] > 1
        else name
        for pk, (name, group) in named.items()
    }


class Force(models.TextChoices):
    MUST = "must", _("Must")
    SHOULD = "should", _("Should")
    MAY = "may", _("May")


class WithdrawalReason(models.TextChoices):
    IN_ERROR = "in_error", _("Published in error")
    MERGED = "merged", _("Merged into another policy")
    OBSOLETE = "obsolete", _("No longer applies")


class PolicyVersion(models.Model):
    """One text of a policy. Once published it never changes; `content_hash` proves it.

    `material_number` is the number of the newest material version up to this one; which signatures hold for it says
    `Reach`. `baseline_number` is that of the version it was compared with: the one readers had before, none that was
    withdrawn as published in error. `lock` counts saves, so that the second of two editors is told.
    """

    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("number"))
    status = models.CharField(_("state"), max_length=12, choices=Status.choices, default=Status.DRAFT, editable=False)
    significance = models.CharField(
        _("significance"), max_length=12, choices=Significance.choices, default=Significance.MATERIAL
    )
    material_number = models.PositiveSmallIntegerField(default=1, editable=False)
    baseline_number = models.PositiveSmallIntegerField(null=True, editable=False)
    change_note = models.TextField(
        _("what changed and why"), blank=True, help_text=_("Plain words. Readers see this beside the new version.")
    )
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    lock = models.PositiveIntegerField(default=0, editable=False)

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="created_versions")
    created_at = models.DateTimeField()
    contributors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="contributed_versions", blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="submitted_versions"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="approved_versions"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="published_versions"
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    publish_on = models.DateField(_("publish on"), null=True, blank=True)
    effective_on = models.DateField(_("in force from"), null=True, blank=True)
    superseded_on = models.DateField(_("in force until"), null=True, blank=True)
    unapproved_reason = models.TextField(_("why it was published without approval"), blank=True)
    looked_at_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="looked_at_versions"
    )
    withdrawal_reason = models.CharField(max_length=10, choices=WithdrawalReason.choices, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    withdrawn_into = models.ForeignKey("policies.Policy", models.PROTECT, null=True, blank=True, related_name="+")

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policies_version_number_is_unique"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(status=Status.IN_FORCE), name="policies_one_version_in_force"
            ),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(status=Status.ANNOUNCED), name="policies_at_most_one_version_announced"
            ),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(status__in=OPEN), name="policies_at_most_one_version_open"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=READABLE)
                | (Q(published_at__isnull=False) & Q(effective_on__isnull=False) & ~Q(content_hash="")),
                name="policies_published_version_is_dated_and_hashed",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("submitted_by")), name="policies_four_eyes"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "publish_on"], name="policies_version_due"),
            models.Index(fields=["status", "-published_at"], name="policies_version_news"),
        ]

    def __str__(self):
        return f"{self.policy} v{self.number}"

    def get_absolute_url(self):
        return f"/policies/{self.policy.slug}/versions/{self.number}/"

    @property
    def tone(self):
        return TONE[self.status]

    @property
    def significance_word(self):
        return first_word(self.get_significance_display())

    @property
    def since_words(self):
        """What stands before its effective date, by the dates alone."""
        if self.superseded_on or self.status == Status.WITHDRAWN:
            return _("in force from")
        return _("in force since") if self.effective_on <= clock.today() else _("binds from")

    @property
    def is_open(self):
        return self.status in OPEN


class Clause(models.Model):
    """One rule of a version. Its key never changes across versions, so it can be linked, compared and cited.

    Its `audiences` narrow the policy's own: the clause binds whoever is in one of them, of those the policy is for.
    All who may read the policy read it.
    """

    version = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="clauses")
    key = models.SlugField(_("permanent key"), max_length=80)
    number = models.PositiveSmallIntegerField(_("number"))
    force = models.CharField(_("force"), max_length=6, choices=Force.choices, default=Force.MUST)
    heading = models.CharField(_("heading"), max_length=250)
    body = models.TextField(_("text"), help_text=_("Markdown."))
    html = models.TextField(editable=False)
    content_hash = models.CharField(max_length=64, editable=False)
    audiences = models.ManyToManyField(
        "auth.Group",
        through="policies.ClauseAudience",
        related_name="clauses",
        blank=True,
        verbose_name=_("applies to"),
        help_text=_("Nobody chosen means everybody the policy is for."),
    )

    objects = ClauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="policies_clause_key_is_unique_in_version"),
            models.UniqueConstraint(fields=["version", "number"], name="policies_clause_number_is_unique_in_version"),
        ]
        indexes = [models.Index(fields=["key"], name="policies_clause_by_key")]

    def __str__(self):
        return f"{self.number}. {self.heading}"

    @property
    def anchor(self):
        return f"c-{self.key}"

    @cached_property
    def groups(self):
        """Whom it is addressed to, in a fixed order; none means all the policy is for. Read `with_groups`."""
        return sorted(self.audiences.all(), key=lambda group: group.pk) if self.pk else []

    @cached_property
    def audience_names(self):
        return sorted(group_name(group) for group in self.groups)


class ClauseAudience(models.Model):
    """A group that a clause is addressed to. What is published never changes, so the group stays."""

    clause = models.ForeignKey(Clause, models.CASCADE, related_name="+")
    group = models.ForeignKey("auth.Group", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("audience of a clause")
        verbose_name_plural = _("audiences of clauses")
        constraints = [models.UniqueConstraint(fields=["clause", "group"], name="policies_clause_names_a_group_once")]

    def __str__(self):
        return f"{self.clause}: {self.group}"


class Reach(models.Model):
    """A signature of the version `signed` holds for `version` too, but for people in one of the groups `asks_again`.

    Without such a row it holds for nobody. Written as the version is (`policies.actions.reach`), for both directions:
    whoever signs a version early need not sign the one before it, where nothing that binds her differs.
    """

    version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="reached_by")
    signed = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="reaches")
    asks_again = models.ManyToManyField("auth.Group", related_name="+")

    class Meta:
        verbose_name = _("reach of a signature")
        verbose_name_plural = _("reaches of signatures")
        constraints = [
            models.UniqueConstraint(fields=["version", "signed"], name="policies_one_reach_of_a_version_to_another")
        ]

    def __str__(self):
        return f"{self.signed} for {self.version}"


class ClauseChange(PartChange):
    """What became of one clause since the version readers had before, and how far-reaching that is.

    `proposed` and `floor` follow from the texts (`policies.significance`); `significance` is the editor's, for those
    it bound already. Whom it did not bind and does now (`binds_more`) is asked to sign in any case.
    """

    version = models.ForeignKey("policies.PolicyVersion", models.CASCADE, related_name="clause_changes")
    proposed = models.CharField(max_length=12, choices=Significance.choices)
    floor = models.CharField(max_length=12, choices=Significance.choices)
    significance = models.CharField(_("significance"), max_length=12, choices=Significance.choices)
    content_hash = models.CharField(max_length=64, blank=True, help_text=_("Of the clause it was judged by."))
    binds_more = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("change of a clause")
        verbose_name_plural = _("changes of clauses")
        ordering = ["number", "key"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="policies_a_clause_changes_once_in_a_version"),
            models.CheckConstraint(
                condition=Q(floor=Significance.EDITORIAL) | ~Q(significance=Significance.EDITORIAL),
                name="policies_a_change_of_the_rule_is_never_editorial",
            ),
        ]

    def __str__(self):
        return f"{self.version}: {self.key}"
