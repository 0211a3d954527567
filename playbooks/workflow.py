"""The lives of a playbook revision and of a question."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RevisionStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")


class QuestionStatus(models.TextChoices):
    OPEN = "open", _("Waiting for an answer")
    ANSWERED = "answered", _("Answered")
    REQUESTED = "requested", _("Became a request")


REVISION_TRANSITIONS = {
    RevisionStatus.DRAFT: {RevisionStatus.IN_REVIEW},
    RevisionStatus.IN_REVIEW: {RevisionStatus.DRAFT, RevisionStatus.PUBLISHED},
    RevisionStatus.PUBLISHED: {RevisionStatus.SUPERSEDED},
    RevisionStatus.SUPERSEDED: set(),
}
REVISION_OWNER = {
    RevisionStatus.DRAFT: "editor",
    RevisionStatus.IN_REVIEW: "approver",
    RevisionStatus.PUBLISHED: "nobody",
    RevisionStatus.SUPERSEDED: "nobody",
}
REVISION_TONE = {
    RevisionStatus.DRAFT: "neutral",
    RevisionStatus.IN_REVIEW: "info",
    RevisionStatus.PUBLISHED: "good",
    RevisionStatus.SUPERSEDED: "neutral",
}

QUESTION_TRANSITIONS = {
    QuestionStatus.OPEN: {QuestionStatus.ANSWERED, QuestionStatus.REQUESTED},
    QuestionStatus.ANSWERED: {QuestionStatus.OPEN, QuestionStatus.REQUESTED},
    QuestionStatus.REQUESTED: set(),
}
QUESTION_OWNER = {
    QuestionStatus.OPEN: "hub",
    QuestionStatus.ANSWERED: "nobody",
    QuestionStatus.REQUESTED: "nobody",
}
QUESTION_TONE = {
    QuestionStatus.OPEN: "warn",
    QuestionStatus.ANSWERED: "good",
    QuestionStatus.REQUESTED: "info",
}

OPEN = [RevisionStatus.DRAFT, RevisionStatus.IN_REVIEW]
READABLE = [RevisionStatus.PUBLISHED, RevisionStatus.SUPERSEDED]
