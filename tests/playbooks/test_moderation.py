"""Reported, hidden, brought back, changed, taken back: nobody loses anything but readers the sight of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hub import actions as hub_actions
from hub import mail, search
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent, OutboxMessage
from hub.wake import nobody_woken
from playbooks import actions, tasks
from playbooks.actions import moderation
from playbooks.followed import followed_items
from playbooks.models import Answer, Question, Report
from playbooks.workflow import QuestionStatus
from tests.playbooks.factories import make_answer, make_published, make_question


@pytest.fixture
def question(cast):
    return make_question(cast=cast, title="May we post lanterns?", body="At night.", by=cast.otto)


@pytest.fixture
def answer(cast, question):
    return make_answer(cast=cast, question=question, body="Yes, with lanterns.", by=cast.paul)


def fresh(text):
    return type(text).objects.get(pk=text.pk)


def report(text, by, **values):
    return actions.report(text=text, by=by, **{"reason": "unkind", "sentence": "Rude.", **values})


def hide(text, by, **values):
    return actions.hide(text=text, by=by, **{"reason": "unkind", "sentence": "Please be kind.", **values})


def events(text):
    rows = AuditEvent.objects.filter(object_type=text._meta.label_lower, object_id=str(text.pk))
    return list(rows.order_by("pk").values_list("verb", flat=True))


# --- Reporting --------------------------------------------------------------------------------------------------------


def test_a_report_changes_nothing_for_its_author_and_twice_is_once(cast, question, answer):
    made = report(answer, cast.emma)
    assert report(answer, cast.emma, reason="harmful") == made
    assert (made.question, made.answer, made.text) == (question, answer, "Yes, with lanterns.")
    assert not fresh(answer).is_hidden
    assert not OutboxMessage.objects.filter(recipient=cast.paul, kind="text_hidden").exists()
    assert events(answer) == ["reported"]


def test_what_a_question_without_details_said_is_its_title(cast):
    assert report(make_question(cast=cast, title="Why?", by=cast.otto), cast.emma).text == "Why?"


def test_who_may_not_report(cast, question, answer):
    for text, person in [(question, cast.otto), (answer, cast.paul), (answer, cast.audra)]:
        with pytest.raises(NotAllowed):
            report(text, person)
    hide(answer, cast.hana)
    with pytest.raises(NotAllowed, match="hidden already"):
        report(answer, cast.emma)


def test_so_many_reports_a_day_and_no_more(cast, question, answer, monkeypatch):
    monkeypatch.setattr(moderation, "MOST_REPORTS", 1)
    first = report(answer, cast.emma)
    with pytest.raises(Invalid, match="a lot today"):
        report(question, cast.emma)
    Report.objects.filter(pk=first.pk).update(reported_at=timezone.now() - timedelta(days=2))
    report(question, cast.emma)


def test_a_sentence_has_an_end(cast, answer):
    with pytest.raises(Invalid, match="300"):
        report(answer, cast.emma, sentence="x" * 301)


# --- Hiding and bringing back -----------------------------------------------------------------------------------------


def test_hiding_an_answer_tells_its_author_and_opens_the_question_again(cast, question, answer):
    made = report(answer, cast.emma)
    hidden = hide(answer, cast.hana)
    assert hide(answer, cast.hana).hidden_at == hidden.hidden_at
    made.refresh_from_db()
    assert (made.outcome, made.settled_by) == ("hidden", cast.hana)
    assert fresh(question).status == QuestionStatus.OPEN
    [told] = OutboxMessage.objects.filter(kind="text_hidden")
    assert told.recipient == cast.paul
    assert "Please be kind." in told.text and "Emma" not in told.text
    back = actions.bring_back(text=answer, by=cast.hana)
    assert (back.hidden_note, back.body) == ("", "Yes, with lanterns.")
    assert fresh(question).status == QuestionStatus.ANSWERED
    assert actions.bring_back(text=answer, by=cast.hana) == answer
    assert events(answer) == ["reported", "hid", "brought back"]


def test_an_acceptance_comes_back_and_gives_way_to_a_later_one(cast, question, answer):
    actions.accept_answer(answer=answer, by=cast.otto)
    hide(answer, cast.hana)
    with pytest.raises(NotAllowed, match="hidden"):
        actions.accept_answer(answer=answer, by=cast.otto)
    actions.bring_back(text=answer, by=cast.hana)
    assert fresh(answer).is_accepted
    hide(answer, cast.hana)
    other = make_answer(cast=cast, question=question, body="No.", by=cast.lena)
    actions.accept_answer(answer=other, by=cast.otto)
    actions.bring_back(text=answer, by=cast.hana)
    assert [one.body for one in question.answers.filter(is_accepted=True)] == ["No."]


def test_a_question_that_was_opened_again_stays_open_when_one_of_its_answers_comes_back(cast, question, answer):
    make_answer(cast=cast, question=question, body="No.", by=cast.lena)
    hide(answer, cast.hana)
    assert fresh(question).status == QuestionStatus.ANSWERED
    actions.reopen_question(question=question, by=cast.otto)
    actions.bring_back(text=answer, by=cast.hana)
    assert fresh(question).status == QuestionStatus.OPEN


def test_an_answer_that_was_not_enough_is_not_enough_when_it_comes_back(cast, question, answer):
    actions.reopen_question(question=question, by=cast.otto)
    hide(answer, cast.hana)
    actions.bring_back(text=answer, by=cast.hana)
    assert fresh(question).status == QuestionStatus.OPEN
    actions.accept_answer(answer=answer, by=cast.otto)
    hide(answer, cast.hana)
    actions.bring_back(text=answer, by=cast.hana)
    assert fresh(question).status == QuestionStatus.ANSWERED


def test_one_that_became_a_request_stays_so(cast, question, answer):
    actions.mark_requested(question=question, by=cast.paul)
    hide(answer, cast.hana)
    actions.bring_back(text=answer, by=cast.hana)
    assert fresh(question).status == QuestionStatus.REQUESTED


def test_the_same_words_after_they_were_taken_back_are_another_answer(cast, question, answer):
    actions.take_back(text=answer, by=cast.paul)
    assert make_answer(cast=cast, question=question, body="Yes, with lanterns.", by=cast.paul) != answer


def test_who_may_not_hide_or_let_stand_or_bring_back(cast, question, answer):
    for person in (cast.emma, cast.otto, cast.audra, cast.paul):
        for act in (lambda by: hide(answer, by), lambda by: actions.let_stand(text=answer, by=by)):
            with pytest.raises(NotAllowed):
                act(person)
    hide(answer, cast.hana)
    for person in (cast.emma, cast.audra, cast.paul):
        with pytest.raises(NotAllowed):
            actions.bring_back(text=answer, by=person)


def test_hiding_needs_a_sentence(cast, answer):
    with pytest.raises(Invalid) as refused:
        hide(answer, cast.hana, sentence="  ")
    assert refused.value.field == "sentence"


def test_letting_it_stand_settles_the_reports_and_tells_nobody(cast, answer):
    report(answer, cast.emma)
    report(answer, cast.rita)
    before = OutboxMessage.objects.count()
    assert actions.let_stand(text=answer, by=cast.hana)
    assert not actions.let_stand(text=answer, by=cast.hana)
    assert set(Report.objects.values_list("outcome", "settled_by")) == {("kept", cast.hana.pk)}
    assert OutboxMessage.objects.count() == before
    assert events(answer) == ["reported", "reported", "let stand"]
    report(answer, cast.emma)  # Something new may have come up.


def test_a_hidden_question_is_neither_answered_nor_requested(cast, question):
    hide(question, cast.hana)
    with pytest.raises(NotAllowed, match="hidden"):
        make_answer(cast=cast, question=question, by=cast.paul)
    with pytest.raises(NotAllowed, match="hidden"):
        actions.mark_requested(question=question, by=cast.paul)


# --- Nowhere to be seen -----------------------------------------------------------------------------------------------


def found(person):
    return [hit.url for hit in search.search("lanterns", group_ids=person.audience_group_ids()).hits]


def test_hidden_is_in_no_list_search_letter_or_mail(cast, as_, question, answer):
    hub_actions.follow(kind="department", object_id=cast.operations.pk, by=cast.emma)
    hub_actions.follow(kind="question", object_id=question.pk, by=cast.emma)
    since = timezone.now() - timedelta(days=1)
    tasks.reindex_question(question.pk)
    assert found(cast.emma) and list(followed_items(cast.emma, since))
    waiting = OutboxMessage.objects.get(kind="question_answered")
    assert mail.is_still_true(waiting)
    hide(answer, cast.hana)
    assert not mail.is_still_true(waiting)
    tasks.reindex_question(question.pk)
    assert found(cast.emma) == []
    page = as_(cast.emma).get(question.get_absolute_url()).text
    assert "Yes, with lanterns." not in page
    hide(question, cast.hana)
    assert list(followed_items(cast.emma, since)) == []
    assert list(followed_items(cast.paul, since)) == []
    for person in (cast.emma, cast.rita, cast.hana):
        for tab in ("open", "answered", "to-answer"):
            assert "lanterns" not in as_(person).get(f"/questions/?show={tab}").text
    assert as_(cast.emma).get(question.get_absolute_url()).status_code == 404
    asked = OutboxMessage.objects.filter(kind="question_asked").first()
    assert not mail.is_still_true(asked)


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_search_does_not_find_it_from_that_moment_on_even_where_no_job_runs(cast, question, answer, is_taken_back):
    tasks.reindex_question(question.pk)
    assert found(cast.emma)
    with nobody_woken():
        if is_taken_back:
            actions.take_back(text=answer, by=cast.paul)
        else:
            hide(question, cast.hana)
    assert found(cast.emma) == []


def test_its_author_is_not_told_of_what_was_brought_back_before_the_mail_left(cast, question, answer):
    for text in (question, answer):
        hide(text, cast.hana)
        told = OutboxMessage.objects.get(kind="text_hidden", about=f"{text._meta.label_lower}:{text.pk}")
        assert mail.is_still_true(told)
        actions.bring_back(text=text, by=cast.hana)
        assert not mail.is_still_true(told)
        hide(text, cast.hana)
        assert not mail.is_still_true(told)


def test_its_author_and_the_hub_see_it_with_the_reason(cast, as_, question):
    hide(question, cast.hana)
    for person in (cast.otto, cast.hana, cast.audra):
        page = as_(person).get(question.get_absolute_url()).text
        assert "Please be kind." in page and "At night." in page
        assert ("Bring it back" in page) is (person == cast.hana)
    assert "lanterns" in as_(cast.otto).get("/questions/?show=mine").text


def test_who_answered_a_playbooks_question_is_not_credited_for_what_is_hidden(cast, as_):
    playbook = make_published(cast=cast, owner=cast.hana).playbook
    answer = make_answer(cast=cast, question=make_question(cast=cast, playbook=playbook), by=cast.lena)
    assert "Lena" in as_(cast.emma).get(playbook.get_absolute_url()).text
    hide(answer, cast.hana)
    assert "Lena" not in as_(cast.emma).get(playbook.get_absolute_url()).text


# --- One's own --------------------------------------------------------------------------------------------------------


def test_a_question_changes_until_somebody_answers(cast, question):
    changed = actions.change_question(question=question, title=" May we  post? ", body="*Soon*", by=cast.otto)
    assert (changed.title, changed.edited_at is None) == ("May we post?", False)
    assert "<em>Soon</em>" in changed.body_html
    assert actions.change_question(question=question, title="May we post?", body="*Soon*", by=cast.otto) == changed
    assert events(question)[-1] == "changed" and events(question).count("changed") == 1
    make_answer(cast=cast, question=question)
    for act in (
        lambda: actions.change_question(question=question, title="Other", by=cast.otto),
        lambda: actions.take_back(text=question, by=cast.otto),
    ):
        with pytest.raises(NotAllowed, match="Somebody has answered"):
            act()


def test_nobody_changes_what_somebody_else_wrote_or_what_is_hidden(cast, question):
    with pytest.raises(NotAllowed, match="Only who wrote this"):
        actions.change_question(question=question, title="Other", by=cast.hana)
    hide(question, cast.hana)
    with pytest.raises(NotAllowed, match="is hidden"):
        actions.change_question(question=question, title="Other", by=cast.otto)


def test_a_question_that_became_a_request_stays(cast, question, answer):
    actions.mark_requested(question=question, by=cast.paul)
    with pytest.raises(NotAllowed, match="became a request"):
        actions.take_back(text=question, by=cast.otto)
    with pytest.raises(NotAllowed, match="became a request"):
        actions.change_answer(answer=answer, body="No.", by=cast.paul)


def test_an_answer_changes_and_search_follows(cast, question, answer):
    changed = actions.change_answer(answer=answer, body="No lanterns.", by=cast.paul)
    assert (changed.body_html, changed.edited_at is None) == ('<p dir="auto">No lanterns.</p>\n', False)
    assert actions.change_answer(answer=answer, body="No lanterns.", by=cast.paul) == changed
    for body, words in [("", "Write your answer"), ("x" * 10_001, "very long")]:
        with pytest.raises(Invalid, match=words):
            actions.change_answer(answer=answer, body=body, by=cast.paul)
    assert events(answer) == ["changed"]


def test_taking_back_settles_reports_and_can_be_undone_by_its_author_alone(cast, question, answer):
    report(answer, cast.emma)
    actions.take_back(text=answer, by=cast.paul)
    assert actions.take_back(text=answer, by=cast.paul).is_taken_back
    assert Report.objects.get().outcome == "taken_back"
    assert fresh(question).status == QuestionStatus.OPEN
    assert not OutboxMessage.objects.filter(kind="text_hidden").exists()
    with pytest.raises(NotAllowed, match="only she"):
        actions.bring_back(text=answer, by=cast.hana)
    actions.bring_back(text=answer, by=cast.paul)
    actions.accept_answer(answer=answer, by=cast.otto)
    with pytest.raises(NotAllowed, match="accepted"):
        actions.take_back(text=answer, by=cast.paul)


# --- On screen --------------------------------------------------------------------------------------------------------


def test_reporting_and_deciding_on_screen(cast, as_, question, answer):
    url = f"/questions/{question.pk}/answers/{answer.pk}"
    assert f"{url}/report/" in as_(cast.emma).get(question.get_absolute_url()).text
    refused = as_(cast.emma).post(f"{url}/report/", {"sentence": "It names my daughter."})
    assert refused.status_code == 422 and "It names my daughter." in refused.text
    as_(cast.emma).post(f"{url}/report/", {"reason": "personal", "sentence": "It names my daughter."})
    actions.report(text=answer, reason="unkind", by=cast.rita)
    assert "1 text was reported" in as_(cast.hana).get("/").text
    assert "was reported" not in as_(cast.paul).get("/").text
    assert "was reported" not in as_(cast.emma).get("/").text
    actions.change_answer(answer=answer, body="Ask her parents.", by=cast.paul)
    page = as_(cast.hana).get("/desk/reports/").text
    for words in ("It names my daughter.", "Rita", "Emma", "changed since", "Yes, with lanterns.", "Let it stand"):
        assert words in page
    assert page.count("Let it stand") == 1
    assert "somebody else decides" in as_(cast.paul).get("/desk/reports/").text
    assert "staff decide" in as_(cast.audra).get("/desk/reports/").text
    page = as_(cast.hana).get(f"{url}/hide/").text
    assert 'value="personal" required checked' in page or "checked" in page.split('value="personal"')[1][:40]
    refused = as_(cast.hana).post(f"{url}/hide/", {"reason": "personal", "sentence": ""})
    assert refused.status_code == 422
    as_(cast.hana).post(f"{url}/hide/", {"reason": "personal", "sentence": "Leave her out."})
    assert fresh(answer).is_hidden
    assert "Nothing to decide" in as_(cast.hana).get("/desk/reports/").text
    assert "Leave her out" not in as_(cast.hana).get("/desk/reports/?show=settled").text
    assert as_(cast.hana).get("/desk/reports/?show=settled").text.count("hidden: <bdi>Hana") == 2


def test_what_was_typed_stays_where_somebody_answered_or_hid_it_meanwhile(cast, as_, question, answer):
    refused = as_(cast.otto).post(f"/questions/{question.pk}/change/", {"title": "Shorter?", "body": "Typed long."})
    assert refused.status_code == 422
    assert "Typed long." in refused.text and "Somebody has answered this question" in refused.text
    hide(answer, cast.hana)
    url = f"/questions/{question.pk}/answers/{answer.pk}/change/"
    refused = as_(cast.paul).post(url, {"body": "Typed again."})
    assert refused.status_code == 422
    assert "Typed again." in refused.text and "This is hidden." in refused.text
    assert as_(cast.paul).get(url).status_code == 403
    assert (fresh(question).title, fresh(answer).body) == ("May we post lanterns?", "Yes, with lanterns.")


def test_staff_do_not_read_who_reported_what_they_wrote_themselves(cast, as_, question, answer):
    report(answer, cast.emma, sentence="Rude.")
    page = as_(cast.paul).get("/desk/reports/").text
    assert "Rude." in page and "Emma" not in page
    assert "Emma" in as_(cast.hana).get("/desk/reports/").text
    actions.let_stand(text=answer, by=cast.hana)
    settled = as_(cast.paul).get("/desk/reports/?show=settled").text
    assert "Rude." in settled and "Emma" not in settled and "Hana" in settled


def test_an_empty_history_says_so(cast, as_):
    assert "Nothing was settled yet" in as_(cast.hana).get("/desk/reports/?show=settled").text


def test_questions_are_reported_let_stand_changed_and_taken_back_on_screen(cast, as_, question):
    url = f"/questions/{question.pk}"
    as_(cast.emma).post(f"{url}/report/", {"reason": "astray"})
    assert "Hide it" in as_(cast.hana).get("/desk/reports/").text
    assert "Hide this question" in as_(cast.hana).get(f"{url}/hide/").text
    assert as_(cast.hana).post(f"{url}/let-stand/").url == "/desk/reports/"
    page = as_(cast.otto).get(f"{url}/change/").text
    assert "At night." in page
    refused = as_(cast.otto).post(f"{url}/change/", {"title": "", "body": "Typed."})
    assert refused.status_code == 422 and "Typed." in refused.text
    as_(cast.otto).post(f"{url}/change/", {"title": "May we?", "body": "Typed."})
    assert "changed" in as_(cast.emma).get(f"{url}/").text
    as_(cast.otto).post(f"{url}/take-back/")
    assert "Taken back. Readers do not see it." in as_(cast.otto).get(f"{url}/").text
    as_(cast.otto).post(f"{url}/bring-back/")
    assert not Question.objects.get().is_hidden


def test_an_answer_is_changed_on_screen_and_a_refusal_loses_nothing(cast, as_, question, answer):
    url = f"/questions/{question.pk}/answers/{answer.pk}/change/"
    assert "Yes, with lanterns." in as_(cast.paul).get(url).text
    assert as_(cast.paul).post(url, {"body": " "}).status_code == 422
    as_(cast.paul).post(url, {"body": "No."})
    assert Answer.objects.get().body == "No."


def test_too_many_reports_are_refused_with_what_was_typed(cast, as_, question, monkeypatch):
    monkeypatch.setattr(moderation, "MOST_REPORTS", 0)
    refused = as_(cast.emma).post(f"/questions/{question.pk}/report/", {"reason": "astray", "sentence": "Typed."})
    assert refused.status_code == 422 and "a lot today" in refused.text and "Typed." in refused.text
