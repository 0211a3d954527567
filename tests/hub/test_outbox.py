"""The outbox when workers die, and the pages that show it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from hub import mail
from hub.models import OutboxMessage
from tests.factories import make_cast, make_person
from tests.hub.mail_server import mail_server

ROOT = Path(__file__).resolve().parents[2]
State = OutboxMessage.State
LEASE_SECONDS = 1


def post_many(number):
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            to_address=f"person{n}@larkfield.example",
            kind="letter",
            period="2026-W47",
            subject=f"Letter {n}",
            text="Words.\n",
            html="<p>Words.</p>",
            message_id=mail.message_id(f"person{n}@larkfield.example", "letter", "", "2026-W47"),
        )
        for n in range(number)
    )


def start_worker(port):
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.hub.deliver_child",
            str(port),
            str(connection.settings_dict["NAME"]),
            str(LEASE_SECONDS),
        ],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("number", "kills"), [(300, 3), pytest.param(3000, 20, marks=pytest.mark.slow)], ids=["300", "3000"]
)
def test_a_worker_killed_anywhere_loses_nobody(number, kills):
    post_many(number)
    dice = random.Random(4)
    with mail_server() as (sink, port):
        for _ in range(kills):
            enough = len(sink.received) + dice.randint(5, number // kills - 10)
            worker = start_worker(port)
            deadline = time.monotonic() + 30
            while len(sink.received) < enough and worker.poll() is None and time.monotonic() < deadline:
                time.sleep(0.001)
            assert worker.poll() is None, "it should have been killed in the middle of its work"
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            time.sleep(LEASE_SECONDS + 0.1)
        worker = start_worker(port)
        assert worker.wait(120) == 0

        copies = Counter(sink.addresses)
        assert len(copies) == number, "nobody is missing"
        assert sum(copies.values()) - number <= kills, "at most one copy a kill"
        ids = {}
        for address, message in sink.received:
            assert ids.setdefault(address, message["Message-ID"]) == message["Message-ID"]
    assert not OutboxMessage.objects.exclude(state=State.SENT).exists()


# --- Pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cast(db):
    return make_cast()


def keep(person, *, subject="Hello", state=State.SENT, about="x:1", **fields):
    row = mail.post_raw(
        kind=fields.pop("kind", "question_answered"),
        to=person,
        address=person.email,
        about=about,
        period="",
        subject=subject,
        text="Dear Emma,\nwords.\n",
        html=fields.pop("html", "<h1>Dear Emma</h1><script>alert(1)</script>"),
    )
    OutboxMessage.objects.filter(pk=row.pk).update(state=state, **fields)
    return row


@pytest.mark.parametrize(
    ("who", "status"), [("hana", 200), ("paul", 200), ("audra", 200), ("rita", 403), ("emma", 403), ("sam", 403)]
)
def test_the_desk_and_auditors_see_the_outbox(client, cast, who, status):
    row = keep(cast.emma)
    client.force_login(getattr(cast, who))

    for url in (
        reverse("hub:outbox"),
        reverse("hub:message", args=[row.pk]),
        reverse("hub:message_html", args=[row.pk]),
    ):
        assert client.get(url).status_code == status


def test_filters_narrow_the_list(client, cast):
    keep(cast.emma, subject="To Emma")
    keep(cast.rita, subject="To Rita", state=State.GIVEN_UP, error="550 no such mailbox", about="x:2")
    client.force_login(cast.hana)

    def subjects(query):
        return [row.subject for row in client.get(f"{reverse('hub:outbox')}{query}").context["page"]]

    assert subjects("") == ["To Rita", "To Emma"]
    assert subjects("?state=given_up") == ["To Rita"]
    assert subjects("?q=emma") == ["To Emma"]
    assert subjects("?kind=letter") == []
    assert "550 no such mailbox" in client.get(f"{reverse('hub:outbox')}?state=given_up").content.decode()
    assert "No message matches" in client.get(f"{reverse('hub:outbox')}?kind=letter").content.decode()


def test_the_html_is_shown_fenced_in(client, cast):
    row = keep(cast.emma)
    client.force_login(cast.hana)

    response = client.get(reverse("hub:message_html", args=[row.pk]))

    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy and "script-src" not in policy
    assert client.get(reverse("hub:message", args=[row.pk])).content.decode().count("<script>alert") == 0


def test_a_message_without_html_has_no_html_page(client, cast):
    row = keep(cast.emma, html="")
    client.force_login(cast.hana)

    assert client.get(reverse("hub:message_html", args=[row.pk])).status_code == 404


def test_staff_try_again_what_was_given_up(client, cast):
    row = keep(cast.emma, state=State.GIVEN_UP, attempts=8)
    client.force_login(cast.paul)

    response = client.post(reverse("hub:message_again", args=[row.pk]), follow=True)

    assert OutboxMessage.objects.get(pk=row.pk).state in {State.WAITING, State.SENT}
    assert "within a minute" in response.content.decode()
    response = client.post(reverse("hub:message_again", args=[row.pk]), follow=True)
    assert "Nothing to do" in response.content.decode()


def test_an_auditor_changes_nothing(client, cast):
    row = keep(cast.emma, state=State.GIVEN_UP)
    client.force_login(cast.audra)

    assert client.post(reverse("hub:message_again", args=[row.pk])).status_code == 403
    assert OutboxMessage.objects.get(pk=row.pk).state == State.GIVEN_UP


def test_the_outbox_costs_the_same_for_one_and_many(client, cast, django_assert_num_queries):
    client.force_login(cast.hana)
    keep(cast.emma)
    with django_assert_num_queries(3):
        client.get(reverse("hub:outbox"))
    for number in range(60):
        keep(make_person(), about=f"y:{number}")
    with django_assert_num_queries(3):
        page = client.get(reverse("hub:outbox")).context["page"]
    assert len(page) == 50
    assert len(client.get(reverse("hub:outbox") + page.next_url).context["page"]) == 11


def test_nobody_reads_a_link_that_opens_somebody_elses_account(client, cast, settings):
    row = keep(cast.hana, kind="sign_in", text="Choose a new password: /reset/KEY-42/", html="<p>/reset/KEY-42/</p>")
    admin_url = reverse("admin:hub_outboxmessage_change", args=[row.pk])
    for person in (cast.paul, cast.lena, cast.audra):
        client.force_login(person)
        settings.SAMPLE_MODE = False
        page = client.get(reverse("hub:message", args=[row.pk])).content.decode()
        assert "KEY-42" not in page and "key to somebody" in page
        assert client.get(reverse("hub:message_html", args=[row.pk])).status_code == 403
        page = client.get(admin_url).content.decode()
        assert "KEY-42" not in page and "key to somebody" in page
    settings.SAMPLE_MODE = True
    assert "KEY-42" in client.get(reverse("hub:message", args=[row.pk])).content.decode()
    assert "KEY-42" in client.get(admin_url).content.decode()
