from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from playbooks.querysets import AnswerQuerySet, QuestionQuerySet
from playbooks.workflow import QUESTION_TONE, QuestionStatus

from .moderation import Hideable


class Question(Hideable):
    """What somebody asked the hub, kept so that the next person finds the answer.

    `audiences` is the audience of what the question is about, copied when it was asked: a question on a policy for
    Finance is not read by everybody. Should that audience narrow later, the question follows (see `for_audience_of`).
    `asked_for` is the asker's home on that day; its representatives may answer too.
    """

    title = models.CharField(_("question"), max_length=200)
    body = models.TextField(_("details"), blank=True)
    body_html = models.TextField(editable=False, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="questions")
    asked_for = models.ForeignKey("spokes.Spoke", models.PROTECT, null=True, related_name="questions")
    asked_at = models.DateTimeField()
    topic = models.ForeignKey("hub.Topic", models.PROTECT, null=True, blank=True, related_name="questions")
    policy = models.ForeignKey("policies.Policy", models.PROTECT, null=True, blank=True, related_name="questions")
    clause_key = models.SlugField(max_length=80, blank=True)
    playbook = models.ForeignKey("playbooks.Playbook", models.PROTECT, null=True, blank=True, related_name="questions")
    service = models.ForeignKey("hub.Service", models.PROTECT, null=True, blank=True, related_name="asked_questions")
    audiences = models.ManyToManyField("auth.Group", blank=True, related_name="+")
    status = models.CharField(
        _("state"), max_length=10, choices=QuestionStatus.choices, default=QuestionStatus.OPEN, editable=False
    )
    form_token = models.UUIDField(null=True, unique=True, editable=False)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["-asked_at"]
        constraints = [*Hideable.Meta.constraints]
        indexes = [models.Index(fields=["status", "-asked_at"], name="playbooks_question_queue")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("playbooks:question", args=[self.pk])

    @property
    def tone(self):
        return QUESTION_TONE[self.status]

    @property
    def author(self):
        return self.asked_by

    @property
    def about(self):
        """The policy, playbook or service that the question is about, or None."""
        return self.policy or self.playbook or self.service


class Answer(Hideable):
    question = models.ForeignKey("playbooks.Question", models.CASCADE, related_name="answers")
    body = models.TextField(_("answer"))
    body_html = models.TextField(editable=False)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="answers")
    answered_at = models.DateTimeField()
    is_accepted = models.BooleanField(_("this answers it"), default=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-is_accepted", "answered_at"]
        constraints = [
            *Hideable.Meta.constraints,
            models.UniqueConstraint(
                fields=["question"],
                condition=models.Q(is_accepted=True),
                name="playbooks_one_accepted_answer",
            ),
        ]

    def __str__(self):
        return f"Answer to {self.question}"

    def get_absolute_url(self):
        return f"{self.question.get_absolute_url()}#answer-{self.pk}"

    @property
    def author(self):
        return self.answered_by
