from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.querysets import ServiceQuerySet


class Mode(models.TextChoices):
    """How the hub helps. It assists; it does not direct."""

    ADVISE = "advise", _("Advise")
    REVIEW = "review", _("Review")
    CO_CREATE = "co-create", _("Co-create")
    TRAIN = "train", _("Train")
    LEND_HANDS = "lend-hands", _("Lend hands")
    DECIDE_IF_ASKED = "decide-if-asked", _("Decide if asked")


class Service(models.Model):
    """Something the hub does for departments, with its promise in hours of the calendar it names."""

    title = models.CharField(_("title"), max_length=120)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    summary = models.CharField(_("summary"), max_length=250)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown."))
    description_html = models.TextField(editable=False, blank=True)
    mode = models.CharField(_("how we help"), max_length=16, choices=Mode.choices)
    calendar = models.ForeignKey(
        "hub.WorkCalendar", models.PROTECT, related_name="services", verbose_name=_("calendar")
    )
    first_answer_hours = models.DecimalField(_("first answer within (working hours)"), max_digits=6, decimal_places=2)
    delivery_hours = models.DecimalField(_("delivered within (working hours)"), max_digits=6, decimal_places=2)
    topic = models.ForeignKey("hub.Topic", models.PROTECT, related_name="services", verbose_name=_("topic"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_services", verbose_name=_("owner")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_offered = models.BooleanField(_("offered"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["order", "title"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_answer_hours__gt=0) & models.Q(delivery_hours__gt=0),
                name="hub_service_promises_are_positive",
            ),
        ]

    def __str__(self):
        return self.title
