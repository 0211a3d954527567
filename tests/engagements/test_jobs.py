"""Reminders: to the right people, once, and no longer when their cause has gone."""

from datetime import date, timedelta

import pytest
import time_machine

from engagements import actions, emails
from engagements.fillers import still_true
from engagements.jobs import remind_waiting, warn_at_risk
from hub import mail
from hub.models import JobRun, OutboxMessage, Preference
from tests.engagements.factories import make_offer, make_request
from tests.factories import at_local, make_calendar

MONDAY = date(2026, 3, 2)


@pytest.fixture
def then(cast_of_old):
    """A clock on a Monday in March, nine o'clock."""
    with time_machine.travel(at_local(MONDAY, 9), tick=False) as clock:
        yield clock


def sent(kind):
    return sorted(OutboxMessage.objects.filter(kind=kind).values_list("to_address", "subject"))


def on(day, hour=9):
    return at_local(MONDAY + timedelta(days=day), hour)


def test_a_request_that_waits_three_and_ten_working_days(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    made = {}
    for day in range(20):
        then.move_to(on(day, 17))
        made[day] = (remind_waiting(), remind_waiting())
    # Day 2 is the third working day, day 11 the tenth.
    assert {day: counts for day, counts in made.items() if any(counts)} == {2: (1, 0), 11: (1, 0)}
    words = [text for _to, text in sent("request_waiting")]
    assert words == [f"Request {request.pk} still waits for you: Spring shears"] * 2
    assert JobRun.objects.filter(job="engagements.remind_waiting", error="").count() == 40


def test_a_second_wait_is_reminded_of_anew(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    then.move_to(on(3))
    assert remind_waiting() == 1
    actions.reply(request=request, text="Red.", by=cast_of_old.rita)
    actions.ask(request=request, text="And the other?", by=cast_of_old.hana)
    assert remind_waiting() == 0
    then.move_to(on(8))
    assert remind_waiting() == 1


def test_after_a_long_downtime_one_reminder_comes(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    then.move_to(on(60))
    assert (remind_waiting(), remind_waiting()) == (1, 0)
    assert "10 working days" in OutboxMessage.objects.get(kind="request_waiting").text


def test_days_of_a_round_the_clock_service_are_whole_days(cast_of_old, then):
    calendar = make_calendar(slug="always", always_open=True)
    crisis = make_offer(cast=cast_of_old, title="Crisis", calendar=calendar)
    request = make_request(cast=cast_of_old, service=crisis)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    then.move_to(on(2))
    assert remind_waiting() == 0
    then.move_to(on(3))
    assert remind_waiting() == 1


def test_a_reminder_nobody_wants_is_not_sent(cast_of_old, then):
    Preference.objects.create(person=cast_of_old.rita, kind="request_waiting", choice="off")
    request = make_request(cast=cast_of_old)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    then.move_to(on(7))
    assert remind_waiting() == 0


def test_a_promise_at_risk_and_then_missed(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    then.move_to(on(0, 14))
    assert warn_at_risk() == 0
    # 8 hours: at risk after 6.
    then.move_to(on(0, 15))
    assert (warn_at_risk(), warn_at_risk()) == (1, 0)
    assert sent("request_at_risk") == [
        ("paul@larkfield.example", f"A promise is at risk: request {request.pk}, Spring shears")
    ]
    then.move_to(on(1, 9))
    assert (warn_at_risk(), warn_at_risk()) == (3, 0)
    missed = [to for to, subject in sent("request_at_risk") if "missed" in subject]
    assert missed == ["hana@larkfield.example", "lena@larkfield.example", "paul@larkfield.example"]


def test_the_assignee_is_warned_and_a_lead_is_not_warned_twice(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    actions.take(request=request, by=cast_of_old.hana)
    then.move_to(on(3))
    assert warn_at_risk() == 2
    assert [to for to, _s in sent("request_at_risk")] == ["hana@larkfield.example", "lena@larkfield.example"]


def test_no_warning_while_the_department_has_it(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    then.move_to(on(30))
    assert warn_at_risk() == 0


def test_the_number_of_queries_does_not_grow(cast_of_old, then, django_assert_max_num_queries):
    for _ in range(8):
        request = make_request(cast=cast_of_old)
        actions.ask(request=make_request(cast=cast_of_old), text="Which?", by=cast_of_old.hana)
    then.move_to(on(5))
    remind_waiting()
    warn_at_risk()
    with django_assert_max_num_queries(16):
        assert remind_waiting() == 0
        assert warn_at_risk() == 0
    assert request.pk


@pytest.mark.parametrize("answered", [True, False])
def test_a_reminder_whose_cause_has_gone_is_dropped(cast_of_old, then, answered):
    request = make_request(cast=cast_of_old)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    then.move_to(on(4))
    remind_waiting()
    message = OutboxMessage.objects.get(kind="request_waiting")
    assert list(still_true(message)) == [True]
    if answered:
        actions.reply(request=request, text="Red.", by=cast_of_old.rita)
    mail.deliver()
    message.refresh_from_db()
    assert message.state == ("dropped" if answered else "sent")


def test_a_warning_whose_promise_was_kept_is_dropped(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    then.move_to(on(0, 16))
    warn_at_risk()
    message = OutboxMessage.objects.get(kind="request_at_risk")
    assert list(still_true(message)) == [True]
    actions.answer(request=request, text="Here.", by=cast_of_old.hana)
    assert list(still_true(message)) == [False]
    actions.ask(request=request, text="And?", by=cast_of_old.hana)
    assert list(still_true(message)) == [False]


def test_news_of_a_request_that_left_the_hub_is_dropped_but_not_its_end(cast_of_old, then):
    request = make_request(cast=cast_of_old)
    new = OutboxMessage.objects.get(kind="request_new")
    assert list(still_true(new)) == [True]
    actions.withdraw(request=request, by=cast_of_old.rita)
    assert list(still_true(new)) == [False]
    ended = OutboxMessage.objects.filter(kind="request_new").exclude(pk=new.pk).get()
    assert list(still_true(ended)) == [True]
    request.entries.all().delete()
    assert list(still_true(ended)) == [False]


def test_other_kinds_are_not_ours_to_judge(cast_of_old, then):
    make_request(cast=cast_of_old)
    assert list(still_true(OutboxMessage.objects.get(kind="request_filed"))) == []


def test_every_mail_is_written_in_words_and_html(cast_of_old, then):
    request = make_request(cast=cast_of_old, title="Tom & <b>Jerry</b>")
    actions.set_urgent(request=request, reason="Tonight", by=cast_of_old.hana)
    actions.accept(request=request, mode="review", by=cast_of_old.hana)
    actions.ask(request=request, text="Which?", by=cast_of_old.hana)
    then.move_to(on(5))
    remind_waiting()
    actions.reply(request=request, text="Red & <b>blue</b>.", by=cast_of_old.rita)
    actions.assign(request=request, to=cast_of_old.paul, by=cast_of_old.hana)
    then.move_to(on(30))
    warn_at_risk()
    actions.deliver(request=request, summary="Here.", by=cast_of_old.hana)
    actions.close(request=request, by=cast_of_old.rita)
    actions.reopen(request=request, reason="More.", by=cast_of_old.rita)
    actions.advise_against(request=request, reason="Late.", alternative="Ours.", by=cast_of_old.hana)
    kinds = set(OutboxMessage.objects.values_list("kind", flat=True))
    assert kinds == {"request_filed", "request_new", "request_answered", "request_waiting", "request_at_risk"}
    for message in OutboxMessage.objects.all():
        assert "Tom & <b>Jerry</b>" in message.subject + message.text
        assert "&amp;" not in message.subject + message.text
        assert "<b>Jerry" not in message.html
        assert f"/requests/{request.pk}/" in message.text
        assert f"/requests/{request.pk}/" in message.html
        assert "{{" not in message.text + message.html
    assert emails.about(request) == f"engagements.engagementrequest:{request.pk}"
