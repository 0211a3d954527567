"""Verbs of a revision until it is published."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.changes import choose
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.text.markdown import clean
from hub.wake import wake
from playbooks import emails
from playbooks.models import Revision, Significance
from playbooks.permissions import check_can_curate_playbooks
from playbooks.workflow import RevisionStatus

from .common import check_is_open, check_lock, check_moves, locked, locked_revision, standing
from .text import as_dicts, checked_cites, store_changes, store_text, written_sections


@transaction.atomic
def start_revision(*, playbook, by):
    """A new draft that begins as a copy of the newest text. Raises NotAllowed while another one is open."""
    check_can_curate_playbooks(by)
    playbook = locked(playbook.pk)
    if playbook.revisions.open().exists():
        raise NotAllowed(_("A new revision is being worked on already. Go on with that one."))
    return begin_revision(playbook, by=by)


def begin_revision(playbook, *, by):
    """A draft that is a copy of the newest text, under the playbook's lock."""
    newest = playbook.revisions.newest_first().first()
    revision = Revision.objects.create(
        playbook=playbook,
        number=newest.number + 1 if newest else 1,
        significance=Significance.CLARIFYING if newest else Significance.MATERIAL,
        cites=newest.cites if newest else [],
        created_by=by,
        created_at=timezone.now(),
    )
    revision.contributors.add(by)
    if newest:
        store_text(revision, written_sections(revision, as_dicts(newest.sections.all())))
    audit.record("started", revision, by=by)
    return revision


@transaction.atomic
def save_draft(*, revision, sections, lock, citations=None, change_note=None, significance=None, text_of=None, by):
    """Stores the whole text of an open revision: `sections` are dicts with key, heading and body, in order.

    `citations` are dicts with section_key, policy and clause_key; instead a section's dict may hold `cites`, a list of
    (policy, clause key). Without either, those whose section is still there are kept. An edit of what was submitted
    takes it back to draft: what is approved is what is published. How far-reaching each change is, is proposed from
    the texts; `significance` states that of the whole. `text_of` is somebody else whose text it is, who then
    may not approve it either.

    Raises Conflict, with what is stored now, when somebody saved since `lock`; Invalid; NotAllowed once published.
    """
    check_can_curate_playbooks(by)
    _playbook, revision = locked_revision(revision)
    check_is_open(revision)
    if revision.lock != lock:
        raise Conflict(
            _("Somebody else saved this revision while you were writing. Nothing of yours is lost: both are below."),
            theirs={
                "lock": revision.lock,
                "change_note": revision.change_note,
                "significance": revision.significance,
                "cites": revision.cites,
                "sections": as_dicts(revision.sections.all()),
            },
        )
    written = written_sections(revision, sections)
    if citations is None and any("cites" in draft for draft in sections):
        citations = [
            {"section_key": one.section.key, "policy": policy, "clause_key": clause_key}
            for one, draft in zip(written, sections, strict=True)
            for policy, clause_key in draft.get("cites", ())
        ]
    if citations is not None:
        revision.cites = checked_cites(citations, written)
    if change_note is not None:
        revision.change_note = clean(change_note).strip()
    if significance is not None and significance not in Significance.values:
        raise Invalid(_("Choose how far-reaching the change is."), field="significance")
    write_down(revision, written, stated=significance)
    voided = close_writing(revision, writers=[by, *([text_of] if text_of else [])])
    audit.record("saved", revision, by=by, sections=len(written), **voided)
    return revision


def write_down(revision, written, *, stated=None):
    """Stores the sections, and how far-reaching their changes are; citations of sections that are gone go too."""
    kept = {one.section.key for one in written}
    revision.cites = [cite for cite in revision.cites if cite[0] in kept]
    store_text(revision, written)
    store_changes(revision, revision.playbook.current, stated=stated)


def close_writing(revision, *, writers):
    """What every edit ends with: it takes back what was submitted, and its writers may not approve it.

    Returns what the audit should add.
    """
    voided = revision.status == RevisionStatus.IN_REVIEW
    if voided:
        _back_to_draft(revision)
    revision.lock += 1
    revision.save()
    revision.contributors.add(*writers)
    return {"voided": "in_review"} if voided else {}


@transaction.atomic
def set_significance(*, revision, choices, lock, by):
    """The editor's word on how far-reaching changes are: {section key: significance}. Voids a submission, as any edit.

    Raises Conflict when somebody saved since `lock`; Invalid, whose `field` is "significance-<key>", for what the
    text does not allow.
    """
    check_can_curate_playbooks(by)
    _playbook, revision = locked_revision(revision)
    check_is_open(revision)
    check_lock(revision, lock)
    changed, highest = choose(revision.section_changes, choices)
    if not changed:
        return revision
    revision.significance = highest
    voided = close_writing(revision, writers=[by])
    details = {row.key: row.significance for row in changed}
    audit.record("set the significance", revision, by=by, sections=details, **voided)
    return revision


def _back_to_draft(revision):
    revision.status = RevisionStatus.DRAFT
    revision.submitted_by = revision.submitted_at = None


def check_is_complete(revision):
    """Refuses a text that is not ready for other eyes."""
    sections = list(revision.sections.all())
    if not sections:
        raise Invalid(_("Write at least one section first."))
    for section in sections:
        if not section.body:
            raise Invalid(
                _("Section %(n)d has a heading and no text.") % {"n": section.number},
                field=f"section-{section.number}-body",
            )
    is_editorial = revision.number > 1 and revision.significance == Significance.EDITORIAL
    if not revision.change_note and not is_editorial:
        raise Invalid(_("Say in plain words what changed and why. Readers see it."), field="change_note")


@transaction.atomic
def submit(*, revision, lock, by):
    """Asks for approval; those who may approve get a message. A save since `lock` makes it a Conflict."""
    check_can_curate_playbooks(by)
    _playbook, revision = locked_revision(revision)
    check_moves(revision, RevisionStatus.IN_REVIEW)
    check_lock(revision, lock)
    check_is_complete(revision)
    revision.status = RevisionStatus.IN_REVIEW
    revision.submitted_by, revision.submitted_at = by, timezone.now()
    revision.save()
    revision.contributors.add(by)
    audit.record("submitted", revision, by=by)
    emails.approval_waiting(revision)
    wake(deliver_outbox)
    return revision


@transaction.atomic
def return_to_draft(*, revision, comment, by):
    """The reader of a submitted revision gives it back with what should change."""
    check_can_curate_playbooks(by)
    _playbook, revision = locked_revision(revision)
    if revision.status != RevisionStatus.IN_REVIEW:
        is_draft = revision.status == RevisionStatus.DRAFT
        raise NotAllowed(_("This revision is a draft already.") if is_draft else standing(revision))
    comment = clean(comment or "").strip()
    if not comment:
        raise Invalid(_("Say what should change, so that the authors can go on."), field="comment")
    _back_to_draft(revision)
    revision.save()
    audit.record("returned", revision, by=by, comment=comment)
    return revision
