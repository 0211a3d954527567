"""Verbs of a version until it is approved."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.changes import choose
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake
from policies import emails
from policies.models import PolicyVersion, Significance
from policies.permissions import check_can_approve, check_can_curate_policies
from policies.workflow import EDITABLE, Status

from .common import check_lock, check_moves, locked, locked_version, standing
from .reach import store_reach
from .text import as_dicts, store_changes, store_clauses, written_clauses


@transaction.atomic
def start_version(*, policy, by):
    """A new draft that begins as a copy of the newest text. Raises NotAllowed while another one is open."""
    check_can_curate_policies(by)
    policy = locked(policy.pk)
    if policy.versions.open().exists():
        raise NotAllowed(_("A new version is being worked on already. Go on with that one."))
    newest, before = policy.versions.newest_first().first(), policy.versions.baseline()
    version = PolicyVersion.objects.create(
        policy=policy,
        number=newest.number + 1 if newest else 1,
        baseline_number=before.number if before else None,
        significance=Significance.CLARIFYING if newest else Significance.MATERIAL,
        created_by=by,
        created_at=timezone.now(),
    )
    version.contributors.add(by)
    if newest:
        store_clauses(written_clauses(version, as_dicts(newest.clauses.with_groups())))
    audit.record("started", version, by=by)
    return version


@transaction.atomic
def save_draft(*, version, clauses, lock, change_note=None, significance=None, text_of=(), by):
    """Stores the whole text of an open version: `clauses` are dicts as `written_clauses` takes them, in order.

    How far-reaching each change is, is proposed from the texts; `significance` states that of the whole.

    An edit of what was submitted, approved or scheduled takes it back to draft: what is approved is what is
    published. `text_of` are others whose text it is, who then may not approve it either.

    Raises Conflict, with what is stored now, when somebody saved since `lock`; Invalid; NotAllowed once published.
    """
    check_can_curate_policies(by)
    _policy, version = locked_version(version)
    if version.status not in EDITABLE:
        raise NotAllowed(_("A published version never changes. Start a new version instead."))
    if version.lock != lock:
        raise Conflict(
            _("Somebody else saved this version while you were writing. Nothing of yours is lost: both are below."),
            theirs={
                "lock": version.lock,
                "change_note": version.change_note,
                "significance": version.significance,
                "clauses": as_dicts(version.clauses.with_groups()),
            },
        )
    rows = written_clauses(version, clauses)
    version.clauses.all().delete()
    store_clauses(rows)
    if change_note is not None:
        version.change_note = clean(change_note).strip()
    if significance is not None and significance not in Significance.values:
        raise Invalid(_("Choose how far-reaching the change is."), field="significance")
    compare_with_baseline(version, stated=significance)
    voided = version.status if version.status != Status.DRAFT else ""
    if voided:
        back_to_draft(version)
    version.lock += 1
    version.save()
    version.contributors.add(by, *text_of)
    audit.record("saved", version, by=by, clauses=len(rows), **({"voided": voided} if voided else {}))
    return version


@transaction.atomic
def set_significance(*, version, choices, lock, by):
    """The editor's word on how far-reaching changes are: {clause key: significance}. Voids an approval, like any edit.

    Raises Conflict when somebody saved since `lock`; Invalid, whose `field` is "significance-<key>", for what the
    text does not allow.
    """
    check_can_curate_policies(by)
    _policy, version = locked_version(version)
    if version.status not in EDITABLE:
        raise NotAllowed(_("A published version never changes. Start a new version instead."))
    check_lock(version, lock)
    changed, highest = choose(version.clause_changes, choices)
    if not changed:
        return version
    version.significance = Significance.MATERIAL if version.clause_changes.filter(binds_more=True).exists() else highest
    store_reach(version)
    voided = version.status if version.status != Status.DRAFT else ""
    if voided:
        back_to_draft(version)
    version.lock += 1
    version.save()
    version.contributors.add(by)
    details = {row.key: row.significance for row in changed}
    audit.record("set the significance", version, by=by, clauses=details, **({"voided": voided} if voided else {}))
    return version


def back_to_draft(version):
    """Nothing of its way to readers holds any more. The caller stores it."""
    version.status = Status.DRAFT
    version.submitted_by = version.submitted_at = version.approved_by = version.approved_at = None
    version.publish_on = version.effective_on = version.published_by = None
    version.content_hash = version.unapproved_reason = ""


def check_is_complete(version):
    """Refuses a text that is not ready for other eyes."""
    clauses = list(version.clauses.all())
    if not clauses:
        raise Invalid(_("Write at least one clause first."))
    for clause in clauses:
        if not clause.body:
            raise Invalid(
                _("Clause %(n)d has a heading and no text.") % {"n": clause.number},
                field=f"clause-{clause.number}-body",
            )
    is_editorial = version.number > 1 and version.significance == Significance.EDITORIAL
    if not version.change_note and not is_editorial:
        raise Invalid(_("Say in plain words what changed and why. Readers see it."), field="change_note")


@transaction.atomic
def submit(*, version, lock, by):
    """Asks for approval; those who may approve get a message. A save since `lock` makes it a Conflict."""
    check_can_curate_policies(by)
    _policy, version = locked_version(version)
    check_moves(
        version,
        Status.IN_REVIEW,
        sentences={Status.IN_REVIEW: _("This version has been submitted already.")},
    )
    check_lock(version, lock)
    check_is_complete(version)
    version.status = Status.IN_REVIEW
    version.submitted_by, version.submitted_at = by, timezone.now()
    version.save()
    version.contributors.add(by)
    audit.record("submitted", version, by=by)
    emails.approval_waiting(version)
    wake(deliver_outbox)
    return version


@transaction.atomic
def return_to_draft(*, version, comment, by):
    """The reader of a submitted version gives it back with what should change."""
    check_can_curate_policies(by)
    _policy, version = locked_version(version)
    if version.status not in EDITABLE or version.status == Status.DRAFT:
        raise NotAllowed(_("This version is a draft already.") if version.status == Status.DRAFT else standing(version))
    comment = clean(comment or "").strip()
    if not comment:
        raise Invalid(_("Say what should change, so that the authors can go on."), field="comment")
    back_to_draft(version)
    version.save()
    audit.record("returned", version, by=by, comment=comment)
    return version


@transaction.atomic
def approve(*, version, lock, by):
    """A second pair of eyes. `lock` is that of the text she read; a later save makes it a Conflict."""
    _policy, version = locked_version(version)
    check_moves(
        version,
        Status.APPROVED,
        sentences={Status.DRAFT: _("This version is a draft. It has to be submitted first.")},
    )
    check_can_approve(by, version)
    check_lock(version, lock)
    version.status = Status.APPROVED
    version.approved_by, version.approved_at = by, timezone.now()
    version.save()
    audit.record("approved", version, by=by)
    return version


def compare_with_baseline(version, *, stated=None):
    """Says of each change since the text readers had before how far-reaching it is, and whom it asks to sign."""
    before = version.policy.versions.baseline()
    version.baseline_number = before.number if before else None
    store_changes(version, before, stated=stated)
    if not before or version.significance == Significance.MATERIAL:
        version.material_number = version.number
    else:
        version.material_number = before.material_number
    version.save(update_fields=["baseline_number", "significance", "material_number"])
    store_reach(version)
