"""What keeps a library true: the word given on it, how often it is read, and who links to whom."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Verification(models.Model):
    """Somebody's word, given on a day, that a playbook is true until another. Rows are never changed.

    Publishing a revision gives that word too. On any day the last one given counts, so the share that was verified on
    a day of the past follows from these rows.
    """

    playbook = models.ForeignKey("playbooks.Playbook", models.CASCADE, related_name="verifications")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="verifications")
    given_on = models.DateField()
    until_on = models.DateField()

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        ordering = ["playbook", "given_on", "pk"]
        indexes = [models.Index(fields=["playbook", "given_on", "id"], name="playbooks_verification_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gt=F("given_on")), name="playbooks_word_holds_for_a_while")
        ]

    def __str__(self):
        return f"{self.playbook}, {self.given_on}"


class ReadCount(models.Model):
    """How often a playbook was read on a day, counted without the person."""

    playbook = models.ForeignKey("playbooks.Playbook", models.CASCADE, related_name="read_counts")
    day = models.DateField()
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["playbook", "day"], name="playbooks_one_read_count_a_day")]

    def __str__(self):
        return f"{self.playbook}, {self.day}: {self.number}"


class LinkHere(models.Model):
    """A text leads to a playbook: a section of another playbook, or a clause of a policy. Kept as texts change."""

    target = models.ForeignKey("playbooks.Playbook", models.CASCADE, related_name="links_here")
    playbook = models.ForeignKey("playbooks.Playbook", models.CASCADE, null=True, related_name="links_from_here")
    policy = models.ForeignKey("policies.Policy", models.CASCADE, null=True, related_name="playbook_links")
    part_key = models.SlugField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(playbook=None, policy__isnull=False) | Q(playbook__isnull=False, policy=None),
                name="playbooks_link_comes_from_one_text",
            ),
            models.UniqueConstraint(fields=["target", "playbook", "part_key"], name="playbooks_section_links_once"),
            models.UniqueConstraint(fields=["target", "policy", "part_key"], name="playbooks_clause_links_once"),
        ]

    def __str__(self):
        return f"{self.playbook or self.policy}#{self.part_key} -> {self.target}"
