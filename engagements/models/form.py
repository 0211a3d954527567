from django.db import models
from django.utils.translation import gettext_lazy as _


class QuestionType(models.TextChoices):
    SHORT_TEXT = "short_text", _("Short answer")
    LONG_TEXT = "long_text", _("Long answer")
    CHOICE = "choice", _("One of several")
    SEVERAL = "several", _("Any of several")
    YES_NO = "yes_no", _("Yes or no")
    DATE = "date", _("Date")
    DATE_RANGE = "date_range", _("From date to date")
    NUMBER = "number", _("Number")
    MONEY = "money", _("Amount of money")
    URL = "url", _("Web address")
    EMAIL = "email", _("E-mail address")
    ACCOUNT = "account", _("Account from the register")
    DEPARTMENT = "department", _("Department")
    PERSON = "person", _("Person")


class FormQuestion(models.Model):
    """One question on a service's form. `shown_if` is {"question": key, "is": [values]} over an earlier question."""

    service = models.ForeignKey("hub.Service", models.CASCADE, related_name="questions")
    key = models.SlugField(_("permanent key"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"))
    label = models.CharField(_("question"), max_length=200)
    help = models.CharField(_("help"), max_length=400, blank=True)
    example = models.CharField(_("example"), max_length=200, blank=True)
    type = models.CharField(_("kind of answer"), max_length=12, choices=QuestionType.choices)
    required = models.BooleanField(_("must be answered"), default=False)
    choices = models.JSONField(
        _("choices"), default=list, blank=True, help_text=_('[{"value": "a", "label": "Words"}]')
    )
    shown_if = models.JSONField(_("shown if"), null=True, blank=True)
    max_length = models.PositiveIntegerField(_("longest answer (characters)"), null=True, blank=True)

    class Meta:
        verbose_name = _("question on the form")
        verbose_name_plural = _("questions on the form")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["service", "key"], name="engagements_question_key_is_unique")]

    def __str__(self):
        return self.label
