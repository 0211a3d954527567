"""Writes to the tree of departments."""

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub import audit
from hub.clock import today
from hub.exceptions import Invalid
from hub.models import OldSlug
from hub.wake import wake
from spokes.models import Spoke
from spokes.permissions import check_can_manage_spokes
from spokes.roles import refill_groups
from spokes.tasks import reindex_department, reindex_people


def _lock_tree():
    """One change of the tree at a time: a path holds what stands above it, and decides who may see what."""
    list(Spoke.objects.select_for_update().filter(parent=None).order_by("pk").values_list("pk"))


@transaction.atomic
def create_spoke(*, name, slug, by, parent=None, **fields):
    """A new department below `parent`, with the group that addresses its people."""
    check_can_manage_spokes(by)
    _lock_tree()
    if parent is not None:
        parent = Spoke.objects.get(pk=parent.pk)
    if Spoke.objects.filter(slug=slug).exists():
        raise Invalid(_("There is a department at this address already: %(slug)s.") % {"slug": slug}, field="slug")
    group = Group.objects.create(name=f"spoke:{slug}")
    # The path needs the id, so the row is born with a path nobody else can have.
    spoke = Spoke.objects.create(name=name, slug=slug, parent=parent, group=group, path=f"new:{slug}", **fields)
    spoke.path = f"{parent.path if parent else '/'}{spoke.pk}/"
    spoke.save(update_fields=["path"])
    audit.record("created", spoke, by=by)
    wake(reindex_people, [spoke.partner_id])
    return spoke


@transaction.atomic
def change_spoke(*, spoke, by, **fields):
    """Plain details and the address; a former address keeps working."""
    check_can_manage_spokes(by)
    spoke = Spoke.objects.select_for_update().get(pk=spoke.pk)
    if set(fields) - {"name", "slug", "formation", "purpose", "region", "partner"}:
        raise TypeError("only plain details; moving and closing are verbs of their own")
    before, partner_before = spoke.slug, spoke.partner_id
    if fields.get("slug", before) != before and Spoke.objects.filter(slug=fields["slug"]).exists():
        raise Invalid(
            _("There is a department at this address already: %(slug)s.") % {"slug": fields["slug"]}, field="slug"
        )
    for name, value in fields.items():
        setattr(spoke, name, value)
    spoke.save(update_fields=list(fields))
    if spoke.slug != before:
        OldSlug.objects.filter(kind="spoke", slug=spoke.slug).delete()
        OldSlug.objects.update_or_create(kind="spoke", slug=before, defaults={"object_id": spoke.pk})
        Group.objects.filter(pk=spoke.group_id).update(name=f"spoke:{spoke.slug}")
    audit.record("changed", spoke, by=by, fields=sorted(fields))
    wake(reindex_department, spoke.pk)
    if spoke.partner_id != partner_before:
        wake(reindex_people, [partner_before])
    return spoke


@transaction.atomic
def move_spoke(*, spoke, parent, by):
    """Puts a branch under another department, or to the top if `parent` is None; everybody's audiences follow."""
    check_can_manage_spokes(by)
    _lock_tree()
    ends = [spoke.pk, parent.pk] if parent else [spoke.pk]
    branches = {s.pk: s for s in Spoke.objects.select_for_update().filter(pk__in=ends).order_by("pk")}
    spoke, parent = branches[spoke.pk], branches[parent.pk] if parent else None
    if parent and parent.path.startswith(spoke.path):
        raise Invalid(_("%(department)s cannot be moved below itself.") % {"department": spoke.name}, field="parent")
    old, new = spoke.path, f"{parent.path if parent else '/'}{spoke.pk}/"
    if old == new:
        return spoke
    Spoke.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    Spoke.objects.filter(pk=spoke.pk).update(parent=parent)
    refill_groups()
    audit.record("moved", spoke, by=by, before=old, after=new)
    spoke.refresh_from_db()
    return spoke


@transaction.atomic
def close_spoke(*, spoke, by, on=None):
    """Closes a department that nobody calls home any more, nobody speaks for, and whose accounts are archived."""
    check_can_manage_spokes(by)
    spoke = Spoke.objects.select_for_update().get(pk=spoke.pk)
    people = spoke.memberships.filter(ends_on=None, person__is_active=True).count()
    if people:
        raise Invalid(
            _("%(count)s people still have %(department)s as their home. Move them first.")
            % {"count": people, "department": spoke.name}
        )
    if Spoke.objects.open().filter(parent=spoke).exists():
        raise Invalid(_("Close or move the departments below %(department)s first.") % {"department": spoke.name})
    accounts = spoke.accounts.live().count()
    if accounts:
        raise Invalid(
            ngettext(
                "%(count)s account of %(department)s is still in the register. Archive it or hand it over first.",
                "%(count)s accounts of %(department)s are still in the register. Archive them or hand them over first.",
                accounts,
            )
            % {"count": accounts, "department": spoke.name}
        )
    terms = spoke.terms.filter(Q(ends_on=None) | Q(ends_on__gt=today()), person__is_active=True).count()
    if terms:
        raise Invalid(
            ngettext(
                "%(count)s term for %(department)s still runs. End it first.",
                "%(count)s terms for %(department)s still run. End them first.",
                terms,
            )
            % {"count": terms, "department": spoke.name}
        )
    spoke.closed_on = on or today()
    spoke.save(update_fields=["closed_on"])
    audit.record("closed", spoke, by=by)
    wake(reindex_department, spoke.pk)
    return spoke


@transaction.atomic
def reopen_spoke(*, spoke, by):
    check_can_manage_spokes(by)
    spoke = Spoke.objects.select_for_update().get(pk=spoke.pk)
    if spoke.closed_on is not None:
        spoke.closed_on = None
        spoke.save(update_fields=["closed_on"])
        audit.record("reopened", spoke, by=by)
        wake(reindex_department, spoke.pk)
    return spoke
