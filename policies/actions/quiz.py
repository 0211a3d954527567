"""Verbs of the quiz at signing: the bank of questions, and what is counted of the answers."""

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid
from hub.text.markdown import clean
from policies.models import Clause, QuizQuestion
from policies.permissions import check_can_curate_policies
from policies.reports import quiz_for
from policies.workflow import OPEN, PUBLISHED

from .common import locked

FEWEST_CHOICES, MOST_CHOICES = 2, 5
LONGEST_TEXT, LONGEST_CHOICE = 300, 200
MOST_QUESTIONS = 50


@transaction.atomic
def save_question(*, policy, text, choices, right, clause_key, question=None, by):
    """Adds a question to a policy's bank, or gives one other words; its counts then begin anew.

    Empty `choices` are left out; `right` is the place of the right one among them as they were sent. Raises Invalid.
    """
    check_can_curate_policies(by)
    policy = locked(policy.pk)
    text = " ".join(clean(text or "").split())
    if not text or len(text) > LONGEST_TEXT:
        raise Invalid(_("Write the question, in at most %(n)d characters.") % {"n": LONGEST_TEXT}, field="text")
    written = [" ".join(clean(choice or "").split()) for choice in choices]
    if not 0 <= right < len(written) or not written[right]:
        raise Invalid(_("Choose which of the answers is right."), field="right")
    kept = [choice for choice in written if choice]
    if not FEWEST_CHOICES <= len(kept) <= MOST_CHOICES:
        raise Invalid(_("Write two to five answers."), field="choice_1")
    if len({choice.casefold() for choice in kept}) < len(kept):
        raise Invalid(_("Two answers are the same."), field="choice_1")
    if any(len(choice) > LONGEST_CHOICE for choice in kept):
        raise Invalid(_("Keep each answer under %(n)d characters.") % {"n": LONGEST_CHOICE}, field="choice_1")
    clauses = Clause.objects.filter(version__policy=policy, version__status__in=[*PUBLISHED, *OPEN], key=clause_key)
    if not clauses.exists():
        raise Invalid(_("Choose the clause that answers it."), field="clause_key")
    if question is None:
        if policy.quiz_questions.count() >= MOST_QUESTIONS:
            raise Invalid(_("A policy has at most %(n)d questions. Change one of those.") % {"n": MOST_QUESTIONS})
        question = QuizQuestion(policy=policy)
        before = None
    else:
        question = policy.quiz_questions.select_for_update().get(pk=question.pk)
        before = question.text, question.choices, question.right, question.clause_key
    question.text, question.choices, question.clause_key = text, kept, clause_key
    question.right = kept.index(written[right])
    if before == (question.text, question.choices, question.right, question.clause_key):
        return question
    question.answered = question.right_at_first = 0
    question.save()
    audit.record("saved a question", policy, by=by, question=text, clause=clause_key)
    return question


@transaction.atomic
def set_question_on(*, question, is_on, by):
    """Whether it is asked. One that is not stays in the bank with its counts."""
    check_can_curate_policies(by)
    policy = locked(question.policy_id)
    question = policy.quiz_questions.select_for_update().get(pk=question.pk)
    if question.is_on != is_on:
        question.is_on = is_on
        question.save(update_fields=["is_on"])
        audit.record("asks a question" if is_on else "asks a question no more", policy, by=by, question=question.text)
    return question


def passed(*, version, answers, missed, by):
    """How many questions this person answered right to sign this version, counted without her name.

    `answers` are {question: place of the answer}; `missed` are those she had answered wrong before. Raises Invalid
    unless all are right. Called by the act of signing, in its transaction.
    """
    questions = quiz_for(version, by)
    if any(answers.get(question.pk) != question.right for question in questions):
        raise Invalid(_("Answer the questions first; they are above the button."))
    asked = QuizQuestion.objects.filter(pk__in=[question.pk for question in questions])
    asked.update(answered=F("answered") + 1)
    asked.exclude(pk__in=missed).update(right_at_first=F("right_at_first") + 1)
    return len(questions)
