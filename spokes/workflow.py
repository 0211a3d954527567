"""The life of a social account."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Active")
    UNDER_REVIEW = "under_review", _("Under review")
    ARCHIVED = "archived", _("Archived")


TRANSITIONS = {
    AccountStatus.PLANNED: {AccountStatus.ACTIVE, AccountStatus.ARCHIVED},
    AccountStatus.ACTIVE: {AccountStatus.UNDER_REVIEW, AccountStatus.ARCHIVED},
    AccountStatus.UNDER_REVIEW: {AccountStatus.ACTIVE, AccountStatus.ARCHIVED},
    AccountStatus.ARCHIVED: {AccountStatus.ACTIVE},
}

# Who may move it on: the department that has it, in every state.
OWNER = {
    AccountStatus.PLANNED: "department",
    AccountStatus.ACTIVE: "department",
    AccountStatus.UNDER_REVIEW: "department",
    AccountStatus.ARCHIVED: "department",
}

TONE = {
    AccountStatus.PLANNED: "info",
    AccountStatus.ACTIVE: "good",
    AccountStatus.UNDER_REVIEW: "warn",
    AccountStatus.ARCHIVED: "neutral",
}


class ImportStatus(models.TextChoices):
    """The life of an uploaded table. What it would do is always shown before it is done."""

    UPLOADED = "uploaded", _("Being checked")
    CHECKED = "checked", _("Checked, waits for you")
    REFUSED = "refused", _("Has errors, nothing was stored")
    CONFIRMED = "confirmed", _("Being stored")
    DONE = "done", _("Stored")
    FAILED = "failed", _("Stopped")
    DISCARDED = "discarded", _("Discarded")


IMPORT_TONE = {
    ImportStatus.UPLOADED: "info",
    ImportStatus.CHECKED: "warn",
    ImportStatus.REFUSED: "bad",
    ImportStatus.CONFIRMED: "info",
    ImportStatus.DONE: "good",
    ImportStatus.FAILED: "bad",
    ImportStatus.DISCARDED: "neutral",
}

# States in which a worker has something to do.
IMPORT_AT_WORK = {ImportStatus.UPLOADED, ImportStatus.CONFIRMED}
