"""Asked, answered, found again: every verb of questions and every refusal."""

import uuid

import pytest

from hub import actions as hub_actions
from hub import audit
from hub.exceptions import Invalid, NotAllowed
from hub.models import OutboxMessage
from playbooks import actions
from playbooks.models import Answer, Question
from playbooks.permissions import can_answer
from tests.factories import make_person, make_service, make_topic
from tests.playbooks.factories import make_answer, make_playbook, make_published, make_question
from tests.policies.factories import clause
from tests.policies.factories import make_policy as make_policy_draft
from tests.policies.factories import make_published as make_policy_version


@pytest.fixture
def policy(cast):
    version = make_policy_version(
        cast=cast, clauses=[clause(key="say-so")], audiences=[cast.care.group], owner=cast.hana
    )
    return version.policy


def told(kind):
    return {row.recipient.name for row in OutboxMessage.objects.filter(kind=kind)}


def test_a_question_takes_the_audience_of_what_it_is_about(cast, policy):
    question = make_question(cast=cast, policy=policy, clause_key="say-so", body="*When?*")
    assert list(question.audiences.all()) == [cast.care.group]
    assert question.asked_for == cast.care
    assert question.topic == policy.topic
    assert "<em>When?</em>" in question.body_html
    assert question.about == policy
    assert told("question_asked") == {"Hana"}


def test_a_question_on_its_own_goes_to_the_leads(cast):
    topic = make_topic()
    question = make_question(cast=cast, topic=topic)
    assert not question.audiences.exists()
    assert (question.topic, question.about) == (topic, None)
    assert told("question_asked") == {"Hana", "Lena"}


def test_a_question_of_somebody_without_a_home(cast):
    assert make_question(cast=cast, by=make_person(name="New")).asked_for is None


def test_an_owner_who_asks_is_not_told_and_one_who_left_is_replaced(cast):
    playbook = make_published(cast=cast, owner=cast.emma).playbook
    make_question(cast=cast, playbook=playbook, by=cast.emma)
    assert told("question_asked") == {"Hana", "Lena"}
    cast.emma.is_active = False
    cast.emma.save()
    playbook.refresh_from_db()
    make_question(cast=cast, playbook=playbook, by=cast.rita)
    assert told("question_asked") == {"Hana", "Lena"}


def test_the_same_form_twice_is_one_question(cast):
    token = uuid.uuid4()
    first = make_question(cast=cast, title="May I?", form_token=token)
    assert make_question(cast=cast, title=" May  I?", form_token=token) == first
    assert Question.objects.count() == 1


@pytest.mark.parametrize("other", [{"title": "And may I?"}, {"body": "On a Sunday."}])
def test_other_words_after_going_back_are_another_question(cast, other):
    token = uuid.uuid4()
    words = {"title": "May I?", "body": "On a Monday."}
    first = make_question(cast=cast, form_token=token, **words)
    second = make_question(cast=cast, form_token=token, **{**words, **other})
    assert (first.title, first.body) == ("May I?", "On a Monday.")
    assert {"title": second.title, "body": second.body} == {**words, **other}
    assert make_question(cast=cast, form_token=token, **{**words, **other}) == second
    assert make_question(cast=cast, form_token=token, **words) == first
    assert Question.objects.count() == 2


def test_two_forms_that_meet_at_the_database(cast, monkeypatch):
    token = uuid.uuid4()
    first = make_question(cast=cast, title="May I?", form_token=token)
    answers = iter([None, first])
    monkeypatch.setattr("playbooks.actions.question._asked_before", lambda *_args: next(answers))
    assert make_question(cast=cast, title="May I?", form_token=token) == first


def test_somebody_elses_form_token_gives_nothing_away(cast):
    token = uuid.uuid4()
    make_question(cast=cast, form_token=token)
    with pytest.raises(Exception, match="form_token"):
        make_question(cast=cast, form_token=token, by=cast.rita)


@pytest.mark.parametrize(
    ("values", "field"),
    [({"title": " \n"}, "title"), ({"title": "x" * 201}, "title"), ({"body": "x" * 10_001}, "body")],
)
def test_words_that_cannot_be_stored(cast, values, field):
    with pytest.raises(Invalid) as refused:
        actions.ask_question(**{"title": "May I?", **values}, by=cast.emma)
    assert refused.value.field == field


def test_nobody_asks_about_what_she_cannot_read(cast, policy):
    hidden = make_published(cast=cast, audiences=[cast.retail.group]).playbook
    for values in [
        {"policy": policy, "by": cast.otto},
        {"policy": make_policy_draft(cast=cast)},
        {"playbook": hidden},
        {"playbook": make_playbook(cast=cast)},
        {"policy": policy, "clause_key": "gone"},
        {"clause_key": "say-so"},
        {"policy": policy, "service": make_service()},
    ]:
        with pytest.raises(Invalid):
            make_question(cast=cast, **values)
    assert not Question.objects.exists()


def test_auditors_only_read(cast):
    with pytest.raises(NotAllowed, match="Auditors"):
        make_question(cast=cast, by=cast.audra)


def test_a_superuser_who_is_an_auditor_may(cast):
    cast.audra.is_superuser = True
    cast.audra.save()
    assert make_question(cast=cast, by=cast.audra)


def test_an_answer_reaches_who_asked(cast):
    answer = make_answer(cast=cast, body="**Yes**.")
    answer.question.refresh_from_db()
    assert answer.question.status == "answered"
    row = OutboxMessage.objects.get(kind="question_answered")
    assert row.recipient == cast.emma
    assert "Yes." in row.text
    assert "<strong>Yes</strong>" in row.html


def test_who_may_answer(cast, policy):
    question = make_question(cast=cast, by=cast.dora)  # Dora's home is Retail
    expected = {"hana", "lena", "paul", "rita", "dora"}
    assert {name for name, person in cast.everybody().items() if can_answer(person, question)} == expected
    for person in [cast.otto, cast.emma, cast.audra, cast.sam]:
        with pytest.raises(NotAllowed, match="Only the hub"):
            make_answer(cast=cast, question=question, by=person)
    homeless = make_question(cast=cast, by=make_person(name="New"))
    assert not can_answer(cast.rita, homeless)


def test_owner_and_deputy_of_what_it_is_about_may_answer(cast):
    playbook = make_published(cast=cast, owner=cast.otto, deputy=cast.sam).playbook
    question = make_question(cast=cast, playbook=playbook)
    assert can_answer(cast.otto, question)
    assert can_answer(cast.sam, question)
    service = make_question(cast=cast, service=make_service(owner=cast.otto))
    assert can_answer(cast.otto, service)
    assert not can_answer(cast.sam, service)


def test_words_of_an_answer(cast):
    question = make_question(cast=cast)
    for body in [" ", "x" * 10_001]:
        with pytest.raises(Invalid) as refused:
            make_answer(cast=cast, question=question, body=body)
        assert refused.value.field == "body"


def test_the_same_answer_twice_is_one(cast):
    first = make_answer(cast=cast)
    assert make_answer(cast=cast, question=first.question) == first
    assert OutboxMessage.objects.filter(kind="question_answered").count() == 1
    make_answer(cast=cast, question=first.question, body="And no.")
    assert Answer.objects.count() == 2


def test_whoever_answers_herself_gets_no_message(cast):
    question = make_question(cast=cast, by=cast.paul)
    make_answer(cast=cast, question=question, by=cast.paul)
    assert told("question_answered") == set()


def test_one_answer_is_the_answer(cast):
    first = make_answer(cast=cast)
    second = make_answer(cast=cast, question=first.question, body="Better.", by=cast.hana)
    actions.accept_answer(answer=first, by=cast.emma)
    actions.accept_answer(answer=second, by=cast.hana)
    actions.accept_answer(answer=second, by=cast.hana)
    assert list(Answer.objects.filter(is_accepted=True)) == [second]
    assert [event.verb for event in audit.history(first.question)].count("accepted an answer to") == 2
    with pytest.raises(NotAllowed, match="Only who asked"):
        actions.accept_answer(answer=first, by=cast.rita)


def test_a_question_is_opened_again_and_closed_by_accepting(cast):
    answer = make_answer(cast=cast)
    actions.accept_answer(answer=answer, by=cast.emma)
    with pytest.raises(NotAllowed, match="Only who asked"):
        actions.reopen_question(question=answer.question, by=cast.rita)
    question = actions.reopen_question(question=answer.question, by=cast.emma)
    assert question.status == "open"
    assert not Answer.objects.filter(is_accepted=True).exists()
    with pytest.raises(NotAllowed, match="Only an answered"):
        actions.reopen_question(question=question, by=cast.emma)
    actions.accept_answer(answer=answer, by=cast.emma)
    question.refresh_from_db()
    assert question.status == "answered"


def test_a_question_becomes_a_request_once(cast):
    question = make_question(cast=cast)
    with pytest.raises(NotAllowed, match="own staff"):
        actions.mark_requested(question=question, by=cast.rita)
    actions.mark_requested(question=question, by=cast.paul)
    with pytest.raises(NotAllowed, match="request already"):
        actions.mark_requested(question=question, by=cast.paul)
    with pytest.raises(NotAllowed, match="answered there"):
        make_answer(cast=cast, question=question)


def test_an_accepted_answer_stays_one_when_the_question_is_a_request(cast):
    answer = make_answer(cast=cast)
    actions.mark_requested(question=answer.question, by=cast.paul)
    actions.accept_answer(answer=answer, by=cast.emma)
    answer.question.refresh_from_db()
    assert answer.question.status == "requested"


def test_a_question_about_ones_own_thing_reaches_the_leads(cast, policy):
    """Its owner asks; nobody else would hear of it."""
    make_question(cast=cast, by=cast.hana, policy=policy)
    assert told("question_asked") == {"Lena"}
    text = OutboxMessage.objects.get(kind="question_asked").text
    assert str(policy) in text and "you look after" not in text


def test_a_question_about_a_thing_without_an_owner_reaches_the_leads(cast, policy):
    make_question(cast=cast, by=cast.emma, policy=policy)
    assert told("question_asked") == {"Hana"}
    assert "which you look after" in OutboxMessage.objects.get(kind="question_asked").text
    hub_actions.deactivate_person(person=cast.hana, by=cast.lena)
    policy = type(policy).objects.get(pk=policy.pk)
    make_question(cast=cast, by=cast.emma, policy=policy)
    assert told("question_asked") == {"Hana", "Lena"}  # Hana's is the one from before
    assert "you look after" not in OutboxMessage.objects.get(kind="question_asked", recipient=cast.lena).text
