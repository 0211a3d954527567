"""Verbs of what people write for all to read: reporting, hiding, letting stand, changing, taking and bringing back.

`text` is a question or an answer. Everything happens under the lock of the question.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid
from hub.tasks import deliver_outbox
from hub.text import markdown
from hub.wake import wake
from playbooks import emails
from playbooks.models import OWN, Answer, Objection, Question, Report
from playbooks.permissions import (
    check_can_bring_back,
    check_can_change_answer,
    check_can_change_question,
    check_can_moderate,
    check_can_report,
    check_can_take_back_answer,
)
from playbooks.tasks import reindex_question
from playbooks.workflow import QuestionStatus

from .question import _check_length, _worded

LONGEST_SENTENCE = 300
# More than anybody means well in a day.
MOST_REPORTS, WITHIN = 10, timedelta(days=1)


def _locked(text):
    """(question, the question or answer itself), the question's row locked."""
    question = (
        Question.objects.select_for_update(of=("self",))
        .select_related("asked_by")
        .get(pk=text.question_id if isinstance(text, Answer) else text.pk)
    )
    if not isinstance(text, Answer):
        return question, question
    answer = question.answers.select_related("answered_by").get(pk=text.pk)
    answer.question = question
    return question, answer


def about(text):
    return f"{text._meta.model_name}:{text.pk}"


def _sentence(words, *, needed=False):
    words = " ".join(markdown.clean(words or "").split())
    if needed and not words:
        raise Invalid(_("Say in a sentence what is wrong, so that its author understands."), field="sentence")
    if len(words) > LONGEST_SENTENCE:
        raise Invalid(_("Keep it under 300 characters."), field="sentence")
    return words


@transaction.atomic
def report(*, text, reason, sentence="", by):
    """Asks the hub to look at it. Nothing changes for its author until somebody has. Twice is once."""
    question, text = _locked(text)
    check_can_report(by, text)
    sentence = _sentence(sentence)
    found = Report.objects.open().filter(about=about(text), reported_by=by).first()
    if found is not None:
        return found
    if Report.objects.filter(reported_by=by, reported_at__gt=timezone.now() - WITHIN).count() >= MOST_REPORTS:
        raise Invalid(_("You have reported a lot today. Write to the hub about the rest: it answers."))
    made = Report.objects.create(
        question=question,
        answer=text if isinstance(text, Answer) else None,
        about=about(text),
        reported_by=by,
        reported_at=timezone.now(),
        reason=Objection(reason),
        sentence=sentence,
        text=text.body or question.title,
    )
    audit.record("reported", text, by=by, reason=made.reason)
    return made


def _settle(text, outcome, by):
    reports = Report.objects.open().filter(about=about(text))
    return reports.update(outcome=outcome, settled_by=by, settled_at=timezone.now())


def _hide(question, text, by, reason, note=""):
    text.hidden_at, text.hidden_by, text.hidden_reason, text.hidden_note = timezone.now(), by, reason, note
    text.save(update_fields=["hidden_at", "hidden_by", "hidden_reason", "hidden_note"])
    if question.status == QuestionStatus.ANSWERED and not question.answers.shown().exists():
        question.status = QuestionStatus.OPEN
        question.save(update_fields=["status"])
    # Not woken: a job that is lost would leave it to be found.
    reindex_question(question.pk)


@transaction.atomic
def hide(*, text, reason, sentence, by):
    """Readers no longer see it; its author is told why. What is hidden already stays as it is."""
    question, text = _locked(text)
    check_can_moderate(by, text)
    note = _sentence(sentence, needed=True)
    if text.is_hidden:
        return text
    _hide(question, text, by, Objection(reason), note)
    _settle(text, Report.Outcome.HIDDEN, by)
    audit.record("hid", text, by=by, reason=text.hidden_reason)
    emails.text_hidden(text)
    wake(deliver_outbox)
    return text


@transaction.atomic
def let_stand(*, text, by):
    """It stays; the reports about it are settled, and its author hears nothing. Whether there were any."""
    _question, text = _locked(text)
    check_can_moderate(by, text)
    settled = _settle(text, Report.Outcome.KEPT, by)
    if settled:
        audit.record("let stand", text, by=by)
    return bool(settled)


@transaction.atomic
def take_back(*, text, by):
    """Its author takes it back; she can bring it back."""
    question, text = _locked(text)
    if text.is_taken_back and text.author.pk == by.pk:
        return text
    (check_can_take_back_answer if isinstance(text, Answer) else check_can_change_question)(by, text)
    _hide(question, text, by, OWN)
    _settle(text, Report.Outcome.TAKEN_BACK, by)
    audit.record("took back", text, by=by)
    return text


def _was_enough(question, answer):
    """Whether nobody opened the question again after this answer, or it was accepted since."""
    reopened = audit.history(question).filter(verb="opened again", at__gte=answer.answered_at)
    return answer.is_accepted or not reopened.exists()


@transaction.atomic
def bring_back(*, text, by):
    """Readers see it again, as it was; an answer that is the only one answers its question again."""
    question, text = _locked(text)
    if not text.is_hidden:
        return text
    check_can_bring_back(by, text)
    answers_again = isinstance(text, Answer) and not question.answers.shown().exists() and _was_enough(question, text)
    text.hidden_at, text.hidden_by, text.hidden_reason, text.hidden_note = None, None, "", ""
    text.save(update_fields=["hidden_at", "hidden_by", "hidden_reason", "hidden_note"])
    if answers_again and question.status == QuestionStatus.OPEN:
        question.status = QuestionStatus.ANSWERED
        question.save(update_fields=["status"])
    audit.record("brought back", text, by=by)
    wake(reindex_question, question.pk)
    return text


@transaction.atomic
def change_question(*, question, title, body="", by):
    """Better words, until somebody answers."""
    question, _same = _locked(question)
    check_can_change_question(by, question)
    title, body = _worded(title, body)
    if (title, body) == (question.title, question.body):
        return question
    question.title, question.body, question.edited_at = title, body, timezone.now()
    question.body_html = markdown.render(body, heading_level=3, anchor_prefix="question")
    question.save(update_fields=["title", "body", "body_html", "edited_at"])
    audit.record("changed", question, by=by)
    return question


@transaction.atomic
def change_answer(*, answer, body, by):
    """Better words; readers see that it was changed."""
    question, answer = _locked(answer)
    check_can_change_answer(by, answer)
    body = markdown.clean(body or "").strip()
    if not body:
        raise Invalid(_("Write your answer first."), field="body")
    _check_length(body)
    if body == answer.body:
        return answer
    answer.body, answer.body_html, answer.edited_at = body, markdown.render(body, heading_level=3), timezone.now()
    answer.save(update_fields=["body", "body_html", "edited_at"])
    audit.record("changed", answer, by=by)
    wake(reindex_question, question.pk)
    return answer
