from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.querysets import OutboxQuerySet


class OutboxMessage(models.Model):
    """One message the portal means to send, once.

    Written in the same transaction as its cause. The key (address, kind, about, period) is what makes a job that runs
    twice, or two beats, post one message. `about` names the object ("policies.policy:12"), `period` the due date or
    week it is for, or nothing for what happens once.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        KEPT = "kept", _("kept, not sent")
        DROPPED = "dropped", _("no longer true, not sent")
        GIVEN_UP = "given_up", _("given up")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    to_address = models.EmailField(_("to"))
    kind = models.CharField(_("kind"), max_length=40)
    about = models.CharField(_("about"), max_length=80, blank=True)
    period = models.CharField(_("for"), max_length=40, blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=36, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("outbox")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["not_before"], condition=models.Q(state__in=["waiting", "sending"]), name="hub_outbox_due"
            ),
            models.Index(fields=["-created_at", "-id"], name="hub_outbox_newest"),
            models.Index(fields=["recipient", "-created_at"], name="hub_outbox_by_person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["to_address", "kind", "about", "period"], name="hub_outbox_once"),
        ]

    def __str__(self):
        return f"{self.subject} -> {self.to_address}"


class Preference(models.Model):
    """How a person wants one kind of reminder; no row means the kind's own default."""

    class Choice(models.TextChoices):
        OFF = "off", _("Off")
        LETTER = "letter", _("In the weekly letter")
        MAIL = "mail", _("By mail at once")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=40)
    choice = models.CharField(max_length=8, choices=Choice.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="hub_preference_one_per_kind")]

    def __str__(self):
        return f"{self.person}: {self.kind} {self.choice}"
