"""The life of an engagement request. There is no "rejected": the hub advises against, the department decides."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    ACCEPTED = "accepted", _("Accepted")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting for you")
    DELIVERED = "delivered", _("Delivered")
    CLOSED = "closed", _("Closed")


class Outcome(models.TextChoices):
    DELIVERED = "delivered", _("Delivered")
    DUPLICATE = "duplicate", _("Duplicate")
    ADVISED_AGAINST = "advised_against", _("Advised against")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    WENT_AHEAD = "went_ahead", _("Went ahead anyway")


class Side(models.TextChoices):
    HUB = "hub", _("The hub")
    DEPARTMENT = "department", _("The department")
    NOBODY = "nobody", _("Nobody")


TRANSITIONS = {
    Status.DRAFT: {Status.SUBMITTED},
    Status.SUBMITTED: {Status.ACCEPTED, Status.WAITING, Status.CLOSED},
    Status.ACCEPTED: {Status.IN_PROGRESS, Status.WAITING, Status.DELIVERED, Status.CLOSED},
    Status.IN_PROGRESS: {Status.WAITING, Status.DELIVERED, Status.CLOSED},
    Status.WAITING: {Status.SUBMITTED, Status.ACCEPTED, Status.IN_PROGRESS, Status.DELIVERED, Status.CLOSED},
    Status.DELIVERED: {Status.IN_PROGRESS, Status.CLOSED},
    Status.CLOSED: {Status.SUBMITTED, Status.IN_PROGRESS},
}

# Who acts next. The hub's clock runs exactly while the hub owns the state.
OWNER = {
    Status.DRAFT: Side.DEPARTMENT,
    Status.SUBMITTED: Side.HUB,
    Status.ACCEPTED: Side.HUB,
    Status.IN_PROGRESS: Side.HUB,
    Status.WAITING: Side.DEPARTMENT,
    Status.DELIVERED: Side.DEPARTMENT,
    Status.CLOSED: Side.NOBODY,
}

TONE = {
    Status.DRAFT: "neutral",
    Status.SUBMITTED: "info",
    Status.ACCEPTED: "info",
    Status.IN_PROGRESS: "info",
    Status.WAITING: "warn",
    Status.DELIVERED: "good",
    Status.CLOSED: "neutral",
}

WITH_HUB = [status for status, side in OWNER.items() if side == Side.HUB]
OPEN = [Status.SUBMITTED, Status.ACCEPTED, Status.IN_PROGRESS, Status.WAITING, Status.DELIVERED]
FILED = [*OPEN, Status.CLOSED]
UNDELIVERED = [*WITH_HUB, Status.WAITING]

# What each event says in the conversation, after the person's name.
EVENTS = {
    "submitted": _("sent the request"),
    "accepted": _("accepted the request; how we help:"),
    "assigned": _("gave the request to"),
    "taken": _("took the request"),
    "asked": _("asked; the hub's clock rests"),
    "started": _("started the work"),
    "delivered": _("delivered"),
    "closed": _("closed the request"),
    "reopened": _("reopened the request"),
    "advised_against": _("advised against it"),
    "withdrawn": _("withdrew the request"),
    "went_ahead": _("went ahead anyway"),
    "duplicate": _("closed it as a duplicate of"),
    "urgent": _("marked it urgent:"),
    "not_urgent": _("took the urgent mark away"),
    "from_question": _("turned a question into this request"),
}
