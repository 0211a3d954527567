"""The lives of a playbook revision, a question, a suggestion, a run, an adaptation and a case study."""

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


class RunStatus(models.TextChoices):
    ACTIVE = "active", _("Running")
    FINISHED = "finished", _("Finished")
    ABANDONED = "abandoned", _("Given up")


class AdaptationStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class SuggestionStatus(models.TextChoices):
    DRAFT = "draft", _("Being written")
    WAITING = "waiting", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


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

ADAPTATION_TRANSITIONS = {
    AdaptationStatus.DRAFT: {AdaptationStatus.PUBLISHED, AdaptationStatus.RETIRED},
    AdaptationStatus.PUBLISHED: {AdaptationStatus.RETIRED},
    AdaptationStatus.RETIRED: {AdaptationStatus.PUBLISHED},
}
ADAPTATION_OWNER = {
    AdaptationStatus.DRAFT: "representative",
    AdaptationStatus.PUBLISHED: "representative",
    AdaptationStatus.RETIRED: "nobody",
}
ADAPTATION_TONE = {
    AdaptationStatus.DRAFT: "neutral",
    AdaptationStatus.PUBLISHED: "good",
    AdaptationStatus.RETIRED: "neutral",
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

RUN_TRANSITIONS = {
    RunStatus.ACTIVE: {RunStatus.FINISHED, RunStatus.ABANDONED},
    RunStatus.FINISHED: {RunStatus.ACTIVE},
    RunStatus.ABANDONED: {RunStatus.ACTIVE},
}
RUN_OWNER = {
    RunStatus.ACTIVE: "department",
    RunStatus.FINISHED: "nobody",
    RunStatus.ABANDONED: "nobody",
}
RUN_TONE = {
    RunStatus.ACTIVE: "info",
    RunStatus.FINISHED: "good",
    RunStatus.ABANDONED: "neutral",
}

SUGGESTION_TRANSITIONS = {
    SuggestionStatus.DRAFT: {SuggestionStatus.WAITING, SuggestionStatus.WITHDRAWN},
    SuggestionStatus.WAITING: {SuggestionStatus.ACCEPTED, SuggestionStatus.DECLINED, SuggestionStatus.WITHDRAWN},
    SuggestionStatus.ACCEPTED: set(),
    SuggestionStatus.DECLINED: set(),
    SuggestionStatus.WITHDRAWN: set(),
}
SUGGESTION_OWNER = {
    SuggestionStatus.DRAFT: "who suggests it",
    SuggestionStatus.WAITING: "the playbook's owner",
    SuggestionStatus.ACCEPTED: "nobody",
    SuggestionStatus.DECLINED: "nobody",
    SuggestionStatus.WITHDRAWN: "nobody",
}
SUGGESTION_TONE = {
    SuggestionStatus.DRAFT: "neutral",
    SuggestionStatus.WAITING: "warn",
    SuggestionStatus.ACCEPTED: "good",
    SuggestionStatus.DECLINED: "neutral",
    SuggestionStatus.WITHDRAWN: "neutral",
}


class CaseStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


CASE_TRANSITIONS = {
    CaseStatus.DRAFT: {CaseStatus.PROPOSED},
    CaseStatus.PROPOSED: {CaseStatus.DRAFT, CaseStatus.PUBLISHED},
    CaseStatus.PUBLISHED: {CaseStatus.DRAFT, CaseStatus.RETIRED},
    CaseStatus.RETIRED: {CaseStatus.DRAFT, CaseStatus.PUBLISHED},
}
CASE_OWNER = {
    CaseStatus.DRAFT: "author",
    CaseStatus.PROPOSED: "hub",
    CaseStatus.PUBLISHED: "nobody",
    CaseStatus.RETIRED: "nobody",
}
CASE_TONE = {
    CaseStatus.DRAFT: "neutral",
    CaseStatus.PROPOSED: "info",
    CaseStatus.PUBLISHED: "good",
    CaseStatus.RETIRED: "warn",
}

CASE_OPEN = [CaseStatus.DRAFT, CaseStatus.PROPOSED]
CASE_READABLE = [CaseStatus.PUBLISHED, CaseStatus.RETIRED]
OPEN = [RevisionStatus.DRAFT, RevisionStatus.IN_REVIEW]
READABLE = [RevisionStatus.PUBLISHED, RevisionStatus.SUPERSEDED]
