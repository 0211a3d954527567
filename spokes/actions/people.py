"""Writes to homes and terms."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hub import audit
from hub.actions import deactivate_person
from hub.clock import today
from hub.exceptions import Invalid
from hub.models import User
from hub.wake import wake
from spokes.models import Membership, Term
from spokes.permissions import check_can_manage_spokes
from spokes.roles import keep_home_groups
from spokes.tasks import reindex_people

from .common import open_spoke


@transaction.atomic
def move_home(*, person, spoke, by, on=None):
    """The person's home is here from that day on; the former home ends the day before.

    A person without a home chooses her first one herself; every later move is the hub's or an import's.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    spoke = open_spoke(spoke)
    on = on or today()
    present = Membership.objects.filter(person=person, ends_on=None).first()
    if by is not None and not (by.pk == person.pk and present is None):
        check_can_manage_spokes(by)
    if present and present.spoke_id == spoke.pk:
        return present
    if present and present.starts_on >= on:
        present.delete()
    elif present:
        present.ends_on = on - timedelta(days=1)
        present.save(update_fields=["ends_on"])
    membership = Membership.objects.create(person=person, spoke=spoke, starts_on=on)
    keep_home_groups(person, spoke)
    audit.record("moved home", person, by=by, spoke=spoke.slug, on=on.isoformat())
    return membership


@transaction.atomic
def start_term(*, person, spoke, kind, by, starts_on=None, ends_on=None):
    """Makes somebody representative or deputy of a department from a day on, until a day or for good."""
    check_can_manage_spokes(by)
    person = User.objects.select_for_update().get(pk=person.pk)
    spoke = open_spoke(spoke)
    starts_on = starts_on or today()
    if not person.is_active:
        raise Invalid(_("%(name)s has left the company.") % {"name": person.name}, field="person")
    if ends_on and ends_on < starts_on:
        raise Invalid(_("The term would end before it begins."), field="ends_on")
    overlapping = Term.objects.filter(person=person, spoke=spoke).filter(Q(ends_on=None) | Q(ends_on__gte=starts_on))
    if ends_on:
        overlapping = overlapping.filter(starts_on__lte=ends_on)
    if overlapping.exists():
        raise Invalid(
            _("%(name)s already has a term for %(department)s in that time.")
            % {"name": person.name, "department": spoke.name},
            field="person",
        )
    term = Term.objects.create(person=person, spoke=spoke, kind=kind, starts_on=starts_on, ends_on=ends_on)
    audit.record("started", term, by=by)
    wake(reindex_people, [person.pk])
    return term


@transaction.atomic
def end_term(*, term, by, on=None):
    """The term's last day is `on` (today)."""
    check_can_manage_spokes(by)
    term = Term.objects.select_for_update().get(pk=term.pk)
    term.ends_on = max(on or today(), term.starts_on)
    term.save(update_fields=["ends_on"])
    audit.record("ended", term, by=by)
    wake(reindex_people, [term.person_id])
    return term


@transaction.atomic
def say_goodbye(*, person, by, on=None):
    """The person leaves: no more sign-in and mail; home and terms end with the last day. What she did stays hers."""
    on = on or today()
    person = deactivate_person(person=person, by=by, on=on)
    for rows in (person.memberships, person.terms):
        rows.filter(starts_on__gt=on).delete()
        rows.filter(Q(ends_on=None) | Q(ends_on__gt=on)).update(ends_on=on)
    keep_home_groups(person, None)
    return person
