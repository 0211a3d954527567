"""Many at once: writers that wait for each other, and one form that is sent twenty times."""

import threading
import uuid

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from engagements.answers import PREFIX
from engagements.models import EngagementRequest
from hub import actions as hub_actions
from hub.models import Announcement, AuditEvent
from playbooks.models import Question
from policies import actions as policies
from policies.models import Acknowledgement
from tests.engagements.factories import make_offer
from tests.factories import make_cast
from tests.policies.factories import make_draft, make_published

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number, act):
    """Calls `act(0)`, `act(1)` … in threads that begin together; returns what they raised."""
    start, raised = threading.Barrier(number), []

    def run(place):
        try:
            start.wait(30)
            act(place)
        except Exception as error:
            raised.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return raised


def sixteen_writers(cast):
    """Sixteen people read and then write, four times each, all at once; what they raised."""

    def write(place):
        for number in range(4):
            with transaction.atomic():
                Announcement.objects.count()
                hub_actions.publish_announcement(title=f"{place}-{number}", body="News.", by=cast.hana)

    return at_once(16, write)


def test_sixteen_writers_wait_for_each_other():
    cast = make_cast()
    before = AuditEvent.objects.count()
    assert sixteen_writers(cast) == []
    assert Announcement.objects.count() == 64
    assert AuditEvent.objects.count() == before + 64


@pytest.mark.once
@pytest.mark.parametrize(("option", "off"), [("transaction_mode", "DEFERRED"), ("timeout", 0)])
def test_without_waiting_sixteen_writers_would_fail(monkeypatch, option, off):
    """The other half: the same where one of the two settings that make SQLite wait is off."""
    cast = make_cast()
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], option, off)
    assert any("database is locked" in error for error in sixteen_writers(cast))


def twenty(cast, address, data, token):
    """The same form twenty times at once, each with the token that `token()` gives; the statuses."""
    statuses = []

    def send(_place):
        client = Client(raise_request_exception=False)
        client.force_login(cast.rita)
        statuses.append(client.post(address, {**data, "form_token": token()}).status_code)

    assert at_once(20, send) == []
    return statuses


@pytest.mark.parametrize("is_same", [True, False])
def test_a_request_sent_twenty_times_is_one(is_same):
    cast = make_cast()
    make_offer(cast=cast)
    data = {"title": "Spring shears", "spoke": cast.retail.pk, f"{PREFIX}-goal": "Try", f"{PREFIX}-claims": "no"}
    one = uuid.uuid4()
    statuses = twenty(
        cast, "/services/campaign-review/request/", data, (lambda: one) if is_same else (lambda: uuid.uuid4())
    )
    assert set(statuses) == {302}
    # With tokens of their own they are twenty, so it is the token that holds them together.
    assert EngagementRequest.objects.count() == (1 if is_same else 20)


def test_a_question_sent_twenty_times_is_one():
    cast = make_cast()
    one = uuid.uuid4()
    statuses = twenty(cast, "/questions/ask/", {"title": "May I post this?", "body": "It is ours."}, lambda: one)
    assert set(statuses) == {302}
    assert Question.objects.count() == 1


def test_a_signature_is_for_the_text_that_was_shown():
    """Everybody signs while a new version comes into force: nobody has signed a text that she was not shown."""
    cast = make_cast()
    old = make_published(cast=cast, title="Rules", must_sign=True)
    draft = make_draft(cast=cast, policy=old.policy, significance="material")
    policies.submit(version=draft, lock=draft.lock, by=cast.paul)
    draft.refresh_from_db()
    policies.approve(version=draft, lock=draft.lock, by=cast.lena)
    signers = [cast.emma, cast.rita, cast.otto, cast.dora, cast.sam, cast.audra]
    answers = {}

    def act(place):
        if place == len(signers):
            policies.publish(version=draft, by=cast.hana)
            return
        client = Client(raise_request_exception=False)
        client.force_login(signers[place])
        data = {"version": old.number, "text": old.content_hash}
        answers[signers[place].pk] = client.post("/policies/rules/sign/", data).status_code

    assert at_once(len(signers) + 1, act) == []
    assert set(answers.values()) <= {302, 409}
    signed = {row.person_id: row.version_id for row in Acknowledgement.objects.all()}
    assert set(signed.values()) <= {old.pk}
    # Whoever was told that she has signed, has.
    assert {person for person, status in answers.items() if status == 302} >= set(signed)
    # And afterwards a text that nobody was shown is refused.
    client = Client()
    client.force_login(cast.hana)
    answer = client.post("/policies/rules/sign/", {"version": draft.number, "text": old.content_hash})
    assert answer.status_code == 409
    assert not Acknowledgement.objects.filter(person=cast.hana).exists()
