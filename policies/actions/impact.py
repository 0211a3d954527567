"""What follows from a version for those whose work rests on the clauses it changes."""

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.wake import wake
from policies import emails
from policies.permissions import check_can_curate_policies
from policies.reports import resting_on

from .common import check_lock, locked_version, standing


@transaction.atomic
def make_follow_ups(*, version, lock, by):
    """Asks owners of playbooks, those who look after running requests, and leads who granted a waiver, to look at what
    rests on changed clauses.

    Each gets one message for each thing and version, however often this is done. Returns how many are new. `lock` is
    that of the text whose consequences were on the page; a later save makes it a Conflict.
    """
    check_can_curate_policies(by)
    policy, version = locked_version(version)
    if not version.is_open:
        raise NotAllowed(standing(version))
    check_lock(version, lock)
    changes = {change.key: change for change in version.clause_changes.all()}
    if not changes:
        raise Invalid(_("No clause changes, so there is nothing to follow up."))
    posted = 0
    for thing in resting_on(policy, list(changes)):
        posted += emails.clause_changed(version, thing, [changes[key] for key in thing.parts])
    audit.record("made the follow-ups", version, by=by, messages=posted)
    wake(deliver_outbox)
    return posted
