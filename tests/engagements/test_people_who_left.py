"""Mail and lists when the people of a request have moved, left, or lost their part."""

from datetime import timedelta

import pytest
from django.utils import timezone

from engagements import actions, emails
from engagements.fillers import waiting_for
from engagements.jobs import remind_waiting
from engagements.models import ClockSegment, EngagementRequest
from engagements.workflow import Status
from hub.exceptions import NotAllowed
from hub.mail import is_still_true
from hub.models import OutboxMessage, User
from spokes import actions as spoke_actions
from spokes.models import Term
from tests.engagements.factories import make_in, make_request
from tests.factories import make_term


def told(kind):
    """Whom the last acts told."""
    return {message.recipient.name for message in OutboxMessage.objects.filter(kind=kind).select_related("recipient")}


def forget_mail():
    OutboxMessage.objects.all().delete()


def move_rita_to_operations(cast):
    Term.objects.filter(person=cast.rita).delete()
    spoke_actions.move_home(person=cast.rita, spoke=cast.operations, by=cast.hana)
    return User.objects.get(pk=cast.rita.pk)


def test_what_the_hub_writes_goes_to_the_department_when_its_author_has_moved(cast):
    request = make_request(cast=cast)
    rita = move_rita_to_operations(cast)
    forget_mail()
    actions.ask(request=request, text="Which shears does Retail plan?", by=cast.hana)
    assert told("request_answered") == {"Dora"}
    assert request not in EngagementRequest.objects.awaiting(rita)


def test_the_reminder_goes_to_the_department_too(cast):
    request = make_in(Status.WAITING, cast=cast)
    ClockSegment.objects.filter(request=request, ended_at=None).update(started_at=timezone.now() - timedelta(days=30))
    move_rita_to_operations(cast)
    forget_mail()
    assert remind_waiting() == 1
    assert told("request_waiting") == {"Dora"}
    assert remind_waiting() == 0


def test_the_nearest_department_above_speaks_for_one_without_representatives(cast):
    request = make_request(cast=cast, spoke=cast.stores)
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    make_term(person=cast.emma, spoke=cast.company)
    forget_mail()
    actions.answer(request=request, text="Yes.", by=cast.hana)
    assert told("request_answered") == {"Dora"}


def test_what_the_department_writes_reaches_somebody_of_the_hub(cast):
    request = make_in(Status.ACCEPTED, cast=cast)
    User.objects.filter(pk=cast.hana.pk).update(is_active=False)
    forget_mail()
    actions.reply(request=request, text="Here it is.", by=cast.rita)
    assert told("request_new") == {"Paul"}


def test_without_assignee_and_owner_a_lead_hears_it(cast):
    request = make_in(Status.ACCEPTED, cast=cast)
    User.objects.filter(pk__in=[cast.hana.pk, cast.paul.pk]).update(role="employee")
    lead = User.objects.leads().order_by("pk").first()
    assert emails.looked_after_by(EngagementRequest.objects.get(pk=request.pk)) == lead


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.WAITING, Status.DELIVERED])
def test_a_hand_over_is_told_in_every_open_state(cast, status):
    request = make_in(status, cast=cast)
    forget_mail()
    actions.assign(request=request, to=cast.paul, by=cast.hana)
    letter = OutboxMessage.objects.get(kind="request_new")
    assert is_still_true(letter)
    actions.assign(request=request, to=cast.hana, by=cast.hana)
    assert not is_still_true(letter)


def test_assigning_to_whoever_has_it_is_nothing_new(cast):
    request = make_in(Status.ACCEPTED, cast=cast)
    before = request.entries.count()
    actions.assign(request=request, to=cast.hana, by=cast.paul)
    assert request.entries.count() == before


@pytest.mark.parametrize("gone", [{"is_active": False}, {"role": "employee"}, {"role": "auditor"}])
def test_what_somebody_had_who_left_the_hub_is_nobodys(cast, client, gone):
    request = make_in(Status.IN_PROGRESS, cast=cast, title="Left behind")
    done = make_in(Status.CLOSED, cast=cast)
    assert request not in EngagementRequest.objects.unassigned()
    with pytest.raises(NotAllowed, match="Hana has it already"):
        actions.take(request=request, by=cast.paul)
    User.objects.filter(pk=cast.hana.pk).update(**gone)
    assert EngagementRequest.objects.get(pk=done.pk).keeper == cast.hana
    client.force_login(cast.paul)
    desk = client.get("/desk/")
    assert [row.title for row in desk.context["unassigned"]] == ["Left behind"]
    assert desk.context["counts"].unassigned == 1
    queue = client.get("/desk/queue/?who=none")
    assert [row.title for row in queue.context["page"]] == ["Left behind"]
    assert "nobody yet" in queue.content.decode()
    actions.take(request=request, by=cast.paul)
    assert EngagementRequest.objects.get(pk=request.pk).keeper == cast.paul


def test_a_superuser_without_a_role_keeps_what_she_has(cast):
    request = make_in(Status.IN_PROGRESS, cast=cast)
    User.objects.filter(pk=cast.hana.pk).update(role="employee", is_superuser=True)
    assert request not in EngagementRequest.objects.unassigned()


def test_what_waits_for_one_is_not_shown_by_what_waited_for_another(cast):
    """The statement is written once for everybody, so nothing of the first reader may stay in it."""
    first = make_in(Status.WAITING, cast=cast, title="Retail")
    second = make_in(Status.WAITING, cast=cast, by=cast.otto, spoke=cast.operations, title="Operations")
    assert [item.title for item in waiting_for(User.objects.get(pk=cast.rita.pk))] == [f"#{first.pk} Retail"]
    assert [item.title for item in waiting_for(User.objects.get(pk=cast.otto.pk))] == [f"#{second.pk} Operations"]
    assert list(waiting_for(move_rita_to_operations(cast))) == []
    assert list(waiting_for(User.objects.get(pk=cast.sam.pk))) == []
