"""Up to five questions before signing; a wrong answer shows the clause, and nobody learns who answered what."""

import json
import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent
from policies import actions
from policies.actions.quiz import MOST_QUESTIONS
from policies.models import Acknowledgement, ProofLink, QuizQuestion
from policies.reports import quiz_for
from tests.policies.factories import clause, make_draft, make_policy, make_published, publish_now, sign, submit

CLAUSES = [clause(f"Clause {n}", key=f"c{n}", body=f"The <em>text</em> of number {n}.") for n in range(1, 9)]


@pytest.fixture
def version(cast):
    return make_published(cast=cast, title="Our rules", must_sign=True, clauses=CLAUSES)


def ask(version, *, by, key="c1", **fields):
    values = {"text": f"What does {key} say?", "choices": ["Yes", "No", "Perhaps"], "right": 1, **fields}
    return actions.save_question(policy=version.policy, clause_key=key, by=by, **values)


def figures(question):
    question.refresh_from_db()
    return question.answered, question.right_at_first


URL = "/policies/our-rules/sign/"


def sent(version, answers, missed=""):
    given = {f"q{question.pk}": str(place) for question, place in answers.items()}
    return {"version": version.number, "text": version.content_hash, "missed": missed, **given}


# --- The bank --------------------------------------------------------------------------------------------------------


def test_a_question_is_kept_with_its_answers_in_order(cast, version):
    question = ask(version, by=cast.paul, text=" Who\nasks? ", choices=["", "We", " They  all ", "", ""], right=2)
    question.refresh_from_db()
    assert (question.text, question.choices, question.right) == ("Who asks?", ["We", "They all"], 1)
    event = AuditEvent.objects.get(verb="saved a question")
    assert event.details == {"question": "Who asks?", "clause": "c1"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "w" * 301}, "text"),
        ({"choices": ["Only"], "right": 0}, "choice_1"),
        ({"choices": ["a", "b", "c", "d", "e", "f"]}, "choice_1"),
        ({"choices": ["Yes", "yes "], "right": 0}, "choice_1"),
        ({"choices": ["a", "b" * 201]}, "choice_1"),
        ({"right": 3}, "right"),
        ({"right": -1}, "right"),
        ({"choices": ["a", "b", ""], "right": 2}, "right"),
        ({"key": "gone"}, "clause_key"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(cast, version, fields, field):
    with pytest.raises(Invalid) as refused:
        ask(version, by=cast.paul, **fields)
    assert refused.value.field == field
    assert not QuizQuestion.objects.exists()


def test_a_bank_is_not_endless(cast, version):
    QuizQuestion.objects.bulk_create(
        QuizQuestion(policy=version.policy, clause_key="c1", text=f"{n}?", choices=["a", "b"], right=0)
        for n in range(MOST_QUESTIONS)
    )
    with pytest.raises(Invalid, match="at most 50"):
        ask(version, by=cast.paul)
    ask(version, by=cast.paul, question=QuizQuestion.objects.first())


def test_other_words_begin_the_count_anew_and_the_same_words_do_not(cast, version):
    question = ask(version, by=cast.paul)
    QuizQuestion.objects.update(answered=9, right_at_first=4)
    ask(version, by=cast.paul, question=question)
    assert figures(question) == (9, 4)
    ask(version, by=cast.paul, question=question, right=0)
    assert figures(question) == (0, 0)


def test_a_question_is_switched_off_and_on(cast, version):
    question = ask(version, by=cast.paul)
    for is_on in (False, False, True):
        actions.set_question_on(question=question, is_on=is_on, by=cast.paul)
        assert [one.pk for one in quiz_for(version, cast.emma)] == ([question.pk] if is_on else [])
    assert AuditEvent.objects.filter(verb__startswith="asks a question").count() == 2


@pytest.mark.parametrize("name", ["emma", "rita", "sam", "audra"])
def test_only_staff_keep_the_bank(cast, version, name):
    question = ask(version, by=cast.paul)
    with pytest.raises(NotAllowed):
        ask(version, by=getattr(cast, name))
    with pytest.raises(NotAllowed):
        actions.set_question_on(question=question, is_on=False, by=getattr(cast, name))


def test_the_database_holds_what_a_count_means(cast, version):
    question = ask(version, by=cast.paul)
    for wrong in ({"right_at_first": 1}, {"right": 5}):
        with pytest.raises(IntegrityError), transaction.atomic():
            QuizQuestion.objects.filter(pk=question.pk).update(**wrong)


# --- Which are asked -------------------------------------------------------------------------------------------------


def test_five_are_asked_the_same_for_a_person_and_others_for_others(cast, version):
    questions = [ask(version, by=cast.paul, key=f"c{n}") for n in range(1, 9)]
    hers = [one.pk for one in quiz_for(version, cast.emma)]
    assert len(hers) == 5
    assert hers == sorted(hers)  # in the order of the clauses
    assert [one.pk for one in quiz_for(version, cast.emma)] == hers
    people = [cast.emma, cast.rita, cast.otto, cast.dora, cast.sam, cast.paul]
    assert {one.pk for person in people for one in quiz_for(version, person)} == {one.pk for one in questions}


def test_a_question_whose_clause_is_gone_is_not_asked(cast, version):
    ask(version, by=cast.paul, key="c1")
    kept = ask(version, by=cast.paul, key="c2")
    newer = make_published(cast=cast, policy=version.policy, clauses=CLAUSES[1:])
    assert [one.pk for one in quiz_for(newer, cast.emma)] == [kept.pk]


def test_nobody_is_asked_about_a_clause_that_is_for_others(cast):
    till = {**clause("Signs at the till", key="till", body="In the window."), "audiences": [cast.retail.group.pk]}
    version = make_published(cast=cast, title="Shops", must_sign=True, clauses=[*CLAUSES[:1], till])
    for key in ("c1", "till"):
        ask(version, by=cast.paul, key=key)
    assert [one.clause_key for one in quiz_for(version, cast.rita)] == ["c1", "till"]
    assert [one.clause_key for one in quiz_for(version, cast.otto)] == ["c1"]
    assert [one.clause.heading for one in quiz_for(version, cast.otto)] == ["Clause 1"]


# --- Signing ---------------------------------------------------------------------------------------------------------


def test_signing_takes_right_answers(cast, version):
    question = ask(version, by=cast.paul)
    for answers in (None, {}, {question.pk: 0}):
        with pytest.raises(Invalid, match="questions first"):
            actions.sign(version=version, content_hash=version.content_hash, answers=answers, by=cast.emma)
    assert not Acknowledgement.objects.exists()
    assert figures(question) == (0, 0)
    mine = actions.sign(version=version, content_hash=version.content_hash, answers={question.pk: 1}, by=cast.emma)
    assert (mine.questions, figures(question)) == (1, (1, 1))
    again = actions.sign(version=version, content_hash=version.content_hash, by=cast.emma)
    assert (again, figures(question)) == (mine, (1, 1))


def test_without_questions_signing_is_as_it_was(cast, version):
    assert sign(person=cast.emma, version=version).questions == 0


def test_a_wrong_answer_shows_the_clause_and_keeps_the_right_ones(client, cast, version):
    first, second = ask(version, by=cast.paul, key="c1"), ask(version, by=cast.paul, key="c2")
    client.force_login(cast.emma)
    page = client.get(URL).content.decode()
    assert "2 questions first" in page and "quiz-clause" not in page
    answer = client.post(URL, sent(version, {first: 0, second: 1}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('class="quiz-clause"') == 1
    assert "The &lt;em&gt;text" not in page.split("quiz-clause")[1]
    assert "number 1." in page.split("quiz-clause")[1]
    assert "Not quite. Read the clause below" in page
    checked = [tag for tag in re.findall(r"<input[^>]*radio[^>]*>", page) if "checked" in tag]
    assert len(checked) == 2
    [missed] = re.findall(r'name="missed" value="([^"]*)"', page)
    assert missed == str(first.pk)
    assert not Acknowledgement.objects.exists()
    assert client.post(URL, sent(version, {first: 1, second: 1}, missed)).status_code == 302
    assert Acknowledgement.objects.get().questions == 2
    assert (figures(first), figures(second)) == ((1, 0), (1, 1))


def test_an_unanswered_question_is_named_and_no_miss(client, cast, version):
    question = ask(version, by=cast.paul)
    client.force_login(cast.emma)
    page = client.post(URL, sent(version, {})).content.decode()
    assert "Choose an answer to “What does c1 say?”." in page
    assert "quiz-clause" not in page
    assert 'name="missed" value=""' in page
    assert client.post(URL, sent(version, {question: 7})).status_code == 422
    assert client.post(URL, sent(version, {question: 1}, "nonsense 99999 \0")).status_code == 302
    assert figures(question) == (1, 1)


def test_nothing_says_who_answered_what(client, cast, version):
    question = ask(version, by=cast.paul)
    client.force_login(cast.emma)
    client.post(URL, sent(version, {question: 0}))
    client.post(URL, sent(version, {question: 1}, str(question.pk)))
    event = AuditEvent.objects.get(verb="signed")
    assert event.details == {}
    client.force_login(cast.paul)
    page = client.get(desk(version)).content.decode()
    assert "right at first try" not in page
    assert "too few have answered it" in page
    assert cast.emma.name not in page
    QuizQuestion.objects.update(answered=5, right_at_first=2)
    assert "2 of 5 right at first try" in client.get(desk(version)).content.decode()


def test_questions_that_change_while_she_answers(client, cast, version, monkeypatch):
    """Between the look at her answers and the lock a question is added."""
    question = ask(version, by=cast.paul)
    client.force_login(cast.emma)
    asked = quiz_for(version, cast.emma)
    ask(version, by=cast.paul, key="c2")
    monkeypatch.setattr("policies.views.signing.quiz_for", lambda *given: asked)
    answer = client.post(URL, sent(version, {question: 1}))
    assert answer.status_code == 422
    assert "Answer the questions first" in answer.content.decode()
    assert not Acknowledgement.objects.exists()


def test_a_newer_text_is_told_before_its_questions_are_asked(client, cast, version):
    question = ask(version, by=cast.paul)
    make_published(cast=cast, policy=version.policy, clauses=CLAUSES[:3])
    client.force_login(cast.emma)
    answer = client.post(URL, sent(version, {question: 1}))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "took the place of this text" in page and 'name="missed" value=""' in page


def test_the_proof_holds_that_a_quiz_was_passed_only_where_there_was_one(cast, version):
    sign(person=cast.otto, version=version)
    question = ask(version, by=cast.paul)
    actions.sign(version=version, content_hash=version.content_hash, answers={question.pk: 1}, by=cast.emma)
    actions.extend_fully()
    entries = [json.loads(link.text) for link in ProofLink.objects.filter(kind="signed").order_by("position")]
    assert [entry.get("questions") for entry in entries] == [None, 1]
    assert "questions" not in entries[0]


def test_the_signing_page_costs_the_same_for_one_question_and_three(client, cast, version):
    client.force_login(cast.emma)
    costs = []
    for n in range(1, 4):
        ask(version, by=cast.paul, key=f"c{n}")
        client.get(URL)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        costs.append(len(queries))
    assert costs == [costs[0]] * 3


# --- The desk --------------------------------------------------------------------------------------------------------


def desk(version, *more):
    return "/".join(["/admin/policies/policy", str(version.policy_id), "quiz", *map(str, more)]) + "/"


def form(**changes):
    return {"text": "Who?", "clause_key": "c2", "choice_1": "We", "choice_2": "They", "right": "2", **changes}


def test_staff_write_change_and_switch_questions(client, cast, version):
    client.force_login(cast.paul)
    assert "No questions yet" in client.get(desk(version)).content.decode()
    client.post(desk(version), form())
    question = QuizQuestion.objects.get()
    assert (question.choices, question.right, question.clause_key) == (["We", "They"], 1, "c2")
    page = client.get(desk(version, question.pk)).content.decode()
    assert 'value="They"' in page and "nobody has answered it yet" in page
    client.post(desk(version, question.pk), form(choice_3="Nobody", right="3"))
    question.refresh_from_db()
    assert (question.choices, question.right) == (["We", "They", "Nobody"], 2)
    client.post(desk(version, question.pk, "switch"))
    assert "Not asked" in client.get(desk(version)).content.decode()
    client.post(desk(version, question.pk, "switch"))
    assert "It is asked again." in client.get(desk(version)).content.decode()


def test_a_refused_question_keeps_what_was_typed(client, cast, version):
    client.force_login(cast.paul)
    for changes in ({"choice_2": "we"}, {"right": "4"}, {"text": ""}, {"clause_key": ""}):
        answer = client.post(desk(version), form(**{"choice_1": "we", **changes}))
        assert answer.status_code == 422
        assert 'value="we"' in answer.content.decode()
    assert not QuizQuestion.objects.exists()


def test_auditors_read_the_bank(client, cast, version):
    ask(version, by=cast.paul)
    client.force_login(cast.audra)
    page = client.get(desk(version)).content.decode()
    assert "What does c1 say?" in page and "Add a question" not in page


def test_clauses_of_drafts_can_be_asked_about_and_gone_ones_are_told(client, cast, version):
    client.force_login(cast.paul)
    ask(version, by=cast.paul, key="c1")
    draft = make_draft(cast=cast, policy=version.policy, clauses=[*CLAUSES[1:], clause("Brand new", key="new")])
    assert "Brand new (not published yet)" in client.get(desk(version)).content.decode()
    client.post(desk(version), form(clause_key="new"))
    publish_now(submit(draft, by=cast.paul), by=cast.hana)
    page = client.get(desk(version)).content.decode()
    assert "Its clause is gone, so it is not asked" in page
    assert "not published yet" not in page


def test_a_policy_without_clauses_has_no_form(client, cast):
    client.force_login(cast.paul)
    page = client.get(f"/admin/policies/policy/{make_policy(cast=cast).pk}/quiz/").content.decode()
    assert "Write the policy" in page and "choice_1" not in page
