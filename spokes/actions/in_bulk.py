"""People stored by the thousand, in sets, with the same effect as the actions for one person."""

from collections import defaultdict
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from hub.models import AuditEvent, Role, User
from hub.roles import keep_role_group
from hub.wake import wake
from spokes.models import Membership, Term
from spokes.permissions import check_can_change_by_list, check_can_import_people
from spokes.roles import refill_groups
from spokes.tasks import reindex_people

CHUNK = 1000


@transaction.atomic
def store_people(acts, *, by, about, progress):
    """Stores one chunk of a staff list's acts (see `spokes.imports.people`). Doing it again does nothing new.

    `about` names the import in the audit; `progress(n)` is told how many acts were stored.
    """
    check_can_import_people(by)
    today = timezone.localdate()
    known = User.objects.select_for_update().in_bulk([act.target for act in acts if act.target])
    for act in acts:
        if act.target:
            check_can_change_by_list(by, known[act.target], act.values["fields"])
    for act, person in zip([act for act in acts if act.target is None], _add(acts, today), strict=True):
        act.target = person.pk
        known[person.pk] = person
    _change([(act, known[act.target]) for act in acts if act.verb != "joins"])
    _leave([(act.target, act.values["fields"]["left_on"]) for act in acts if act.verb == "leaves"])
    _move(acts, known, today)
    for act in acts:
        if known[act.target].role != Role.EMPLOYEE and act.verb in {"leaves", "returns"}:
            keep_role_group(known[act.target])
    refill_groups([act.target for act in acts if act.verb != "changes"])
    _record(acts, known, by, about)
    # Nobody who joins has anything to do yet.
    wake(reindex_people, sorted(act.target for act in acts if act.verb != "joins"))
    progress(len(acts))


def _add(acts, today):
    people = []
    for act in acts:
        if act.verb == "joins":
            fields = {"joined_on": today, **act.values["fields"]}
            people.append(User(password=make_password(None), **fields))
    people = User.objects.bulk_create(people)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in people
    )
    return people


def _change(pairs):
    by_fields = defaultdict(list)
    addressed = []
    for act, person in pairs:
        fields = act.values["fields"]
        for name, value in fields.items():
            setattr(person, name, value)
        if fields:
            by_fields[tuple(sorted(fields))].append(person)
        if "email" in fields:
            addressed.append(person)
    for fields, people in by_fields.items():
        User.objects.bulk_update(people, fields, batch_size=200)
    EmailAddress.objects.filter(user__in=addressed).delete()
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in addressed
    )


def _leave(leavers):
    """Homes and terms end with the last day; what would only have begun later never does."""
    by_day = defaultdict(list)
    for pk, day in leavers:
        by_day[day].append(pk)
    for day, people in by_day.items():
        for model in (Membership, Term):
            rows = model.objects.filter(person__in=people)
            rows.filter(starts_on__gt=day).delete()
            rows.filter(ends_on=None).update(ends_on=day)
            rows.filter(ends_on__gt=day).update(ends_on=day)


def _move(acts, known, today):
    moving = {act.target: act.values["spoke"] for act in acts if act.values.get("spoke")}
    first = {act.target for act in acts if act.verb == "joins"}
    homes = Membership.objects.filter(person__in=moving, ends_on=None)
    homes.filter(starts_on__gte=today).delete()
    homes.filter(starts_on__lt=today).update(ends_on=today - timedelta(days=1))
    Membership.objects.bulk_create(
        Membership(person_id=pk, spoke=spoke, starts_on=known[pk].joined_on if pk in first else today)
        for pk, spoke in moving.items()
    )


def _record(acts, known, by, about):
    now = timezone.now()
    verbs = {"joins": "added", "leaves": "deactivated", "returns": "reactivated", "changes": "changed"}
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=now,
            by=by,
            verb=verbs.get(act.verb, "moved home"),
            object_type=User._meta.label_lower,
            object_id=str(act.target),
            object_label=known[act.target].name[:200],
            details={
                "import": about,
                "fields": sorted(act.values["fields"]),
                **({"spoke": act.values["spoke"].slug} if act.values.get("spoke") else {}),
            },
        )
        for act in acts
    )
