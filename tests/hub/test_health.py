"""`/healthz` tells a prober the truth, and soon."""

import contextlib
import socket
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from hub import health, mail
from hub.models import JobRun, OutboxMessage
from tests.factories import make_person


@pytest.fixture
def well(db):
    return JobRun.objects.create(job=health.PULSE, started_at=timezone.now())


def test_all_is_well(client, well):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_the_prober_needs_no_known_host_and_no_https(client, well, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_a_message_due_for_long(client, well):
    person = make_person()
    row = mail.post_raw(kind="letter", to=person, address=person.email, about="", period="1", subject="S", text="T")
    assert client.get("/healthz").status_code == 200, "due since a moment is no finding"

    OutboxMessage.objects.filter(pk=row.pk).update(not_before=timezone.now() - timedelta(minutes=6))

    response = client.get("/healthz")
    assert response.status_code == 503
    assert "outbox: messages due for more than five minutes: 1" in response.content.decode()


def test_a_message_that_waits_for_a_later_attempt_is_no_finding(client, well):
    person = make_person()
    mail.post_raw(kind="letter", to=person, address=person.email, about="", period="1", subject="S", text="T")
    OutboxMessage.objects.update(
        created_at=timezone.now() - timedelta(hours=2), not_before=timezone.now() + timedelta(hours=1)
    )

    assert client.get("/healthz").status_code == 200


def test_a_silent_beat(client, well):
    JobRun.objects.update(started_at=timezone.now() - timedelta(minutes=4))

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.content.decode() == "beat: no job has run for three minutes\n"


@pytest.mark.django_db
def test_a_beat_that_never_began(client):
    every, _made = IntervalSchedule.objects.get_or_create(every=60, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.update_or_create(name=health.PULSE, defaults={"task": health.PULSE, "interval": every})
    assert client.get("/healthz").status_code == 200, "it has just been planned"

    PeriodicTask.objects.filter(name=health.PULSE).update(date_changed=timezone.now() - timedelta(minutes=4))

    assert client.get("/healthz").status_code == 503


def test_a_disk_that_cannot_be_written(client, well, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "file"

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.content.decode().startswith("disk: ")


def test_a_full_disk_is_told_as_such_though_the_database_fails_of_it(client, well, monkeypatch):
    def full(**kwargs):
        raise OSError(28, "No space left on device")

    def refuse():
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(health.tempfile, "TemporaryFile", full)
        patch.setattr(connection, "cursor", refuse)
        response = client.get("/healthz")

    assert response.status_code == 503
    assert response.content.decode() == "disk: No space left on device\ndatabase: OperationalError\n"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_silent_is_told_within_ten_seconds(client, monkeypatch):
    """Takes the connection and says nothing, as a machine that hangs does."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", silent.getsockname()[1])
        started = time.monotonic()
        try:
            response = client.get("/healthz")
        finally:
            connection.close()

    assert response.status_code == 503
    assert response.content.decode().startswith("database: ")
    assert time.monotonic() - started < 10


@pytest.mark.django_db
def test_a_database_that_refuses(client, monkeypatch):
    def refuse():
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.content.decode() == "database: OperationalError\n"
