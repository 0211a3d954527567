import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from engagements.querysets import RequestQuerySet
from engagements.workflow import EVENTS, OPEN, TONE, Outcome, Side, Status
from hub.models import Mode


class EngagementRequest(models.Model):
    """A department asks the hub for a service. Its number is its primary key.

    `form` is the questions as they were when it was filed, `answers` maps question key to value (see
    `engagements.answers`). `form_token` comes with the page, so that one form sent twice makes one request.
    `next_due_at` is the promise that ends next, `next_risk_at` the instant from which it is at risk; both are nothing
    while the department owns the state. `promised_from` is when the promises began: when it was filed, or reopened.
    `question` is the question it was made from.
    """

    service = models.ForeignKey("hub.Service", models.PROTECT, related_name="requests", verbose_name=_("service"))
    spoke = models.ForeignKey("spokes.Spoke", models.PROTECT, related_name="requests", verbose_name=_("department"))
    # A draft has a department from its first letter on, whether its author has chosen one yet or not.
    spoke_is_chosen = models.BooleanField(default=True, editable=False)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="requests", verbose_name=_("asked by")
    )
    title = models.CharField(_("title"), max_length=160, blank=True)
    form = models.JSONField(default=list)
    answers = models.JSONField(default=dict)
    form_token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    status = models.CharField(_("state"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, blank=True)
    outcome_summary = models.TextField(_("what came of it"), blank=True)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")
    mode = models.CharField(_("how we help"), max_length=16, choices=Mode.choices, blank=True)
    exit_criterion = models.TextField(_("what your team will do alone afterwards"), blank=True)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    urgent_reason = models.CharField(_("why it is urgent"), max_length=250, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_requests",
        verbose_name=_("looked after by"),
    )
    accounts = models.ManyToManyField("spokes.SocialAccount", blank=True, related_name="requests")
    playbooks = models.ManyToManyField("playbooks.Playbook", blank=True, related_name="requests")
    question = models.OneToOneField(
        "playbooks.Question", models.PROTECT, null=True, blank=True, related_name="request", editable=False
    )

    created_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(_("sent"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    first_answered_at = models.DateTimeField(_("first answered"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    first_answer_due_at = models.DateTimeField(_("first answer due"), null=True, blank=True)
    delivery_due_at = models.DateTimeField(_("delivery due"), null=True, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    next_risk_at = models.DateTimeField(null=True, blank=True)
    promised_from = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(_("put aside until"), null=True, blank=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-submitted_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="engagements_request_status_is_known"),
            models.CheckConstraint(
                condition=(Q(status=Status.CLOSED) & ~Q(outcome="")) | (~Q(status=Status.CLOSED) & Q(outcome="")),
                name="engagements_request_closes_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT) | Q(submitted_at__isnull=False),
                name="engagements_filed_request_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.DUPLICATE) | Q(duplicate_of__isnull=False),
                name="engagements_duplicate_names_its_original",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-is_urgent", "next_due_at", "id"], condition=Q(status__in=OPEN), name="engagements_queue"
            ),
            models.Index(fields=["next_risk_at"], condition=Q(next_risk_at__isnull=False), name="engagements_at_risk"),
            models.Index(fields=["status", "-submitted_at"], name="engagements_by_status"),
            models.Index(fields=["spoke", "-submitted_at", "-id"], name="engagements_by_spoke"),
            models.Index(fields=["requester", "-submitted_at", "-id"], name="engagements_by_requester"),
            models.Index(fields=["assignee", "status"], name="engagements_by_assignee"),
            models.Index(fields=["service", "status"], name="engagements_by_service"),
            models.Index(fields=["-submitted_at", "-id"], name="engagements_newest"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.title}"

    def get_absolute_url(self):
        return f"/requests/{self.pk}/"

    @property
    def keeper(self):
        """Whoever looks after it, or looked after it until it was closed; None for nobody.

        Who has left the hub looks after nothing any more, though the row still names her.
        """
        stays = self.assignee_id and (self.status == Status.CLOSED or self.assignee.is_coe_staff)
        return self.assignee if stays else None

    @property
    def tone(self):
        return TONE[self.status]


class Entry(models.Model):
    """One line of a request's conversation: a message, a private note of the staff, or something that happened."""

    class Kind(models.TextChoices):
        MESSAGE = "message", _("message")
        NOTE = "note", _("private note")
        EVENT = "event", _("event")

    request = models.ForeignKey("engagements.EngagementRequest", models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="request_entries")
    at = models.DateTimeField()
    verb = models.CharField(max_length=30, blank=True)
    body = models.TextField(blank=True)
    html = models.TextField(blank=True, editable=False)
    form_token = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("conversation")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["request", "at", "id"], name="engagements_conversation")]

    def __str__(self):
        return f"{self.get_kind_display()} on #{self.request_id}"

    @property
    def words(self):
        """What happened, for an event; blank for what somebody wrote."""
        return EVENTS.get(self.verb, "") if self.kind == self.Kind.EVENT else ""


class ClockSegment(models.Model):
    """A stretch of time with one side; the open one has no end. `working_seconds` is counted when it ends."""

    request = models.ForeignKey("engagements.EngagementRequest", models.CASCADE, related_name="segments")
    side = models.CharField(max_length=10, choices=Side.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    working_seconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(ended_at=None), name="engagements_one_running_clock"
            ),
        ]

    def __str__(self):
        return f"#{self.request_id} with {self.side}"


class Citation(models.Model):
    """A request refers to a policy's clause, by its permanent key."""

    request = models.ForeignKey("engagements.EngagementRequest", models.CASCADE, related_name="citations")
    policy = models.ForeignKey("policies.Policy", models.PROTECT, related_name="request_citations")
    clause_key = models.SlugField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "policy", "clause_key"], name="engagements_clause_is_cited_once")
        ]
        indexes = [models.Index(fields=["policy", "clause_key"], name="engagements_citation_by_clause")]

    def __str__(self):
        return f"#{self.request_id} -> {self.policy}#{self.clause_key}"
