"""Who may do what in the departments and with their accounts."""

from django.utils.translation import gettext as _

from hub.exceptions import NotAllowed
from hub.permissions import check_can_lead, check_can_let_go, check_can_readdress, check_can_work_the_desk, paired
from spokes.models import TableImport
from spokes.querysets import user_paths


def represents(user, spoke):
    """Whether the person represents this department, or one above it, today."""
    return any(spoke.path.startswith(path) for path in user_paths(user))


def check_can_represent(user, spoke):
    if not represents(user, spoke):
        raise NotAllowed(
            _("Only a representative or deputy of %(department)s can do this.") % {"department": spoke.name}
        )


def check_can_edit_account(user, account):
    """Staff, the department's representatives and deputies, and nobody else."""
    if user.is_coe_staff:
        return
    if not represents(user, account.spoke):
        raise NotAllowed(
            _("Only %(department)s's representative, the deputy or the hub can change this account.")
            % {"department": account.spoke.name}
        )


def check_can_add_account(user, spoke):
    if not user.is_coe_staff and not represents(user, spoke):
        raise NotAllowed(
            _("Only %(department)s's representative, the deputy or the hub can register an account there.")
            % {"department": spoke.name}
        )


def check_can_manage_spokes(user):
    check_can_work_the_desk(user)


def check_can_import_people(user):
    """A staff list can lock out thousands at once: a lead's."""
    check_can_lead(user)


def check_can_change_by_list(user, person, fields):
    """The same rules as for one person: `fields` are the names of what a staff list would change of her."""
    check_can_import_people(user)
    if "email" in fields:
        check_can_readdress(user, person)
    if {"is_active", "left_on"} & set(fields):
        check_can_let_go(user, person)


def check_can_import(user, kind):
    """`kind` is a `TableImport.Kind`."""
    if kind == TableImport.Kind.PEOPLE:
        check_can_import_people(user)
    else:
        check_can_manage_spokes(user)


can_represent = paired(check_can_represent)
can_edit_account = paired(check_can_edit_account)
can_add_account = paired(check_can_add_account)
can_manage_spokes = paired(check_can_manage_spokes)
can_import = paired(check_can_import)
