"""Several people at the same moment. Row locks and waiting inserts are PostgreSQL's."""

import threading
import uuid

import pytest
from django.db import connection

from engagements import actions
from engagements.models import ClockSegment, EngagementRequest
from engagements.workflow import Status
from hub.exceptions import HubError, NotAllowed
from hub.models import OutboxMessage
from tests.engagements.factories import make_in, make_offer, make_request
from tests.factories import make_cast

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def at_once(*acts):
    """Runs the acts in threads that begin together; returns their results, refusals included, in order."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            start.wait(10)
            results[place] = act()
        except HubError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_twenty_submits_of_one_form_make_one_request():
    cast = make_cast()
    make_offer(cast=cast)
    token = uuid.uuid4()
    results = at_once(*[lambda: make_request(cast=cast, form_token=token)] * 20)
    assert len({request.pk for request in results}) == 1
    assert EngagementRequest.objects.count() == 1
    assert ClockSegment.objects.count() == 1
    assert OutboxMessage.objects.count() == 2


def test_a_draft_saved_while_it_is_sent_does_not_undo_the_sending():
    cast = make_cast()
    service = make_offer(cast=cast)
    token = uuid.uuid4()

    def save():
        return actions.save_draft(service=service, spoke=cast.retail, title="Old", form_token=token, by=cast.rita)

    results = at_once(*[save] * 5, lambda: make_request(cast=cast, form_token=token), *[save] * 5)
    request = EngagementRequest.objects.get()
    assert (request.status, request.title) == ("submitted", "Spring shears")
    assert all(result == request or isinstance(result, NotAllowed) for result in results)


def test_two_staff_take_the_same():
    cast = make_cast()
    request = make_request(cast=cast)
    results = at_once(*[lambda by=by: actions.take(request=request, by=by) for by in (cast.hana, cast.paul)])
    refused = [str(result) for result in results if isinstance(result, NotAllowed)]
    winner = EngagementRequest.objects.get().assignee
    assert refused == [f"{winner.name} has it already. Assign it to hand it over."]


def test_two_staff_accept_the_same():
    cast = make_cast()
    request = make_request(cast=cast)
    accept = [lambda by=by: actions.accept(request=request, mode="review", by=by) for by in (cast.hana, cast.paul)]
    results = at_once(*accept)
    assert [str(result) for result in results if isinstance(result, NotAllowed)] == ["It has been accepted already."]
    assert request.entries.filter(verb="accepted").count() == 1


def test_a_reply_while_it_is_being_closed():
    cast = make_cast()
    request = make_in(Status.DELIVERED, cast=cast)
    reply, closed = at_once(
        lambda: actions.reply(request=request, text="One more thing.", by=cast.rita),
        lambda: actions.close(request=request, by=cast.hana),
    )
    assert closed.status == Status.CLOSED
    request.refresh_from_db()
    assert request.status == Status.CLOSED
    if isinstance(reply, NotAllowed):
        assert str(reply) == "This request is closed. Reopen it to go on."
        assert not request.entries.filter(verb="replied").exists()
    else:
        assert request.entries.filter(verb="replied").count() == 1


def test_a_reply_while_staff_go_on_without_it():
    cast = make_cast()
    request = make_in(Status.WAITING, cast=cast)
    at_once(
        lambda: actions.reply(request=request, text="The red ones.", by=cast.rita),
        lambda: actions.reply(request=request, text="No, the blue ones.", by=cast.dora),
        lambda: actions.start(request=request, by=cast.hana),
    )
    request.refresh_from_db()
    assert request.status == Status.IN_PROGRESS
    assert [segment.side for segment in ClockSegment.objects.filter(request=request, ended_at=None)] == ["hub"]


def test_one_message_sent_twice_at_once_stands_once():
    cast = make_cast()
    request, token = make_request(cast=cast), uuid.uuid4()
    results = at_once(*[lambda: actions.reply(request=request, text="Hi", form_token=token, by=cast.rita)] * 6)
    assert len({entry.pk for entry in results}) == 1
    assert request.entries.filter(verb="replied").count() == 1
