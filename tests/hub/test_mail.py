"""The outbox, against a real mail server."""

import smtplib
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from hub import mail, slots
from hub.clock import database_now
from hub.models import OutboxMessage, Preference
from tests.factories import make_person
from tests.hub.mail_server import mail_server

State = OutboxMessage.State


@pytest.fixture
def sink(settings):
    with mail_server() as (sink, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield sink


@pytest.fixture
def own_clock(monkeypatch):
    """A database's clock cannot be moved, so the tests that travel in time ask ours in its place."""
    monkeypatch.setattr(mail, "database_now", timezone.now)


def post(person, *, about="test:1", period="", kind="question_answered", **fields):
    values = {"subject": "A subject", "text": "Some words.\n", "html": "<p>Some words.</p>", **fields}
    return mail.post_raw(kind=kind, to=person, address=person.email, about=about, period=period, **values)


def state_of(row):
    return OutboxMessage.objects.get(pk=row.pk).state


# --- Once -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_message_leaves_once_with_its_words(sink):
    person = make_person(name="Emma")
    row = post(person)

    assert mail.deliver() == 1
    assert mail.deliver() == 0

    [(address, message)] = sink.received
    assert address == "emma@larkfield.example"
    assert message["Subject"] == "A subject"
    assert message["Message-ID"] == row.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().strip() == "Some words."
    assert message.get_body(("html",)).get_content().strip() == "<p>Some words.</p>"
    stored = OutboxMessage.objects.get(pk=row.pk)
    assert (stored.state, stored.lease, stored.error) == (State.SENT, "", "")
    assert stored.sent_at is not None


@pytest.mark.django_db
def test_the_same_key_is_posted_once():
    person = make_person()

    assert post(person) is not None
    assert post(person) is None
    assert post(person, period="2026-W47") is not None
    assert post(person, about="test:2") is not None
    assert OutboxMessage.objects.count() == 3


@pytest.mark.django_db
def test_the_message_id_follows_from_the_key_and_the_address_in_any_case():
    first = mail.message_id("Emma@larkfield.example", "letter", "", "2026-W47")

    assert first == mail.message_id("emma@larkfield.example", "letter", "", "2026-W47")
    assert first != mail.message_id("emma@larkfield.example", "letter", "", "2026-W48")
    assert first.endswith("@portal.test>")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_at_once_post_one():
    person = make_person()
    start = threading.Barrier(2)
    posted = []

    def run():
        start.wait()
        posted.append(post(person))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(row is not None for row in posted) == [False, True]
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_message_once(sink):
    people = [make_person() for _ in range(30)]
    for person in people:
        post(person)
    start = threading.Barrier(2)
    sent = []

    def run():
        start.wait()
        sent.append(mail.deliver())
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(sent) == 30
    assert sorted(sink.addresses) == sorted(person.email for person in people)


# --- Words ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_text_is_not_escaped_and_html_is(sink):
    asker = make_person(name="Zoë O'Neill <b>")
    row = mail.post(
        kind="approval_waiting",
        to=make_person(name="Lena"),
        about="policies.policyversion:1",
        context={"title": "Don't & do", "what": "v2", "by": asker, "note": "", "path": "/admin/"},
    )

    assert row.subject == "For your approval: Don't & do (v2)"
    assert "Zoë O'Neill <b> has finished it" in row.text
    assert "<b> has finished" not in row.html
    assert "&lt;b&gt; has finished it" in row.html
    assert "http://portal.test/admin/" in row.text


@pytest.mark.django_db
def test_styles_are_inlined_for_mail_programs():
    row = mail.post(
        kind="approval_waiting",
        to=make_person(),
        about="policies.policyversion:1",
        context={"title": "T", "what": "v2", "by": make_person(), "note": "", "path": "/x/"},
    )

    assert '<h1 style="' in row.html


# --- Who wants it -----------------------------------------------------------------------------------------------------


def nudge(person, kind="approval_waiting", period=""):
    context = {"title": "T", "what": "v2", "by": person, "note": "", "path": "/x/"}
    return mail.post(kind=kind, to=person, about="x:1", period=period, context=context)


@pytest.mark.django_db
@pytest.mark.parametrize(("choice", "is_posted"), [("off", False), ("letter", False), ("mail", True), (None, True)])
def test_a_nudge_follows_the_persons_choice(choice, is_posted):
    person = make_person()
    if choice:
        Preference.objects.create(person=person, kind="approval_waiting", choice=choice)

    assert (nudge(person) is not None) is is_posted


@pytest.mark.django_db
def test_what_one_is_obliged_to_know_always_comes():
    person = make_person()
    Preference.objects.create(person=person, kind="acknowledgement_due", choice="off")

    assert mail.wants_at_once(person, mail.kind_named("acknowledgement_due"))


@pytest.mark.django_db
def test_what_waits_for_the_letter_is_not_mailed_unless_asked_for():
    person = make_person()
    kind = mail.kind_named("account_review_due")

    assert not mail.wants_at_once(person, kind)
    Preference.objects.create(person=person, kind="account_review_due", choice="mail")
    assert mail.wants_at_once(person, kind)


@pytest.mark.django_db
def test_somebody_who_has_left_gets_nothing_new():
    person = make_person()
    person.is_active = False
    person.save()

    assert nudge(person) is None


@pytest.mark.django_db
def test_somebody_who_left_meanwhile_gets_nothing(sink):
    person = make_person()
    row = post(person)
    person.is_active = False
    person.save()

    assert mail.deliver() == 0
    assert state_of(row) == State.DROPPED
    assert sink.received == []


@pytest.mark.django_db
def test_what_is_no_longer_true_is_dropped(sink):
    row, other = post(make_person()), post(make_person(), about="test:2")

    def never_for_the_first(message):
        yield message.about != "test:1"

    with slots.still_true.only(never_for_the_first):
        assert mail.deliver() == 1

    assert state_of(row) == State.DROPPED
    assert state_of(other) == State.SENT


@pytest.mark.django_db
def test_in_sample_mode_mail_is_kept(sink, settings):
    settings.SAMPLE_MODE = True
    row = post(make_person())

    mail.deliver()

    assert state_of(row) == State.KEPT
    assert sink.received == []


# --- Trouble ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_refused_recipient_stops_nobody_else(sink):
    people = [make_person() for _ in range(3)]
    rows = [post(person) for person in people]
    sink.replies[people[1].email] = "550 no such mailbox"

    assert mail.deliver() == 2

    assert [state_of(row) for row in rows] == [State.SENT, State.GIVEN_UP, State.SENT]
    assert "no such mailbox" in OutboxMessage.objects.get(pk=rows[1].pk).error


@pytest.mark.django_db
def test_a_passing_refusal_is_tried_again_later_and_later(sink, own_clock):
    person = make_person()
    row = post(person)
    sink.replies[person.email] = "451 try later"
    now, waits = timezone.now(), []

    for _ in range(3):
        with time_machine.travel(now, tick=False):
            assert mail.deliver() == 0
            assert mail.deliver() == 0, "not before its time"
        stored = OutboxMessage.objects.get(pk=row.pk)
        assert stored.state == State.WAITING
        waits.append(stored.not_before - now)
        now = stored.not_before + timedelta(seconds=1)

    assert stored.attempts == 3
    assert waits == sorted(waits)
    assert timedelta(seconds=45) < waits[0] < timedelta(seconds=75)
    del sink.replies[person.email]
    with time_machine.travel(now, tick=False):
        assert mail.deliver() == 1


@pytest.mark.django_db
def test_a_server_that_is_away_over_a_weekend_costs_no_message(sink, own_clock):
    person = make_person()
    row = post(person)
    sink.replies[person.email] = "451 try later"
    begun = now = timezone.now()
    while state_of(row) != State.GIVEN_UP and now < begun + timedelta(days=30):
        with time_machine.travel(now, tick=False):
            OutboxMessage.objects.update(not_before=now)
            mail.deliver()
        now = max(now, OutboxMessage.objects.get(pk=row.pk).not_before)
    assert timedelta(days=3) < now - begun < timedelta(days=6)


@pytest.mark.django_db
def test_after_its_last_attempt_it_is_given_up(sink):
    person = make_person()
    row = post(person)
    OutboxMessage.objects.update(attempts=mail.MOST_ATTEMPTS - 1)
    sink.replies[person.email] = "451 try later"

    mail.deliver()

    assert state_of(row) == State.GIVEN_UP


@pytest.mark.django_db
def test_a_hang_ends_by_timeout_and_the_next_one_leaves(sink):
    first, second = make_person(), make_person()
    rows = [post(first), post(second)]
    sink.hangs.add(first.email)

    assert mail.deliver() == 1

    assert [state_of(row) for row in rows] == [State.WAITING, State.SENT]
    assert sink.addresses == [second.email]


@pytest.mark.django_db
def test_a_dropped_line_is_taken_up_again(sink):
    first, second = make_person(), make_person()
    rows = [post(first), post(second)]
    sink.drops.add(first.email)

    assert mail.deliver() == 1

    assert [state_of(row) for row in rows] == [State.WAITING, State.SENT]


@pytest.mark.django_db
def test_no_mail_server_at_all_keeps_everything_waiting(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    rows = [post(make_person()) for _ in range(2)]

    assert mail.deliver() == 0

    assert [state_of(row) for row in rows] == [State.WAITING, State.WAITING]


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no")}), True),
        (smtplib.SMTPRecipientsRefused({"a@b.example": (451, b"later")}), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPDataError(452, b"full"), False),
        (smtplib.SMTPAuthenticationError(535, b"this password has run out"), False),
        (smtplib.SMTPConnectError(554, b"not from there"), False),
        (smtplib.SMTPHeloError(550, b"who?"), False),
        (TimeoutError(), False),
        (ConnectionResetError(), False),
    ],
)
def test_only_a_5xx_about_this_message_is_for_good(error, final):
    assert mail.is_final(error) is final


# --- Leases -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_dead_workers_messages_are_taken_up_when_its_lease_ends(sink, own_clock):
    row = post(make_person())
    now = timezone.now()
    mail.claim(now)  # and then the worker dies

    assert mail.deliver() == 0
    with time_machine.travel(now + mail.LEASE + timedelta(seconds=1), tick=False):
        assert mail.deliver() == 1
    assert state_of(row) == State.SENT


@pytest.mark.django_db
def test_a_lease_is_timed_by_the_clock_all_workers_share(sink, monkeypatch):
    """A worker whose own clock is an hour ahead takes nothing that another one still holds."""
    row = post(make_person())
    true_now = timezone.now()
    monkeypatch.setattr(mail, "database_now", lambda: true_now)
    mail.claim(mail.database_now())

    with time_machine.travel(true_now + timedelta(hours=1), tick=False):
        assert mail.deliver() == 0
    assert state_of(row) == State.SENDING

    true_now += mail.LEASE + timedelta(seconds=1)
    with time_machine.travel(true_now - timedelta(hours=1), tick=False):
        assert mail.deliver() == 1


@pytest.mark.postgresql
@pytest.mark.django_db
def test_postgresql_is_asked_for_the_instant():
    before = timezone.now()
    with time_machine.travel(before + timedelta(days=1), tick=False):
        assert database_now() < before + timedelta(hours=1)


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_marks_nothing():
    row = post(make_person())
    lease, [claimed] = mail.claim(timezone.now())
    OutboxMessage.objects.update(lease="another")

    mail._mark(claimed, lease, state=State.SENT)

    assert state_of(row) == State.SENDING


@pytest.mark.django_db
def test_trying_again_is_for_what_was_given_up():
    row = post(make_person())
    person = make_person()

    assert mail.try_again(row, by=person) is False
    OutboxMessage.objects.update(state=State.GIVEN_UP, attempts=8, error="550")
    assert mail.try_again(row, by=person) is True

    stored = OutboxMessage.objects.get(pk=row.pk)
    assert (stored.state, stored.attempts, stored.error) == (State.WAITING, 0, "")


# --- Many -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_many_are_posted_in_few_statements_and_once(django_assert_max_num_queries):
    people = [make_person() for _ in range(40)]
    Preference.objects.create(person=people[0], kind="approval_waiting", choice="off")
    context = {"title": "T", "what": "v2", "by": people[1], "note": "", "path": "/x/"}

    def letters():
        return ((person, "x:1", "", context) for person in people)

    with django_assert_max_num_queries(4):
        assert mail.post_many(kind="approval_waiting", letters=letters()) == 39
    assert mail.post_many(kind="approval_waiting", letters=letters()) == 0
    assert OutboxMessage.objects.count() == 39


class Backend:
    """In the place of a mail connection: calls `send(address)` for each message."""

    def __init__(self, send):
        self.send = send

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def send_messages(self, messages):
        self.send(messages[0].to[0])


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["a,b@larkfield.example", "emma@"])
def test_a_message_that_cannot_even_be_built_holds_up_nobody(sink, address):
    bad = mail.post_raw(kind="sign_in", to=None, address=address, about="x", period="1", subject="S", text="T")
    good = post(make_person(name="Emma"))

    assert mail.deliver() == 1

    assert state_of(good) == State.SENT
    stored = OutboxMessage.objects.get(pk=bad.pk)
    assert (stored.state, stored.attempts, stored.lease) == (State.WAITING, 1, "")
    assert stored.error


@pytest.mark.django_db
def test_a_question_that_fails_about_one_message_holds_up_nobody(sink):
    bad, good = post(make_person(name="Rita"), about="bad:1"), post(make_person(name="Emma"))

    def breaks(message):
        if message.about == "bad:1":
            raise ValueError("no such thing")
        return []

    with slots.still_true.only(breaks):
        assert mail.deliver() == 1

    assert (state_of(bad), state_of(good)) == (State.WAITING, State.SENT)
    assert "no such thing" in OutboxMessage.objects.get(pk=bad.pk).error


@pytest.mark.django_db
def test_a_slow_mail_server_makes_no_copies(monkeypatch, own_clock):
    """Each message takes so long that the lease of the whole batch would run out on the way."""
    for number in range(8):
        post(make_person(name=f"Person {number}"))
    sent = []

    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=False) as clock:

        def send(address):
            sent.append(address)
            clock.shift(mail.LEASE / 6)
            if len(sent) < 30 and len(sent) % 7 == 0:
                mail.deliver()  # another worker

        monkeypatch.setattr(mail, "_open_connection", lambda: Backend(send))
        mail.deliver()

    assert len(sent) == len(set(sent)) == 8
    assert not OutboxMessage.objects.exclude(state__in=[State.SENT, State.KEPT]).exists()
