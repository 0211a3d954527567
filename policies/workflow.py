"""The life of a policy version.

draft <-> in review -> approved -> scheduled (waits to be visible) -> announced (visible, does not bind yet)
-> in force -> superseded | withdrawn. *Published* means announced or in force.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    APPROVED = "approved", _("Approved")
    SCHEDULED = "scheduled", _("Scheduled")
    ANNOUNCED = "announced", _("Announced")
    IN_FORCE = "in_force", _("In force")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# An edit after approval voids it: approved and scheduled can fall back to draft.
TRANSITIONS = {
    Status.DRAFT: {Status.IN_REVIEW, Status.SCHEDULED, Status.ANNOUNCED, Status.IN_FORCE},
    Status.IN_REVIEW: {Status.DRAFT, Status.APPROVED, Status.SCHEDULED, Status.ANNOUNCED, Status.IN_FORCE},
    Status.APPROVED: {Status.DRAFT, Status.SCHEDULED, Status.ANNOUNCED, Status.IN_FORCE},
    Status.SCHEDULED: {Status.DRAFT, Status.ANNOUNCED, Status.IN_FORCE},
    Status.ANNOUNCED: {Status.IN_FORCE, Status.WITHDRAWN},
    Status.IN_FORCE: {Status.SUPERSEDED, Status.WITHDRAWN},
    Status.SUPERSEDED: set(),
    Status.WITHDRAWN: set(),
}

# Who acts next: the editor, a second pair of eyes, a lead, the clock, or nobody.
OWNER = {
    Status.DRAFT: "editor",
    Status.IN_REVIEW: "approver",
    Status.APPROVED: "lead",
    Status.SCHEDULED: "clock",
    Status.ANNOUNCED: "clock",
    Status.IN_FORCE: "nobody",
    Status.SUPERSEDED: "nobody",
    Status.WITHDRAWN: "nobody",
}

TONE = {
    Status.DRAFT: "neutral",
    Status.IN_REVIEW: "info",
    Status.APPROVED: "info",
    Status.SCHEDULED: "info",
    Status.ANNOUNCED: "warn",
    Status.IN_FORCE: "good",
    Status.SUPERSEDED: "neutral",
    Status.WITHDRAWN: "bad",
}

OPEN = [Status.DRAFT, Status.IN_REVIEW, Status.APPROVED, Status.SCHEDULED]
EDITABLE = OPEN
PUBLISHED = [Status.ANNOUNCED, Status.IN_FORCE]
READABLE = [Status.ANNOUNCED, Status.IN_FORCE, Status.SUPERSEDED, Status.WITHDRAWN]
