"""What people look for, counted without them, and what they did not find."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SearchGap(models.Model):
    """Something people looked for and did not find: one or several wordings, until the hub has settled it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")
        SET_ASIDE = "set_aside", _("set aside")

    title = models.CharField(_("what is looked for"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    # What answers it, as search knows it.
    answer_kind = models.CharField(max_length=32, blank=True)
    answer_id = models.BigIntegerField(null=True, blank=True)
    answer_title = models.CharField(_("answer"), max_length=300, blank=True)
    answer_url = models.CharField(_("address of the answer"), max_length=500, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="settled_gaps"
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("search gap")
        verbose_name_plural = _("search gaps")
        indexes = [models.Index(fields=["answer_kind", "answer_id"], name="hub_searchgap_by_answer")]
        constraints = [
            models.CheckConstraint(
                name="hub_searchgap_answered_names_an_answer",
                condition=~models.Q(state="answered") | ~models.Q(answer_url=""),
            ),
        ]

    def __str__(self):
        return self.title


class SearchCount(models.Model):
    """One wording, however often it was typed and by whomever. `key` is the same for the same words in any order."""

    key = models.CharField(max_length=300, unique=True)
    text = models.CharField(_("words"), max_length=200)
    asked = models.PositiveIntegerField(_("searches"), default=0)
    not_found = models.PositiveIntegerField(_("without an answer"), default=0)
    opened = models.PositiveIntegerField(_("results opened"), default=0)
    last_on = models.DateField(_("last searched"))
    gap = models.ForeignKey(SearchGap, models.SET_NULL, null=True, blank=True, related_name="wordings")

    class Meta:
        ordering = ["-not_found", "text"]
        verbose_name = _("search")
        verbose_name_plural = _("searches")

    def __str__(self):
        return self.text


class SearchWish(models.Model):
    """Somebody asked to be told once there is an answer."""

    gap = models.ForeignKey(SearchGap, models.CASCADE, related_name="wishes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="search_wishes")
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("wish to be told")
        verbose_name_plural = _("wishes to be told")
        constraints = [models.UniqueConstraint(fields=["gap", "person"], name="hub_searchwish_one_a_person")]

    def __str__(self):
        return f"{self.gap}: {self.person}"
