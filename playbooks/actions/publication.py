"""Verbs that change what readers get."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.text.markdown import clean
from hub.wake import wake
from playbooks.models import Citation, Revision, Verification
from playbooks.permissions import check_can_approve, check_can_curate_playbooks
from playbooks.tasks import reindex
from playbooks.workflow import RevisionStatus
from policies import clock

from .adaptation import mark_behind
from .common import check_lock, check_moves, locked, locked_revision
from .links import keep_links_of
from .revision import check_is_complete
from .text import checked_cites, store_changes, store_redlines, store_text, written_sections


@transaction.atomic
def approve_and_publish(*, revision, lock, by):
    """A second pair of eyes; readers get the revision at once, and it counts as verified from today.

    `lock` is that of the text that was read; a later save makes it a Conflict.
    """
    playbook, revision = locked_revision(revision)
    check_moves(revision, RevisionStatus.PUBLISHED)
    check_can_approve(by, revision)
    check_lock(revision, lock)
    check_is_complete(revision)
    revision.approved_by = by
    _publish(playbook, revision, at=timezone.now(), day=clock.today(), verified_by=revision.submitted_by)
    audit.record("published", revision, by=by)
    wake(reindex, playbook.pk)
    return revision


def _publish(playbook, revision, *, at, day, verified_by, stated=None):
    if stated is None and not revision.section_changes.exists():
        # Written when only the revision as a whole had a significance: what was approved then still holds.
        stated = revision.significance
    store_changes(revision, playbook.current, stated=stated)
    store_redlines(revision)
    playbook.revisions.filter(status=RevisionStatus.PUBLISHED).update(status=RevisionStatus.SUPERSEDED)
    revision.status, revision.published_at = RevisionStatus.PUBLISHED, at
    revision.save()
    mark_behind(playbook, revision)
    playbook.citations.all().delete()
    Citation.objects.bulk_create(
        Citation(playbook=playbook, section_key=section_key, policy_id=policy_id, clause_key=clause_key)
        for section_key, policy_id, clause_key in revision.cites
    )
    playbook.current = revision
    playbook.verified_until = clock.add_months(day, playbook.interval)
    playbook.verified_by, playbook.verified_at = verified_by, at
    playbook.save(update_fields=["current", "verified_until", "verified_by", "verified_at"])
    Verification.objects.create(playbook=playbook, by=verified_by, given_on=day, until_on=playbook.verified_until)
    keep_links_of(playbook, revision.sections.all())


@transaction.atomic
def record_history(
    *, playbook, sections, change_note, significance, written_by, approved_by, published_at, citations=(), by
):
    """Enters a revision that was approved and published before the portal held it; `published_at` is an instant.

    Revisions are entered oldest first. A first draft of which nobody has written a word gives way.
    """
    check_can_curate_playbooks(by)
    playbook = locked(playbook.pk)
    empty = playbook.revisions.open().filter(sections=None, number=1, change_note="").first()
    if empty:
        empty.delete()
    if playbook.revisions.open().exists():
        raise NotAllowed(_("A new revision is being worked on already. History is entered before that."))
    newest = playbook.revisions.newest_first().first()
    if newest and published_at < newest.published_at:
        raise Invalid(_("Enter revisions oldest first."), field="published_at")
    revision = Revision.objects.create(
        playbook=playbook,
        number=newest.number + 1 if newest else 1,
        significance=significance,
        change_note=clean(change_note).strip(),
        created_by=written_by,
        created_at=published_at,
        submitted_by=written_by,
        submitted_at=published_at,
    )
    revision.playbook = playbook
    revision.contributors.add(written_by)
    check_can_approve(approved_by, revision)
    written = written_sections(revision, sections)
    revision.cites = checked_cites(citations, written)
    store_text(revision, written)
    check_is_complete(revision)
    revision.approved_by = approved_by
    day = timezone.localdate(published_at, clock.hub_zone())
    _publish(playbook, revision, at=published_at, day=day, verified_by=written_by, stated=significance)
    audit.record("entered from before", revision, by=by, published_at=published_at.isoformat())
    wake(reindex, playbook.pk)
    return revision
