from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from playbooks.querysets import PlaybookQuerySet, faded_before
from policies import clock


class Difficulty(models.TextChoices):
    EASY = "easy", _("Easy")
    MEDIUM = "medium", _("Takes some practice")
    HARD = "hard", _("Ask for help the first time")


class Playbook(models.Model):
    """How to do one thing well, over all its revisions. `current` is the one readers get."""

    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    summary = models.CharField(
        _("summary"), max_length=400, help_text=_("One or two sentences: when to use it, and what you get.")
    )
    language = models.CharField(_("language"), max_length=12, default="en")
    topic = models.ForeignKey("hub.Topic", models.PROTECT, related_name="playbooks", verbose_name=_("topic"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_playbooks", verbose_name=_("owner")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deputised_playbooks",
        verbose_name=_("deputy"),
    )
    audiences = models.ManyToManyField(
        "auth.Group",
        blank=True,
        related_name="playbooks",
        verbose_name=_("audience"),
        help_text=_("Nobody chosen means everybody."),
    )
    services = models.ManyToManyField(
        "hub.Service", blank=True, related_name="playbooks", verbose_name=_("goes with these services")
    )
    goal = models.ForeignKey(
        "playbooks.Goal", models.PROTECT, null=True, blank=True, related_name="playbooks", verbose_name=_("goal")
    )
    tags = models.ManyToManyField("playbooks.Tag", blank=True, related_name="playbooks", verbose_name=_("tags"))
    related = models.ManyToManyField("self", blank=True, verbose_name=_("related playbooks"))
    minutes = models.PositiveSmallIntegerField(_("takes about (minutes)"), default=30)
    difficulty = models.CharField(_("difficulty"), max_length=8, choices=Difficulty.choices, default=Difficulty.EASY)
    verify_months = models.PositiveSmallIntegerField(
        _("verify every (months)"), null=True, blank=True, help_text=_("Left empty: as often as its topic says.")
    )
    verified_until = models.DateField(_("verified until"), null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="verified_playbooks"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    current = models.ForeignKey(
        "playbooks.Revision", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    helpful = models.PositiveIntegerField(default=0, editable=False)
    unhelpful = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PlaybookQuerySet.as_manager()

    class Meta:
        verbose_name = _("playbook")
        verbose_name_plural = _("playbooks")
        ordering = ["title"]
        indexes = [
            models.Index(fields=["title", "id"], name="playbooks_playbook_by_title"),
            models.Index(fields=["verified_until"], name="playbooks_playbook_verify"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/playbooks/{self.slug}/"

    def section_url(self, key):
        """The permanent address of a section, whatever revision is shown there."""
        return f"{self.get_absolute_url()}#s-{key}"

    @property
    def duration(self):
        """How long it takes, in words."""
        if self.minutes < 120:
            return ngettext("%(n)d minute", "%(n)d minutes", self.minutes) % {"n": self.minutes}
        hours = round(self.minutes / 60)
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}

    @property
    def interval(self):
        """Months for which the word holds that it is true: its own, else its topic's."""
        return self.verify_months or self.topic.look_again_months

    @property
    def is_verified(self):
        """Whether the owner's word still holds today."""
        return self.verified_until is not None and self.verified_until >= clock.today()

    @property
    def is_faded(self):
        """Whether its word has run out for so long that the usual lists leave it out."""
        return self.verified_until is None or self.verified_until < faded_before()
