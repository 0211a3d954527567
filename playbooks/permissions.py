"""Who may do what with playbooks and questions.

Reading is `Playbook.objects.published().for_audience_of(user)` and `Question.objects.visible_to(user)`.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.exceptions import NotAllowed
from hub.permissions import check_does_not_only_read, paired
from playbooks.models import Playbook
from playbooks.workflow import QuestionStatus
from spokes.permissions import represents
from spokes.querysets import user_paths


def check_can_curate_playbooks(user):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff write playbooks."))


def check_can_approve(user, revision):
    """Four eyes: staff who wrote or submitted no part of the revision."""
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff approve playbooks."))
    wrote = user.pk in {revision.created_by_id, revision.submitted_by_id}
    if wrote or revision.contributors.filter(pk=user.pk).exists():
        raise NotAllowed(_("You wrote or submitted part of this revision, so somebody else has to approve it."))
    waiting = revision.comments.open().count()
    if waiting:
        raise NotAllowed(
            ngettext(
                "%(n)d comment of a reviewer has not been answered yet.",
                "%(n)d comments of reviewers have not been answered yet.",
                waiting,
            )
            % {"n": waiting}
        )


def check_can_read_review(user, revision):
    """Whoever was asked to read it, and those who read every draft; once it is published, only whom it is for."""
    if user.reads_all:
        return
    if not revision.reviews.filter(person=user).exists():
        raise NotAllowed(_("Only those who were asked to read this draft can see it."))
    if not revision.is_open and not Playbook.objects.filter(pk=revision.playbook_id).for_audience_of(user).exists():
        raise NotAllowed(_("It is published, and it is for other departments."))


def check_can_comment(user, revision):
    check_does_not_only_read(user)
    if not user.is_coe_staff and not revision.reviews.filter(person=user).exists():
        raise NotAllowed(_("Only those who were asked to read this draft can comment on it."))


def check_can_suggest(user):
    """Everybody who may read a playbook; auditors only read."""
    check_does_not_only_read(user)


def check_can_decide(user, suggestion):
    """Whoever looks after the playbook, and staff; nobody decides what she suggested herself."""
    check_does_not_only_read(user)
    playbook = suggestion.playbook
    if user.pk not in {playbook.owner_id, playbook.deputy_id} and not user.is_coe_staff:
        raise NotAllowed(_("Only the owner of a playbook, the deputy or the Center of Excellence answers this."))
    if user.pk == suggestion.suggested_by_id:
        raise NotAllowed(_("You suggested this yourself, so somebody else answers it."))


def check_can_verify(user, playbook):
    check_does_not_only_read(user)
    if playbook.current_id is None:
        raise NotAllowed(_("Publish this playbook first; then it can be verified."))
    if user.pk not in {playbook.owner_id, playbook.deputy_id} and not user.is_coe_staff:
        raise NotAllowed(
            _("Only the owner of a playbook, the deputy or the Center of Excellence can say that it is still true.")
        )


def check_can_see_reasons(user, playbook):
    """Why a playbook did not help: for those who can put it right, and auditors."""
    if user.pk not in {playbook.owner_id, playbook.deputy_id} and not user.reads_all:
        raise NotAllowed(
            _("Only the owner of a playbook, the deputy and the Center of Excellence see why it did not help.")
        )


def check_can_take_part(user):
    """Vote and ask. Auditors only read."""
    check_does_not_only_read(user)


def check_can_answer(user, question):
    """Staff, a representative of the department that asks, or whoever looks after what it is about."""
    if question.is_hidden:
        raise NotAllowed(_("This question is hidden, so nobody answers it."))
    if question.status == QuestionStatus.REQUESTED:
        raise NotAllowed(_("This question became a request. It is answered there."))
    if user.is_coe_staff or (looks_after(user, question) and not user.only_reads):
        return
    if question.asked_for is None or not represents(user, question.asked_for):
        raise NotAllowed(_("Only the hub, or a representative of the department that asks, can answer."))


def looks_after(user, question):
    """Whether the person owns, or stands in for the owner of, what the question is about."""
    about = question.about
    return about is not None and user.pk in {about.owner_id, getattr(about, "deputy_id", None)}


def check_can_accept(user, question):
    """Who asked knows best whether it is answered; staff tidy up for those who never come back."""
    check_does_not_only_read(user)
    if user.pk != question.asked_by_id and not user.is_coe_staff:
        raise NotAllowed(_("Only who asked, or the hub, can say that this answers it."))


def check_can_report(user, text):
    """Everybody who may read a question or an answer of somebody else."""
    check_does_not_only_read(user)
    if user.pk == text.author.pk:
        raise NotAllowed(_("You wrote this yourself: you can change it or take it back."))
    if text.is_hidden:
        raise NotAllowed(_("This is hidden already."))


def check_can_moderate(user, text):
    """Staff, never about what they wrote themselves."""
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff decide about what was reported."))
    if user.pk == text.author.pk:
        raise NotAllowed(_("You wrote this yourself, so somebody else decides."))


def _check_is_hers(user, text):
    check_does_not_only_read(user)
    if user.pk != text.author.pk:
        raise NotAllowed(_("Only who wrote this can change it or take it back."))
    if text.is_hidden:
        raise NotAllowed(_("This is hidden."))


def check_can_change_question(user, question):
    """Change it, or take it back: whoever asked, until somebody answers; then others have built on the words."""
    _check_is_hers(user, question)
    if question.status == QuestionStatus.REQUESTED:
        raise NotAllowed(_("This question became a request."))
    if question.status == QuestionStatus.ANSWERED or question.answers.shown().exists():
        raise NotAllowed(
            _("Somebody has answered this question, so its words stay. Ask another one, or say more there.")
        )


def check_can_change_answer(user, answer):
    _check_is_hers(user, answer)
    if answer.question.status == QuestionStatus.REQUESTED:
        raise NotAllowed(_("This question became a request. It is answered there."))


def check_can_take_back_answer(user, answer):
    check_can_change_answer(user, answer)
    if answer.is_accepted:
        raise NotAllowed(_("This answer was accepted, so it stays. You can change it."))


def check_can_bring_back(user, text):
    """Its author what she took back; the hub what it has hidden."""
    check_does_not_only_read(user)
    if text.is_taken_back:
        if user.pk != text.author.pk:
            raise NotAllowed(_("Its author took this back, so only she brings it back."))
    else:
        check_can_moderate(user, text)


def check_can_turn_into_request(user, question):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff can turn a question into a request."))
    if question.status == QuestionStatus.REQUESTED:
        raise NotAllowed(_("This question is a request already."))
    if question.is_hidden:
        raise NotAllowed(_("This question is hidden."))


def check_can_start_run(user, spoke):
    """Representatives and deputies of the department, and staff on its behalf, for a playbook that she can read."""
    check_does_not_only_read(user)
    if spoke.closed_on:
        raise NotAllowed(_("%(department)s is closed.") % {"department": spoke.name})
    if not user.is_coe_staff and not represents(user, spoke):
        raise NotAllowed(
            _("Only a representative of %(department)s, the deputy or the hub can start a run there.")
            % {"department": spoke.name}
        )


def check_can_adapt(user, spoke):
    """Write a department's own version of a playbook: its representatives and deputies, and staff on its behalf."""
    check_does_not_only_read(user)
    if spoke.closed_on:
        raise NotAllowed(_("%(department)s is closed.") % {"department": spoke.name})
    if not user.is_coe_staff and not represents(user, spoke):
        raise NotAllowed(
            _("Only a representative of %(department)s, the deputy or the hub can write its version.")
            % {"department": spoke.name}
        )


def check_can_keep_run(user, run):
    """Assign, set days, finish, give up: the department's representatives, and staff on its behalf."""
    check_does_not_only_read(user)
    if not user.is_coe_staff and not represents(user, run.spoke):
        raise NotAllowed(
            _("Only a representative of %(department)s, the deputy or the hub can change this run.")
            % {"department": run.spoke.name}
        )


def check_can_tick(user, run, step):
    """Whoever the step is assigned to, as long as she is there (`is_here`), and whoever may change the run."""
    if step.assignee_id != user.pk or not step.is_here or user.only_reads:
        check_can_keep_run(user, run)


def check_can_tell_case(user):
    """Everybody with a department, and staff. Auditors only read."""
    check_does_not_only_read(user)
    if not user.is_coe_staff and not user.memberships.current().exists() and not user_paths(user):
        raise NotAllowed(_("Choose your department first; then you can tell what you tried there."))


def check_can_tell_for(user, spoke):
    """A case study is told for one's own department, or for one that one represents; staff tell for all."""
    if user.is_coe_staff or represents(user, spoke):
        return
    if not user.memberships.current().filter(spoke=spoke).exists():
        raise NotAllowed(_("Tell it for your own department, or for one that you represent."))


def check_can_write_case(user, case):
    """Its authors, and staff; while nobody reads it."""
    check_does_not_only_read(user)
    if not user.is_coe_staff and not case.contributors.filter(pk=user.pk).exists():
        raise NotAllowed(_("Only its authors and the Center of Excellence write this case study."))
    if not case.is_open:
        raise NotAllowed(_("Readers see this case study. The hub can take it back to a draft, and then it can change."))


def check_can_curate_cases(user):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff can do this."))


def check_can_publish_case(user, case):
    """Four eyes: staff who wrote or proposed no part of it."""
    check_can_curate_cases(user)
    if user.pk in {case.created_by_id, case.proposed_by_id} or case.contributors.filter(pk=user.pk).exists():
        raise NotAllowed(_("You wrote or proposed part of this case study, so somebody else has to publish it."))


can_adapt = paired(check_can_adapt)
can_tell_case = paired(check_can_tell_case)
can_write_case = paired(check_can_write_case)
can_curate_cases = paired(check_can_curate_cases)
can_publish_case = paired(check_can_publish_case)
can_curate_playbooks = paired(check_can_curate_playbooks)
can_approve = paired(check_can_approve)
can_read_review = paired(check_can_read_review)
can_comment = paired(check_can_comment)
can_suggest = paired(check_can_suggest)
can_decide = paired(check_can_decide)
can_verify = paired(check_can_verify)
can_see_reasons = paired(check_can_see_reasons)
can_take_part = paired(check_can_take_part)
can_answer = paired(check_can_answer)
can_accept = paired(check_can_accept)
can_report = paired(check_can_report)
can_moderate = paired(check_can_moderate)
can_change_question = paired(check_can_change_question)
can_change_answer = paired(check_can_change_answer)
can_take_back_answer = paired(check_can_take_back_answer)
can_bring_back = paired(check_can_bring_back)
can_turn_into_request = paired(check_can_turn_into_request)
can_keep_run = paired(check_can_keep_run)
can_tick = paired(check_can_tick)
