"""What is known about a playbook beside its text, and what a new one can begin from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from spokes.models import Platform


class Goal(models.Model):
    """What somebody wants to reach who opens a playbook. Staff keep the list; readers filter the library by it."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.SlugField(_("address"), max_length=40, unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ["order", "name"]

    def __str__(self):
        return self.name


class Tag(models.Model):
    """A word that staff put on playbooks, beside the topic."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    slug = models.SlugField(max_length=50, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self):
        return self.name


class PlaybookPlatform(models.Model):
    """A playbook is for accounts on a platform of the register."""

    playbook = models.ForeignKey("playbooks.Playbook", models.CASCADE, related_name="platforms")
    platform = models.CharField(_("platform"), max_length=12, choices=Platform.choices)

    class Meta:
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")
        ordering = ["platform"]
        constraints = [
            models.UniqueConstraint(fields=["playbook", "platform"], name="playbooks_platform_is_named_once")
        ]
        indexes = [models.Index(fields=["platform"], name="playbooks_by_platform")]

    def __str__(self):
        return self.get_platform_display()


class PlaybookTemplate(models.Model):
    """What the first draft of a new playbook can begin as. `text` is Markdown; each "## Heading" begins a section."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    summary = models.CharField(_("when to use it"), max_length=250)
    text = models.TextField(_("text"), help_text=_("Markdown. A line “## Heading” begins a section."))
    is_offered = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ["name"]

    def __str__(self):
        return self.name
