"""What every verb begins with: the policy's row locked, its states brought up to its dates."""

from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Conflict, NotAllowed
from hub.wake import wake
from policies import clock, workflow
from policies.models import Policy
from policies.tasks import reindex
from policies.workflow import TRANSITIONS, Status


def locked(policy_id):
    """The policy, its row locked until the transaction ends, settled to today. Call inside a transaction."""
    policy = Policy.objects.select_for_update().get(pk=policy_id)
    settle(policy, clock.today())
    return policy


def locked_version(version):
    """(policy, version) as they are stored now, under the policy's lock."""
    policy = locked(version.policy_id)
    fresh = policy.versions.get(pk=version.pk)
    fresh.policy = policy
    return policy, fresh


def settle(policy, day):
    """Brings stored states up to what the dates say on a day; returns how many versions changed."""
    settled = 0
    for version in policy.versions.due(day).order_by("number"):
        version.policy = policy
        if version.status == Status.SCHEDULED:
            version.published_at = clock.midnight(version.publish_on)
            move(version, Status.ANNOUNCED if version.effective_on > day else Status.IN_FORCE)
        else:
            move(version, Status.IN_FORCE)
        audit.record("announced" if version.status == Status.ANNOUNCED else "came into force", version, by=None)
        settled += 1
    if settled:
        point_at_current(policy, day)
    return settled


def move(version, status):
    """Stores a new state. Coming into force supersedes what was in force until then."""
    if status == Status.IN_FORCE:
        version.policy.versions.filter(status=Status.IN_FORCE).update(
            status=Status.SUPERSEDED, superseded_on=version.effective_on
        )
        version.policy.review_on = clock.add_months(version.effective_on, version.policy.review_months)
    version.status = status
    version.save()


def point_at_current(policy, day):
    """Keeps `Policy.current`, what readers get, and tells the search index."""
    policy.current = workflow.shown(list(policy.versions.visible_on(day)), day)
    policy.save(update_fields=["current", "review_on"])
    wake(reindex, policy.pk)


def check_lock(version, lock):
    """Refuses a step on a text that nobody has seen: `lock` is that of the text on the page of whoever takes it."""
    if version.lock != lock:
        raise Conflict(_("The text changed while you were looking at it. Please look again."), theirs=version)


def check_moves(version, status, *, sentences=None):
    """Refuses a step that the table of states does not have, and says where the version stands."""
    if status in TRANSITIONS[version.status]:
        return
    raise NotAllowed((sentences or {}).get(version.status) or standing(version))


def standing(version):
    """Where a version stands, as a refusal."""
    return {
        Status.DRAFT: _("This version is a draft. Submit it first."),
        Status.IN_REVIEW: _("This version is in review. Somebody else has to approve it first."),
        Status.APPROVED: _("This version has been approved already."),
        Status.SCHEDULED: _("This version is scheduled already."),
        Status.ANNOUNCED: _("This version has been published already."),
        Status.IN_FORCE: _("This version has been published already."),
        Status.SUPERSEDED: _("A newer version has taken the place of this one."),
        Status.WITHDRAWN: _("This version has been withdrawn."),
    }[version.status]
