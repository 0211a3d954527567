"""Writes to the register of social accounts."""

import hashlib
import json

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import refused_as
from hub.clock import today
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.wake import wake
from spokes.handles import bare_handle
from spokes.models import SocialAccount
from spokes.permissions import check_can_add_account, check_can_edit_account
from spokes.tasks import reindex_account, reindex_people
from spokes.workflow import TRANSITIONS, AccountStatus

from .common import open_spoke

PLAIN_FIELDS = {
    "url",
    "owner",
    "deputy",
    "purpose",
    "audience",
    "language",
    "mfa_checked_on",
    "last_reviewed_on",
    "note",
    "spoke",
    "handle",
    "platform",
}


@transaction.atomic
def add_account(*, platform, handle, spoke, by, admins=(), status=AccountStatus.PLANNED, **fields):
    """Registers an account. Raises Invalid if that handle is registered already."""
    check_can_add_account(by, spoke)
    _check_fields(fields)
    if status != AccountStatus.ARCHIVED:
        open_spoke(spoke)
    handle = bare_handle(handle)
    _check_free(platform, handle)
    account = SocialAccount(platform=platform, handle=handle, spoke=spoke, status=AccountStatus(status), **fields)
    with _said_as_taken(account):
        account.save(force_insert=True)
    account.admins.set(admins)
    audit.record("registered", account, by=by)
    _tell_search(account)
    return account


@transaction.atomic
def change_account(*, account, by, admins=None, seen=None, **fields):
    """Plain details; handing it to another department needs the right to edit it there too.

    `seen` is `imprint` of what the person was shown. Raises Conflict if somebody has changed it since.
    """
    account = SocialAccount.objects.select_for_update(of=("self",)).select_related("spoke").get(pk=account.pk)
    check_can_edit_account(by, account)
    if seen is not None and seen != imprint(account):
        raise Conflict(
            _("Somebody changed this account meanwhile. Compare with what is stored now; saving again replaces it."),
            theirs=account,
        )
    _check_fields(fields)
    if "spoke" in fields and fields["spoke"] != account.spoke:
        check_can_add_account(by, fields["spoke"])
        if account.status != AccountStatus.ARCHIVED:
            open_spoke(fields["spoke"])
    if "handle" in fields:
        fields["handle"] = bare_handle(fields["handle"])
    if {"handle", "platform"} & set(fields):
        _check_free(fields.get("platform", account.platform), fields.get("handle", account.handle), other_than=account)
    changed = [name for name, value in fields.items() if getattr(account, name) != value]
    before = _keepers(account)
    for name in changed:
        setattr(account, name, fields[name])
    with _said_as_taken(account):
        account.save(update_fields=changed)
    if admins is not None:
        account.admins.set(admins)
    audit.record("changed", account, by=by, fields=sorted(changed))
    _tell_search(account, before)
    return account


@transaction.atomic
def review_account(*, account, by, mfa_checked=False):
    """Somebody looked today: it is in use, its owner is right; and, if so, its second factor is on."""
    account = SocialAccount.objects.select_for_update(of=("self",)).select_related("spoke").get(pk=account.pk)
    check_can_edit_account(by, account)
    if account.status == AccountStatus.ARCHIVED:
        raise NotAllowed(_("An archived account needs no review."))
    account.last_reviewed_on = today()
    if mfa_checked:
        account.mfa_checked_on = today()
    if account.status == AccountStatus.UNDER_REVIEW:
        account.status = AccountStatus.ACTIVE
    account.save(update_fields=["last_reviewed_on", "mfa_checked_on", "status"])
    audit.record("reviewed", account, by=by, mfa_checked=mfa_checked)
    _tell_search(account)
    return account


@transaction.atomic
def move_account(*, account, to, by):
    """Moves the account to another state of its life."""
    account = SocialAccount.objects.select_for_update(of=("self",)).select_related("spoke").get(pk=account.pk)
    check_can_edit_account(by, account)
    to = AccountStatus(to)
    if to not in TRANSITIONS[AccountStatus(account.status)]:
        raise NotAllowed(
            _("An account that is %(now)s cannot become %(then)s.")
            % {"now": account.get_status_display().lower(), "then": to.label.lower()}
        )
    if to != AccountStatus.ARCHIVED:
        open_spoke(account.spoke)
    before, account.status = account.status, to
    account.save(update_fields=["status"])
    audit.record("moved", account, by=by, before=before, after=to.value)
    _tell_search(account)
    return account


def imprint(account):
    """A short mark of an account's plain details, which is another one as soon as one of them is."""
    rows = [
        (name, str(account.serializable_value(name) if account.serializable_value(name) is not None else ""))
        for name in sorted(PLAIN_FIELDS - {"last_reviewed_on"})
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def _keepers(account):
    """Ids of who is shown with the account."""
    admins = account.admins.values_list("pk", flat=True)
    return {pk for pk in (account.owner_id, account.deputy_id, *admins) if pk}


def _tell_search(account, keepers_before=frozenset()):
    wake(reindex_account, account.pk)
    wake(reindex_people, sorted(_keepers(account) | keepers_before))


def _check_fields(fields):
    if set(fields) - PLAIN_FIELDS:
        raise TypeError(f"not plain fields of an account: {sorted(set(fields) - PLAIN_FIELDS)}")


def _said_as_taken(account):
    """Two people registering one account at once: the second is told who was first, like everybody who comes later."""
    return refused_as(lambda: _check_free(account.platform, account.handle, other_than=account))


def _check_free(platform, handle, other_than=None):
    same = SocialAccount.objects.filter(platform=platform, handle__iexact=handle)
    if other_than is not None:
        same = same.exclude(pk=other_than.pk)
    there = same.select_related("spoke").first()
    if there:
        raise Invalid(
            _("%(account)s is registered already, with %(department)s.")
            % {"account": there, "department": there.spoke.name},
            field="handle",
        )
