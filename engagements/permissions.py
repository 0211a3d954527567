"""Who may do what with requests. Reading is `EngagementRequest.objects.visible_to(user)`."""

from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.clock import REOPEN_WITHIN
from engagements.workflow import OPEN, TRANSITIONS, UNDELIVERED, Outcome, Status
from hub.exceptions import NotAllowed
from hub.permissions import check_can_work_the_desk, paired
from spokes.permissions import represents


def check_can_file(user, spoke):
    """Representatives and deputies of a department or of one above it; staff on its behalf."""
    if spoke.closed_on is not None:
        raise NotAllowed(_("%(department)s is closed. Choose the department it became.") % {"department": spoke.name})
    if not user.is_coe_staff and not represents(user, spoke):
        raise NotAllowed(
            _(
                "Only a representative or deputy of %(department)s can send a request for it. "
                "Anybody can ask the hub a question."
            )
            % {"department": spoke.name}
        )


def check_can_edit_draft(user, draft):
    if draft.requester_id != user.pk:
        raise NotAllowed(_("Only its author can change a draft."))
    if draft.status != Status.DRAFT:
        raise NotAllowed(_("This has been sent already. Add what is missing as a message."))


def is_of_the_department(user, request):
    """Whether the person speaks for the department: she represents it, or she asked and her home is still there."""
    if represents(user, request.spoke):
        return True
    return request.requester_id == user.pk and request.spoke.group_id in (user.audience_group_ids() or ())


def _check_department(user, request):
    if not is_of_the_department(user, request):
        raise NotAllowed(
            _("Only %(department)s can do this: it is their request.") % {"department": request.spoke.name}
        )


def _check_staff(user):
    check_can_work_the_desk(user)


def _check_sent(request):
    if request.status == Status.DRAFT:
        raise NotAllowed(_("This is still a draft. Send it first."))


def _check_open(request):
    _check_sent(request)
    if request.status not in OPEN:
        raise NotAllowed(_("This request is closed. Reopen it to go on."))


def _check_undelivered(request):
    _check_open(request)
    if request.status not in UNDELIVERED:
        raise NotAllowed(_("It has been delivered. Close it, or reopen it if something is missing."))


def _check_moves(request, to):
    if to not in TRANSITIONS[Status(request.status)]:
        raise NotAllowed(
            _("A request in the state “%(now)s” cannot become “%(then)s”.")
            % {"now": request.get_status_display(), "then": to.label}
        )


def check_can_accept(user, request):
    _check_staff(user)
    _check_open(request)
    if request.accepted_at is not None:
        raise NotAllowed(_("It has been accepted already."))
    _check_moves(request, Status.ACCEPTED)


def check_can_assign(user, request):
    _check_staff(user)
    _check_open(request)


def check_can_take(user, request):
    _check_staff(user)
    _check_open(request)
    if request.assignee_id == user.pk:
        raise NotAllowed(_("It is yours already."))
    if request.keeper is not None:
        raise NotAllowed(_("%(name)s has it already. Assign it to hand it over.") % {"name": request.keeper.name})


def check_can_ask(user, request):
    _check_staff(user)
    _check_open(request)
    _check_moves(request, Status.WAITING)


def check_can_answer(user, request):
    _check_staff(user)
    _check_open(request)


def check_can_note(user, request):
    _check_staff(user)
    _check_sent(request)


def check_can_reply(user, request):
    _check_department(user, request)
    _check_open(request)


def check_can_start(user, request):
    _check_staff(user)
    _check_undelivered(request)
    if request.accepted_at is None:
        raise NotAllowed(_("Accept the request first."))
    if request.status == Status.IN_PROGRESS:
        raise NotAllowed(_("It is in progress already."))
    _check_moves(request, Status.IN_PROGRESS)


def check_can_deliver(user, request):
    _check_staff(user)
    _check_open(request)
    if request.accepted_at is None:
        raise NotAllowed(_("Accept the request first."))
    if request.status == Status.DELIVERED:
        raise NotAllowed(_("It has been delivered already."))
    _check_moves(request, Status.DELIVERED)


def check_can_close(user, request):
    """What has been delivered is closed by whoever says so first, the department or the hub."""
    if not user.is_coe_staff:
        _check_department(user, request)
    _check_open(request)
    if request.status != Status.DELIVERED:
        raise NotAllowed(_("Only what has been delivered can be closed as done."))


def check_can_reopen(user, request, *, at=None):
    if not user.is_coe_staff:
        _check_department(user, request)
    _check_sent(request)
    if request.status not in {Status.DELIVERED, Status.CLOSED}:
        raise NotAllowed(_("It is open already."))
    if request.closed_at is not None and (at or timezone.now()) > request.closed_at + REOPEN_WITHIN:
        raise NotAllowed(_("It was closed more than 14 days ago. Please send a new request."))


def check_can_advise_against(user, request):
    _check_staff(user)
    _check_undelivered(request)


def check_can_mark_duplicate(user, request):
    _check_staff(user)
    _check_undelivered(request)


def check_can_withdraw(user, request):
    """The department at any time before delivery; staff only when nobody answers their question."""
    if user.is_coe_staff and not is_of_the_department(user, request):
        _check_undelivered(request)
        if request.status != Status.WAITING:
            raise NotAllowed(_("Only the department withdraws a request, unless it leaves a question unanswered."))
        return
    _check_department(user, request)
    _check_undelivered(request)


def check_can_go_ahead(user, request):
    """The business unit owns the outcome: it may go ahead without us, or against our advice."""
    _check_department(user, request)
    if request.status == Status.CLOSED and request.outcome == Outcome.ADVISED_AGAINST:
        return
    _check_undelivered(request)


def check_can_mark_urgent(user, request):
    _check_staff(user)
    _check_open(request)


def check_can_snooze(user, request):
    _check_staff(user)
    _check_open(request)


def check_can_turn_into_request(user, question):
    _check_staff(user)
    if question.status == "requested":
        raise NotAllowed(_("This question has become a request already."))


def check_can_edit_form(user):
    _check_staff(user)


can_file = paired(check_can_file)
can_edit_draft = paired(check_can_edit_draft)
can_accept = paired(check_can_accept)
can_assign = paired(check_can_assign)
can_take = paired(check_can_take)
can_ask = paired(check_can_ask)
can_answer = paired(check_can_answer)
can_note = paired(check_can_note)
can_reply = paired(check_can_reply)
can_start = paired(check_can_start)
can_deliver = paired(check_can_deliver)
can_close = paired(check_can_close)
can_reopen = paired(check_can_reopen)
can_advise_against = paired(check_can_advise_against)
can_mark_duplicate = paired(check_can_mark_duplicate)
can_withdraw = paired(check_can_withdraw)
can_go_ahead = paired(check_can_go_ahead)
can_mark_urgent = paired(check_can_mark_urgent)
can_snooze = paired(check_can_snooze)
can_turn_into_request = paired(check_can_turn_into_request)
can_edit_form = paired(check_can_edit_form)
