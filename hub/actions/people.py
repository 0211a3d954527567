"""Writes to people."""

from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hub import audit
from hub.clock import today
from hub.exceptions import Invalid
from hub.kinds import kind as kind_named
from hub.models import Preference, Role, User
from hub.permissions import check_can_curate, check_can_lead, check_can_let_go, check_can_readdress
from hub.roles import keep_role_group
from hub.tasks import PERSON, reindex_found
from hub.wake import wake

from .common import refused_as

PLAIN_FIELDS = {"name", "email", "staff_number", "title", "bio", "time_zone", "language", "joined_on"}


@transaction.atomic
def add_person(*, email, name, by, role=Role.EMPLOYEE, password=None, **fields):
    """A new person with a confirmed address, who sets her password through "forgotten password".

    `by` is None when the person signs up herself. Raises Invalid if the address is taken.
    """
    if by is not None:
        check_can_curate(by)
        if role != Role.EMPLOYEE:
            check_can_lead(by)
    _check_zone(fields.get("time_zone", ""))
    _check_email(email)
    with refused_as(lambda: _check_email(email)):
        user = User.objects.create_user(email, password, name=name, role=role, **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    keep_role_group(user)
    audit.record("added", user, by=by)
    wake(reindex_found, PERSON, user.pk)
    return user


@transaction.atomic
def change_person(*, person, by, **fields):
    """Changes plain details; a new address is a confirmed address."""
    check_can_curate(by)
    person = User.objects.select_for_update().get(pk=person.pk)
    changed = {name: value for name, value in fields.items() if getattr(person, name) != value}
    unknown = set(fields) - PLAIN_FIELDS
    if unknown:
        raise TypeError(f"not plain fields of a person: {sorted(unknown)}")
    if not changed:
        return person
    _check_zone(changed.get("time_zone", ""))
    if "email" in changed:
        check_can_readdress(by, person)
        changed["email"] = changed["email"].lower()
        _check_email(changed["email"], person)
    for name, value in changed.items():
        setattr(person, name, value)
    with refused_as(lambda: _check_email(person.email, person)):
        if "email" in changed:
            EmailAddress.objects.filter(user=person).delete()
            EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        person.save(update_fields=list(changed))
    audit.record("changed", person, by=by, fields=sorted(changed))
    wake(reindex_found, PERSON, person.pk)
    return person


def _check_email(email, person=None):
    if User.objects.filter(email__iexact=email).exclude(pk=person and person.pk).exists():
        raise Invalid(_("%(email)s already has an account.") % {"email": email}, field="email")


def lock_person(pk):
    """The person, locked together with every lead and always in the same order. People are never deleted.

    Two leads who take the role from each other must not both find the other one still there.
    """
    rows = User.objects.select_for_update(no_key=True).filter(Q(pk=pk) | Q(role=Role.LEAD)).order_by("pk")
    return {person.pk: person for person in rows}[pk]


def _check_a_lead_stays(person, field=None):
    if not User.objects.leads().exclude(pk=person.pk).exists():
        raise Invalid(
            _("%(name)s is the only lead. Make somebody else a lead first.") % {"name": person.name}, field=field
        )


def _check_zone(name):
    """Every page of hers, and the letters of all, are read in this zone."""
    if name and name not in available_timezones():
        raise Invalid(
            _("%(name)s is not a time zone. Use a name such as Europe/Berlin.") % {"name": name}, field="time_zone"
        )


@transaction.atomic
def set_role(*, person, role, by):
    """Only a lead hands out roles, and never takes away the last lead."""
    check_can_lead(by)
    person = lock_person(person.pk)
    role = Role(role)
    if person.role == Role.LEAD and role != Role.LEAD:
        _check_a_lead_stays(person, field="role")
    if person.role != role:
        before, person.role = person.role, role
        person.save(update_fields=["role"])
        keep_role_group(person)
        audit.record("given a role", person, by=by, before=before, after=role.value)
        wake(reindex_found, PERSON, person.pk)
    return person


@transaction.atomic
def deactivate_person(*, person, by, on=None):
    """The person has left: she can no longer sign in and gets no mail. What she did stays hers.

    `by` is None when her last day, known before, has come.
    """
    person = lock_person(person.pk)
    if by is not None:
        check_can_let_go(by, person)
    if person.is_lead:
        _check_a_lead_stays(person)
    if person.is_active:
        person.is_active = False
        person.left_on = on or today()
        person.save(update_fields=["is_active", "left_on"])
        keep_role_group(person)
        audit.record("deactivated", person, by=by)
        wake(reindex_found, PERSON, person.pk)
    return person


@transaction.atomic
def reactivate_person(*, person, by):
    person = lock_person(person.pk)
    check_can_let_go(by, person)
    if not person.is_active:
        person.is_active = True
        person.left_on = None
        person.save(update_fields=["is_active", "left_on"])
        keep_role_group(person)
        audit.record("reactivated", person, by=by)
        wake(reindex_found, PERSON, person.pk)
    return person


@transaction.atomic
def set_own_details(*, by, **fields):
    """What a person may change about herself: title, bio, time zone, language."""
    allowed = {"title", "bio", "time_zone", "language"}
    if set(fields) - allowed:
        raise TypeError(f"not a person's own to change: {sorted(set(fields) - allowed)}")
    User.objects.filter(pk=by.pk).update(**fields)
    by.refresh_from_db(fields=list(fields))
    audit.record("changed own details", by, by=by, fields=sorted(fields))
    wake(reindex_found, PERSON, by.pk)
    return by


def set_scheme(*, scheme, by):
    """Light, dark, or like the device. Not worth a line in the audit."""
    User.objects.filter(pk=by.pk).update(scheme=scheme)
    by.scheme = scheme
    return by


@transaction.atomic
def set_preference(*, kind, choice, by):
    """How this person wants one kind of reminder. Raises Invalid for what everybody must get."""
    if kind_named(kind).obligatory:
        raise Invalid(_("You are obliged to know this, so it cannot be switched off."))
    Preference.objects.update_or_create(person=by, kind=kind, defaults={"choice": Preference.Choice(choice)})
