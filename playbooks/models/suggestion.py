from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from playbooks.querysets import SuggestionQuerySet
from playbooks.workflow import SUGGESTION_TONE, SuggestionStatus


class Suggestion(models.Model):
    """A reader's better text for one section, and why.

    `base` is the revision she read when she wrote it, so that a later text of the section can be told apart from her
    change. Bodies hold no keys of steps; accepting it gives the steps theirs back. `taken_heading` and `taken_body`
    are what was accepted, which may be less than what was suggested. `form_token` is that of the page that saved it
    last: a second page of hers is told, and what is sent twice counts once.
    """

    playbook = models.ForeignKey("playbooks.Playbook", models.PROTECT, related_name="suggestions")
    section_key = models.SlugField(max_length=80)
    base = models.ForeignKey("playbooks.Revision", models.PROTECT, related_name="+")
    heading = models.CharField(_("heading"), max_length=250)
    body = models.TextField(_("text"), blank=True)
    reason = models.TextField(_("why"), blank=True)
    status = models.CharField(
        _("state"), max_length=10, choices=SuggestionStatus.choices, default=SuggestionStatus.DRAFT, editable=False
    )
    form_token = models.UUIDField(editable=False)
    suggested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="suggestions")
    started_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="decided_suggestions"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    accepted_into = models.ForeignKey(
        "playbooks.Revision", models.PROTECT, null=True, blank=True, related_name="suggestions"
    )
    taken_heading = models.CharField(max_length=250, blank=True)
    taken_body = models.TextField(blank=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["playbook", "section_key", "suggested_by"],
                condition=Q(status=SuggestionStatus.DRAFT),
                name="playbooks_one_draft_of_a_suggestion",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[SuggestionStatus.ACCEPTED, SuggestionStatus.DECLINED])
                & Q(decided_by__isnull=False, decided_at__isnull=False)
                | ~Q(status__in=[SuggestionStatus.ACCEPTED, SuggestionStatus.DECLINED])
                & Q(decided_by=None, decided_at=None),
                name="playbooks_a_decided_suggestion_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(status=SuggestionStatus.ACCEPTED, accepted_into__isnull=False)
                | ~Q(status=SuggestionStatus.ACCEPTED) & Q(accepted_into=None),
                name="playbooks_an_accepted_suggestion_is_in_a_revision",
            ),
            models.CheckConstraint(
                condition=~Q(status=SuggestionStatus.DECLINED) | ~Q(answer=""),
                name="playbooks_a_declined_suggestion_says_because",
            ),
        ]
        indexes = [models.Index(fields=["status", "sent_at"], name="playbooks_suggestion_queue")]

    def __str__(self):
        return f"{self.suggested_by} on {self.playbook}#{self.section_key}"

    def get_absolute_url(self):
        return reverse("playbooks:suggestion", args=[self.pk])

    @property
    def tone(self):
        return SUGGESTION_TONE[self.status]

    @property
    def is_draft(self):
        return self.status == SuggestionStatus.DRAFT

    @property
    def is_waiting(self):
        return self.status == SuggestionStatus.WAITING

    @property
    def is_withdrawn(self):
        return self.status == SuggestionStatus.WITHDRAWN

    @property
    def is_partly_taken(self):
        return self.status == SuggestionStatus.ACCEPTED and (self.taken_heading, self.taken_body) != (
            self.heading,
            self.body,
        )
