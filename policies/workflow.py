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


class CampaignStatus(models.TextChoices):
    """The life of a campaign. Whether its first day has come its dates say."""

    PLANNED = "planned", _("Planned")
    RUNNING = "running", _("Running")
    CLOSED = "closed", _("Closed")


CAMPAIGN_TRANSITIONS = {
    CampaignStatus.PLANNED: {CampaignStatus.RUNNING, CampaignStatus.CLOSED},
    CampaignStatus.RUNNING: {CampaignStatus.CLOSED},
    CampaignStatus.CLOSED: set(),
}
CAMPAIGN_OWNER = {
    CampaignStatus.PLANNED: "lead",
    CampaignStatus.RUNNING: "the people asked",
    CampaignStatus.CLOSED: "nobody",
}
CAMPAIGN_TONE = {
    CampaignStatus.PLANNED: "neutral",
    CampaignStatus.RUNNING: "info",
    CampaignStatus.CLOSED: "good",
}


# --- What the dates say ---------------------------------------------------------------------------------------------
# The job settles stored states; until it has run, these say what holds on a day, from the dates alone.


def is_visible(version, day):
    """Whether readers could see it by that day."""
    return version.status in READABLE or (version.status == Status.SCHEDULED and version.publish_on <= day)


def binding(versions, day):
    """The version that binds on a day, of all versions of one policy; None if none does."""
    bound = [
        version
        for version in versions
        if is_visible(version, day)
        and version.effective_on <= day
        and (version.superseded_on is None or version.superseded_on > day)
        and (version.withdrawn_on is None or version.withdrawn_on > day)
    ]
    return max(bound, key=lambda version: version.number, default=None)


def announced(versions, day):
    """The version that is visible on a day and will bind later; None if there is none."""
    waiting = [
        version
        for version in versions
        if is_visible(version, day) and version.effective_on > day and version.withdrawn_on is None
    ]
    return max(waiting, key=lambda version: version.number, default=None)


def shown(versions, day):
    """The version readers get: the one that binds, else the announced one, else the newest withdrawn one."""
    return (
        binding(versions, day)
        or announced(versions, day)
        or max(
            (version for version in versions if is_visible(version, day)),
            key=lambda version: (version.status == Status.WITHDRAWN, version.number),
            default=None,
        )
    )


def status_on(version, versions, day):
    """The state of a visible version as its dates say it."""
    if version.status in {Status.WITHDRAWN, Status.SUPERSEDED}:
        return version.status
    if version.effective_on > day:
        return Status.ANNOUNCED
    return Status.IN_FORCE if binding(versions, day) == version else Status.SUPERSEDED


def steps_between(lines, one, other):
    """Numbers of the versions whose changes lie between two versions; None where nothing joins them.

    `lines` says of each number with which earlier one that version was compared. A version that was withdrawn as
    published in error stands aside: what came after it was compared with what had been there before it.
    """
    steps = []
    while one != other:
        one, other = min(one, other), max(one, other)
        steps.append(other)
        other = lines.get(other)
        if other is None:
            return None
    return steps


def numbers_between(lines, older, newer):
    """Numbers of the versions whose changes a reader of the older one has not had on her way to the newer one."""
    steps = steps_between(lines, older, newer)
    if steps is None:
        steps = range(older + 1, newer + 1)
    return {number for number in steps if number > older}


# --- The life of a proof pack ---------------------------------------------------------------------------------------


class PackStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting to be made")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Could not be made")
    GONE = "gone", _("Deleted")


PACK_TONE = {
    PackStatus.WAITING: "neutral",
    PackStatus.MAKING: "info",
    PackStatus.READY: "good",
    PackStatus.FAILED: "bad",
    PackStatus.GONE: "neutral",
}

PACK_AT_WORK = {PackStatus.WAITING, PackStatus.MAKING}
