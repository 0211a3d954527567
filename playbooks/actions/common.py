"""What every verb begins with: the playbook's row locked."""

from django.utils.translation import gettext as _

from hub.exceptions import Conflict, NotAllowed
from playbooks.models import Playbook
from playbooks.workflow import REVISION_TRANSITIONS, RevisionStatus


def locked(playbook_id):
    """The playbook, its row locked until the transaction ends. Call inside a transaction."""
    return Playbook.objects.select_for_update().get(pk=playbook_id)


def locked_revision(revision):
    """(playbook, revision) as they are stored now, under the playbook's lock."""
    playbook = locked(revision.playbook_id)
    fresh = playbook.revisions.get(pk=revision.pk)
    fresh.playbook = playbook
    return playbook, fresh


def check_is_open(revision):
    if not revision.is_open:
        raise NotAllowed(_("A published revision never changes. Start a new revision instead."))


def check_lock(revision, lock):
    """Refuses a step on a text that nobody has seen: `lock` is that of the text on the page of whoever takes it."""
    if revision.lock != lock:
        raise Conflict(_("The text changed while you were looking at it. Please look again."), theirs=revision)


def check_moves(revision, status):
    """Refuses a step that the table of states does not have, and says where the revision stands."""
    if status not in REVISION_TRANSITIONS[revision.status]:
        raise NotAllowed(standing(revision))


def standing(revision):
    """Where a revision stands, as a refusal."""
    return {
        RevisionStatus.DRAFT: _("This revision is a draft. Submit it first."),
        RevisionStatus.IN_REVIEW: _("This revision has been submitted already."),
        RevisionStatus.PUBLISHED: _("This revision has been published already."),
        RevisionStatus.SUPERSEDED: _("A newer revision has taken the place of this one."),
    }[revision.status]
