"""Who may do what in the hub, and the habit all apps share: a check that explains itself, and its bool."""

import functools

from django.conf import settings
from django.utils.translation import gettext as _

from hub.exceptions import NotAllowed
from hub.kinds import KINDS
from hub.models import Role

HOLDING_KEYS = {kind.name for kind in KINDS.values() if kind.holds_key}


def paired(check):
    """The bool of a check: `can_publish = paired(check_can_publish)`."""

    @functools.wraps(check)
    def can(*args, **kwargs):
        try:
            check(*args, **kwargs)
        except NotAllowed:
            return False
        return True

    can.__name__ = check.__name__.removeprefix("check_")
    return can


def refusal(check, *args, **kwargs):
    """The sentence of a check that refuses, or an empty string; for the tooltip of a disabled button."""
    try:
        check(*args, **kwargs)
    except NotAllowed as error:
        return error.sentence
    return ""


def check_does_not_only_read(user):
    if user.only_reads:
        raise NotAllowed(_("Auditors read everything and change nothing."))


def check_can_work_the_desk(user):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff can do this."))


def check_can_see_the_desk(user):
    if not user.reads_all:
        raise NotAllowed(_("Only the Center of Excellence's own staff can see this."))


def check_can_read_message(user, message):
    """Staff and auditors read the outbox, but a link that opens somebody's account, or acts for her, is hers alone.

    In sample mode nothing is sent, so the outbox is the only place where such a link can be found.
    """
    check_can_see_the_desk(user)
    if message.kind in HOLDING_KEYS and not settings.SAMPLE_MODE:
        raise NotAllowed(_("This message can hold a key to somebody's account or acts, so nobody else reads its text."))


def check_can_lead(user):
    if not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence can do this."))


def check_can_curate(user):
    """Services, topics, announcements, people."""
    check_can_work_the_desk(user)


def check_can_readdress(user, person):
    """Who decides where a person's mail goes can sign in as her, so nobody does it for somebody with more rights."""
    check_can_curate(user)
    if person.is_superuser and not user.is_superuser:
        raise NotAllowed(_("Only a superuser changes a superuser's e-mail address."))
    if person.role != Role.EMPLOYEE and person.pk != user.pk and not user.is_lead:
        raise NotAllowed(
            _("Only a lead of the Center of Excellence changes the e-mail address of somebody who has a role.")
        )


def check_can_let_go(user, person):
    """Who may end a person's access, or give it back: nobody takes it from somebody with more rights."""
    check_can_curate(user)
    if person.is_superuser and not user.is_superuser:
        raise NotAllowed(_("Only a superuser deactivates or brings back a superuser."))
    if person.role == Role.LEAD and not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence deactivates or brings back a lead."))


can_work_the_desk = paired(check_can_work_the_desk)
can_see_the_desk = paired(check_can_see_the_desk)
can_read_message = paired(check_can_read_message)
can_lead = paired(check_can_lead)
can_curate = paired(check_can_curate)
can_readdress = paired(check_can_readdress)
can_let_go = paired(check_can_let_go)
