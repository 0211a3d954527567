"""Drafts, and sending them."""

import functools
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from engagements import answers, clock, emails
from engagements.actions.base import hours_of, instant, locked, log, record
from engagements.models import Citation, ClockSegment, EngagementRequest, Entry
from engagements.permissions import check_can_edit_draft, check_can_file, check_can_turn_into_request
from engagements.workflow import Side, Status
from hub import audit
from hub.exceptions import Invalid
from playbooks.actions import mark_requested
from playbooks.models import Question

LONGEST_TITLE = 160


def once(action):
    """Runs an action whose form token makes a row; when a twin of it made that row first, runs it on that row."""

    @functools.wraps(action)
    def run(**kwargs):
        try:
            with transaction.atomic():
                return action(**kwargs)
        except IntegrityError:
            with transaction.atomic():
                return action(**kwargs)

    return run


@once
def save_draft(
    *,
    service,
    spoke,
    form_token,
    spoke_is_chosen=True,
    title="",
    answers=None,
    cites=(),
    accounts=(),
    playbooks=(),
    at=None,
    by,
):
    """Keeps what was typed so far, as it was typed; one row for each `form_token`.

    Without `spoke_is_chosen` the department is only where the draft is kept, and is asked for again. `cites` are pairs
    of policy and clause key. Raises NotAllowed if it has been sent already.
    """
    check_can_file(by, spoke)
    now, _tell = instant(at)
    draft = _of_token(form_token) or EngagementRequest(requester=by, form_token=form_token, created_at=now)
    check_can_edit_draft(by, draft)
    is_new = draft.pk is None
    draft.service, draft.spoke, draft.spoke_is_chosen = service, spoke, spoke_is_chosen
    draft.title = " ".join(title.replace("\0", " ").split())[:LONGEST_TITLE]
    draft.answers = answers or {}
    draft.saved_at = now
    draft.save()
    _link(draft, cites, accounts, playbooks, is_new=is_new)
    return draft


@once
def submit(
    *,
    service,
    spoke,
    title,
    answers,
    form,
    form_token=None,
    cites=(),
    accounts=(),
    playbooks=(),
    requester=None,
    at=None,
    by,
):
    """Sends a request. The same token twice makes one request: the second time gives the first one back.

    `answers` and `form` are as `engagements.answers` stores them. `requester` is another person than the actor only
    when staff file for somebody.
    """
    check_can_file(by, spoke)
    if not service.is_offered:
        raise Invalid(_("This service is no longer offered. The catalogue shows what took its place."))
    title = " ".join(title.split())
    if not title:
        raise Invalid(_("Give the request a title."), field="title")
    now, tell = instant(at)
    requester = requester or by
    form_token = form_token or uuid.uuid4()
    request = _of_token(form_token) or EngagementRequest(requester=requester, form_token=form_token, created_at=now)
    if request.status != Status.DRAFT and request.requester_id == requester.pk:
        return request
    check_can_edit_draft(requester, request)
    is_new = request.pk is None
    request.service, request.spoke, request.spoke_is_chosen = service, spoke, True
    request.title, request.answers, request.form = title[:LONGEST_TITLE], answers, form
    request.saved_at = request.submitted_at = request.promised_from = now
    request.status = Status.SUBMITTED
    hours = hours_of(request)
    request.first_answer_due_at = clock.first_answer_due(hours, service, now)
    request.delivery_due_at = clock.delivery_due(hours, service, now, 0)
    promise = clock.next_promise(hours, service, request, now, 0)
    request.next_due_at, request.next_risk_at = promise.due_at, promise.risk_at
    request.save()
    ClockSegment.objects.create(request=request, side=Side.HUB, started_at=now)
    _link(request, cites, accounts, playbooks, is_new=is_new)
    entry = log(request, "submitted", at=now, by=by)
    record(request, "submitted", by=by)
    if tell:
        emails.filed(request)
        emails.new_for_hub(request, entry)
    return request


def _of_token(form_token):
    """The row that this form made before, locked, or None."""
    found = EngagementRequest.objects.filter(form_token=form_token).only("pk").first()
    return locked(found) if found else None


def _link(request, cites, accounts, playbooks, *, is_new):
    wanted = {(policy.pk, key) for policy, key in cites}
    if not is_new:
        there = {(row.policy_id, row.clause_key): row for row in request.citations.all()}
        for pair in set(there) - wanted:
            there[pair].delete()
        wanted -= set(there)
    if wanted:
        Citation.objects.bulk_create(
            Citation(request=request, policy_id=policy, clause_key=key) for policy, key in sorted(wanted)
        )
    if accounts or not is_new:
        request.accounts.set(accounts)
    if playbooks or not is_new:
        request.playbooks.set(playbooks)


@transaction.atomic
def discard_draft(*, draft, by):
    """Throws a draft away; nothing is kept, so nothing of it was ever seen by anybody else."""
    draft = locked(draft)
    check_can_edit_draft(by, draft)
    audit.record("discarded", draft, by=by, service=draft.service.slug)
    draft.delete()


@transaction.atomic
def turn_question_into_request(*, question, service, spoke=None, at=None, by):
    """A question that needs work becomes a request of the asker's department, in the asker's name.

    What was asked opens the conversation. Raises Invalid if the asker has no department and none is given.
    """
    question = (
        Question.objects.select_for_update(of=("self",)).select_related("asked_by", "asked_for").get(pk=question.pk)
    )
    check_can_turn_into_request(by, question)
    spoke = question.asked_for or spoke
    if spoke is None:
        raise Invalid(_("The asker has no department. Choose whose request it is."), field="spoke")
    check_can_file(by, spoke)
    request = submit(
        service=service,
        spoke=spoke,
        title=question.title[:LONGEST_TITLE],
        answers={},
        form=answers.snapshot(service.questions.all()),
        requester=question.asked_by,
        cites=[(question.policy, question.clause_key)] if question.policy_id and question.clause_key else [],
        playbooks=[question.playbook] if question.playbook_id else [],
        at=at,
        by=by,
    )
    now, _tell = instant(at)
    request.question = question
    request.save(update_fields=["question"])
    mark_requested(question=question, by=by)
    log(
        request,
        "replied",
        at=now,
        by=question.asked_by,
        text=question.body or question.title,
        kind=Entry.Kind.MESSAGE,
    )
    log(request, "from_question", at=now, by=by)
    return request
