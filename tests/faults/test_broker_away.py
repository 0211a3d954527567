"""Redis refuses, is silent, or hangs up while people work: they notice nothing, and the mail leaves with the sweep."""

import contextlib
import socket
import struct
import threading
import time
import uuid

import pytest
from celery import current_app
from django.core import mail as sent_mail
from django.test import Client

from engagements.answers import PREFIX
from engagements.models import EngagementRequest
from hub import mail
from hub.models import OutboxMessage
from hub.tasks import deliver_outbox
from tests.engagements.factories import make_offer
from tests.factories import make_cast
from tests.plugins.servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 2


@contextlib.contextmanager
def server(kind):
    """The port of something that is no Redis: nothing at all, one that never answers, or one that hangs up hard."""
    if kind == "refused":
        yield free_port()
        return
    listener = socket.create_server(("127.0.0.1", 0))
    kept, stop = [], threading.Event()

    def serve():
        listener.settimeout(0.1)
        while not stop.is_set():
            with contextlib.suppress(OSError):
                peer, _address = listener.accept()
                if kind == "reset":
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    peer.close()
                else:
                    kept.append(peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        for peer in [*kept, listener]:
            peer.close()


@contextlib.contextmanager
def broker_at(url):
    """Jobs are woken through this broker for as long as the block."""
    app = current_app._get_current_object()
    before = app.conf.broker_url

    def turn(to):
        app.conf.broker_url = to
        app.conf.broker_write_url = to
        app._pool = app.amqp._producer_pool = None

    turn(url)
    try:
        yield
    finally:
        turn(before)


def file_one(cast):
    client = Client(raise_request_exception=False)
    client.force_login(cast.rita)
    data = {"form_token": uuid.uuid4(), "title": "Spring shears", "spoke": cast.retail.pk}
    data |= {f"{PREFIX}-goal": "They try them", f"{PREFIX}-claims": "no"}
    started = time.monotonic()
    answer = client.post("/services/campaign-review/request/", data)
    return answer.status_code, time.monotonic() - started


@pytest.mark.parametrize("kind", ["refused", "silent", "reset"])
def test_people_notice_nothing(kind):
    cast = make_cast()
    make_offer(cast=cast)
    OutboxMessage.objects.all().delete()
    with server(kind) as port, broker_at(f"redis://127.0.0.1:{port}/0"):
        # The broker really is away: without `wake` around it this is what people would get.
        with pytest.raises(Exception):  # noqa: B017 (whatever the client raises)
            deliver_outbox.apply_async(retry=False, ignore_result=True)
        answers = [file_one(cast) for _ in range(3)]
    assert [status for status, _seconds in answers] == [302] * 3
    assert max(seconds for _status, seconds in answers) < SECONDS
    assert EngagementRequest.objects.filed().count() == 3
    waiting = OutboxMessage.objects.filter(state="waiting").count()
    assert waiting >= 3
    mail.deliver()
    assert len(sent_mail.outbox) == waiting
    assert not OutboxMessage.objects.filter(state="waiting").exists()
