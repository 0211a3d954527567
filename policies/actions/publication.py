"""Verbs that change what readers get."""

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.significance import EDITORIAL, WEIGHT
from hub.text.markdown import clean
from hub.wake import wake
from policies import clock
from policies.models import Policy, PolicyVersion, WithdrawalReason
from policies.permissions import check_can_look_at, check_can_publish, check_is_another, check_is_answered
from policies.tasks import reindex
from policies.workflow import PUBLISHED, READABLE, Status

from .common import check_lock, locked, locked_version, move, point_at_current, settle, standing
from .reach import store_reach
from .text import content_hash, store_clauses, store_redlines, written_clauses
from .version import back_to_draft, check_is_complete, compare_with_baseline

# Far enough for any law that is known of; a day of the year 9999 is a typing error.
MOST_MONTHS_AHEAD = 60


@transaction.atomic
def publish(*, version, publish_on=None, effective_on=None, by):
    """Makes an approved version visible on `publish_on` (default today), binding from `effective_on` (default then).

    It becomes scheduled, announced or in force. From then on its text never changes.
    """
    check_can_publish(by)
    policy, version = locked_version(version)
    if version.status != Status.APPROVED:
        raise NotAllowed(standing(version))
    # A reader may have said something since it was approved.
    check_is_answered(version)
    return _publish(policy, version, publish_on, effective_on, by)


@transaction.atomic
def publish_without_approval(*, version, reason, lock, publish_on=None, effective_on=None, by):
    """For what cannot wait. Flagged for all to see, and on the list until somebody else has looked.

    `lock` is that of the text on her page; a later save makes it a Conflict.
    """
    check_can_publish(by)
    policy, version = locked_version(version)
    if version.status not in {Status.DRAFT, Status.IN_REVIEW}:
        raise NotAllowed(
            _("This version is approved: publish it as usual.")
            if version.status == Status.APPROVED
            else standing(version)
        )
    check_lock(version, lock)
    reason = clean(reason or "").strip()
    if not reason:
        raise Invalid(_("Say why it cannot wait for a second pair of eyes. Everybody sees it."), field="reason")
    version.unapproved_reason = reason
    return _publish(policy, version, publish_on, effective_on, by)


def _publish(policy, version, publish_on, effective_on, by):
    check_is_complete(version)
    day = clock.today()
    publish_on = publish_on or day
    effective_on = effective_on or publish_on
    _check_dates(policy, publish_on, effective_on, day)
    _seal(policy, version)
    version.published_by, version.publish_on, version.effective_on = by, publish_on, effective_on
    if publish_on > day:
        move(version, Status.SCHEDULED)
    else:
        version.published_at = timezone.now()
        move(version, Status.ANNOUNCED if effective_on > day else Status.IN_FORCE)
        point_at_current(policy, day)
    details = {"publish_on": publish_on.isoformat(), "effective_on": effective_on.isoformat()}
    if version.unapproved_reason:
        details["without_approval"] = version.unapproved_reason
    audit.record("scheduled" if version.status == Status.SCHEDULED else "published", version, by=by, **details)
    return version


def _check_dates(policy, publish_on, effective_on, day):
    if publish_on < day:
        raise Invalid(_("The day of publication cannot lie in the past."), field="publish_on")
    if effective_on < publish_on:
        raise Invalid(_("A version cannot bind before people can read it."), field="effective_on")
    if effective_on > clock.add_months(day, MOST_MONTHS_AHEAD):
        raise Invalid(_("Choose a day within the next five years."), field="effective_on")
    waiting = policy.versions.filter(status=Status.ANNOUNCED).first()
    if waiting and publish_on < waiting.effective_on:
        raise Invalid(
            _(
                "Version %(number)d is announced and binds from %(day)s. Publish this one on that day or later, "
                "or withdraw version %(number)d first."
            )
            % {"number": waiting.number, "day": date_format(waiting.effective_on, "j F Y")},
            field="publish_on",
        )


def _seal(policy, version, *, stated=None):
    """What makes a text final: its hash, what it means for old signatures, and its redlines."""
    if stated is None and not version.clause_changes.exists():
        # Written when only the version as a whole had a significance: what was approved then still holds.
        stated = version.significance
    version.policy = policy
    compare_with_baseline(version, stated=stated)
    version.content_hash = content_hash(version.clauses.with_groups())
    store_redlines(version)


@transaction.atomic
def look_at(*, version, by):
    """Somebody else has now read what was published without approval."""
    _policy, version = locked_version(version)
    if not version.unapproved_reason or version.status not in READABLE:
        raise NotAllowed(_("This version was published the usual way; nothing is left to look at."))
    if version.looked_at_by_id:
        raise NotAllowed(_("Somebody has looked at this version already."))
    check_can_look_at(by, version)
    version.looked_at_by = by
    version.save(update_fields=["looked_at_by"])
    audit.record("looked at", version, by=by)
    return version


@transaction.atomic
def withdraw(*, version, reason, into=None, by):
    """Takes a published version back; its text stays readable under a notice.

    `reason` is a WithdrawalReason; for a merger, `into` names the policy that holds from now on.
    """
    check_can_publish(by)
    policy, version = locked_version(version)
    if version.status not in PUBLISHED:
        raise NotAllowed(
            _("Only a published version can be withdrawn.") if version.is_open else standing(version),
        )
    if reason not in WithdrawalReason.values:
        raise Invalid(_("Choose why it is withdrawn."), field="reason")
    if (reason == WithdrawalReason.MERGED) != (into is not None):
        raise Invalid(_("Name the policy it was merged into, and only then."), field="into")
    if into is not None and into.pk == policy.pk:
        raise Invalid(_("A policy cannot be merged into itself."), field="into")
    if into is not None and not Policy.objects.published().filter(pk=into.pk).exists():
        raise Invalid(_("Readers cannot open that policy yet. Publish it first."), field="into")
    day = clock.today()
    version.withdrawal_reason, version.withdrawn_into, version.withdrawn_on = reason, into, day
    move(version, Status.WITHDRAWN)
    if reason == WithdrawalReason.IN_ERROR:
        _stand_aside(policy, version, by)
    point_at_current(policy, day)
    audit.record("withdrawn", version, by=by, reason=reason, **({"into": into.slug} if into else {}))
    return version


def _stand_aside(policy, version, by):
    """What comes after a version published in error is compared with what was there before it.

    Where that says of a change that it reaches further than whoever approved it has read, it is a draft again.
    """
    for later in policy.versions.filter(number__gt=version.number):
        later.policy = policy
        if not later.is_open:
            store_reach(later)
            continue
        approved = dict(later.clause_changes.values_list("key", "significance"))
        compare_with_baseline(later)
        now = later.clause_changes.values_list("key", "significance")
        if later.status != Status.DRAFT and any(WEIGHT[one] > WEIGHT[approved.get(key, EDITORIAL)] for key, one in now):
            back_to_draft(later)
            later.save()
            comment = _(
                "Version %(n)d was withdrawn as published in error. Compared with what readers had before it, this "
                "version changes more of the rule than it did. Look at the changes, and submit it again."
            )
            audit.record("returned", later, by=by, comment=comment % {"n": version.number})
        elif later.content_hash:
            store_redlines(later)


@transaction.atomic
def record_history(
    *, policy, clauses, change_note, significance, written_by, approved_by, publish_on, effective_on, by
):
    """Enters a version that was approved and published before the portal held it; its dates may lie in the past.

    Versions are entered oldest first. A first draft of which nobody has written or said a word gives way.
    """
    check_can_publish(by)
    policy = locked(policy.pk)
    drafts = policy.versions.open().filter(number=1, clauses=None, change_note="", reviews=None, comments=None)
    drafts = drafts.filter(outside_reviews=None)
    empty = drafts.first()
    if empty:
        empty.delete()
    if policy.versions.open().exists():
        raise NotAllowed(_("A new version is being worked on already. History is entered before that."))
    newest = policy.versions.newest_first().first()
    if newest and (effective_on < newest.effective_on or publish_on < newest.publish_on):
        raise Invalid(_("Enter versions oldest first."), field="effective_on")
    if effective_on < publish_on:
        raise Invalid(_("A version cannot bind before people can read it."), field="effective_on")
    at = clock.midnight(publish_on)
    version = PolicyVersion.objects.create(
        policy=policy,
        number=newest.number + 1 if newest else 1,
        status=Status.SCHEDULED,
        significance=significance,
        change_note=clean(change_note).strip(),
        created_by=written_by,
        created_at=at,
        submitted_by=written_by,
        submitted_at=at,
        published_by=by,
        publish_on=publish_on,
        effective_on=effective_on,
    )
    version.contributors.add(written_by)
    check_is_another(approved_by, version)
    version.approved_by, version.approved_at = approved_by, at
    store_clauses(written_clauses(version, clauses))
    check_is_complete(version)
    _seal(policy, version, stated=significance)
    version.save()
    audit.record("entered from before", version, by=by, effective_on=effective_on.isoformat())
    settle(policy, clock.today())
    version.refresh_from_db()
    wake(reindex, policy.pk)
    return version


def settle_due(*, day=None):
    """Brings every stored state up to the dates; returns how many versions changed. For the job."""
    day = day or clock.today()
    settled = 0
    for policy_id in sorted(set(PolicyVersion.objects.due(day).values_list("policy", flat=True))):
        with transaction.atomic():
            policy = Policy.objects.select_for_update().get(pk=policy_id)
            settled += settle(policy, day)
    return settled
