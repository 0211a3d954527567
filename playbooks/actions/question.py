"""Verbs of questions and answers."""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import made_once
from hub.exceptions import Invalid, NotAllowed
from hub.tasks import deliver_outbox
from hub.text import markdown
from hub.wake import wake
from playbooks import emails
from playbooks.models import Answer, Playbook, Question
from playbooks.permissions import (
    check_can_accept,
    check_can_answer,
    check_can_take_part,
    check_can_turn_into_request,
)
from playbooks.tasks import reindex_question
from playbooks.workflow import QUESTION_TRANSITIONS, QuestionStatus
from policies.models import Clause, Policy

LONGEST_TITLE = 200
LONGEST_BODY = 10_000


def ask_question(
    *, title, body="", topic=None, policy=None, clause_key="", playbook=None, service=None, form_token=None, by
):
    """Puts a question to the hub. It is about at most one of a policy, a playbook and a service.

    Whoever may read what it is about may read it. The same words with the same `form_token` again give the question
    that is there; other words, written after going back to the form, are another question.
    """
    check_can_take_part(by)
    title, body = _worded(title, body)
    _check_about(policy, clause_key, playbook, service, by)
    question, _is_new = made_once(
        lambda: _asked_before(form_token, by),
        lambda: _ask(title, body, topic, policy, clause_key, playbook, service, form_token, by),
    )
    if (question.title, question.body) == (title, body):
        return question
    # A token made of the words, so that pressing twice on these asks once, too.
    token = uuid.uuid5(question.form_token, f"{title}\n{body}")
    return ask_question(
        title=title,
        body=body,
        topic=topic,
        policy=policy,
        clause_key=clause_key,
        playbook=playbook,
        service=service,
        form_token=token,
        by=by,
    )


def _asked_before(form_token, by):
    return Question.objects.filter(form_token=form_token, asked_by=by).first() if form_token else None


def _ask(title, body, topic, policy, clause_key, playbook, service, form_token, by):
    about = policy or playbook or service
    home = by.memberships.current().select_related("spoke").first()
    question = Question.objects.create(
        title=title,
        body=body,
        body_html=markdown.render(body, heading_level=3, anchor_prefix="question"),
        asked_by=by,
        asked_for=home.spoke if home else None,
        asked_at=timezone.now(),
        topic=topic or (about.topic if about else None),
        policy=policy,
        clause_key=clause_key,
        playbook=playbook,
        service=service,
        form_token=form_token,
    )
    if policy or playbook:
        question.audiences.set(about.audiences.all())
    audit.record("asked", question, by=by)
    emails.question_asked(question)
    wake(deliver_outbox)
    return question


def _worded(title, body):
    title = " ".join(markdown.clean(title or "").split())
    body = markdown.clean(body or "").strip()
    if not title:
        raise Invalid(_("Ask your question in one sentence."), field="title")
    if len(title) > LONGEST_TITLE:
        raise Invalid(_("Ask in one sentence of at most 200 characters; the details go below."), field="title")
    _check_length(body)
    return title, body


def _check_length(body):
    if len(body) > LONGEST_BODY:
        raise Invalid(_("This is very long. Keep it under 10,000 characters."), field="body")


def _check_about(policy, clause_key, playbook, service, by):
    if sum(one is not None for one in (policy, playbook, service)) > 1:
        raise Invalid(_("Ask about one thing at a time."))
    if policy and not Policy.objects.readable().for_audience_of(by).filter(pk=policy.pk).exists():
        raise Invalid(_("There is no such policy for you to ask about."))
    if playbook and not Playbook.objects.published().for_audience_of(by).filter(pk=playbook.pk).exists():
        raise Invalid(_("There is no such playbook for you to ask about."))
    if clause_key and not (policy and Clause.objects.filter(version__policy=policy, key=clause_key).exists()):
        raise Invalid(_("There is no such clause to ask about."))


def _locked(question_id):
    return Question.objects.select_for_update().get(pk=question_id)


@transaction.atomic
def answer_question(*, question, body, by):
    """Answers; who asked gets a message. The same words by the same person again give the answer that is there."""
    question = _locked(question.pk)
    check_can_answer(by, question)
    body = markdown.clean(body or "").strip()
    if not body:
        raise Invalid(_("Write your answer first."), field="body")
    _check_length(body)
    again = question.answers.shown().filter(answered_by=by, body=body).first()
    if again:
        return again
    answer = Answer.objects.create(
        question=question,
        body=body,
        body_html=markdown.render(body, heading_level=3),
        answered_by=by,
        answered_at=timezone.now(),
    )
    if question.status == QuestionStatus.OPEN:
        _move(question, QuestionStatus.ANSWERED)
    audit.record("answered", question, by=by, answer=answer.pk)
    if by.pk != question.asked_by_id:
        emails.question_answered(answer)
        wake(deliver_outbox)
    wake(reindex_question, question.pk)
    return answer


@transaction.atomic
def accept_answer(*, answer, by):
    """This one answers it; it stands first, and search shows it."""
    question = _locked(answer.question_id)
    check_can_accept(by, question)
    answer = question.answers.get(pk=answer.pk)
    if answer.is_hidden:
        raise NotAllowed(_("This answer is hidden."))
    if answer.is_accepted:
        return answer
    _accept_none(question)
    answer.is_accepted, answer.accepted_at = True, timezone.now()
    answer.save(update_fields=["is_accepted", "accepted_at"])
    if question.status == QuestionStatus.OPEN:
        _move(question, QuestionStatus.ANSWERED)
    audit.record("accepted an answer to", question, by=by, answer=answer.pk)
    wake(reindex_question, question.pk)
    return answer


@transaction.atomic
def reopen_question(*, question, by):
    """No answer so far answers it: it waits for another one, and no answer counts as accepted."""
    question = _locked(question.pk)
    check_can_accept(by, question)
    if QuestionStatus.OPEN not in QUESTION_TRANSITIONS[question.status]:
        raise NotAllowed(_("Only an answered question can be opened again."))
    _accept_none(question)
    _move(question, QuestionStatus.OPEN)
    audit.record("opened again", question, by=by)
    emails.question_asked(question, period=timezone.now().isoformat(timespec="seconds"))
    wake(deliver_outbox)
    wake(reindex_question, question.pk)
    return question


@transaction.atomic
def mark_requested(*, question, by):
    """The question has become a request; engagements call this in the transaction that files it."""
    question = _locked(question.pk)
    check_can_turn_into_request(by, question)
    _move(question, QuestionStatus.REQUESTED)
    audit.record("turned into a request", question, by=by)
    wake(reindex_question, question.pk)
    return question


def _accept_none(question):
    question.answers.filter(is_accepted=True).update(is_accepted=False, accepted_at=None)


def _move(question, status):
    question.status = status
    question.save(update_fields=["status"])
