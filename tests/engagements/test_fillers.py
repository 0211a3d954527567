"""What the other apps learn about requests and services."""

from datetime import timedelta

from django.utils import timezone

from engagements import actions, tasks
from engagements.fillers import letter_items, search_sources, waiting_for, where_used
from engagements.models import EngagementRequest
from engagements.reports import queue_lengths
from engagements.workflow import Status
from hub import search, slots
from spokes.models import SocialAccount
from tests.engagements.factories import make_draft, make_in, make_offer, make_request
from tests.playbooks.factories import make_published as make_playbook
from tests.policies.factories import make_published as make_policy


def test_services_are_found_by_what_they_offer_and_ask(cast):
    service = make_offer(cast=cast)
    tasks.reindex_service(service.pk)
    assert [hit.url for hit in search.search("claims", group_ids=(), kinds=("service",)).hits] != []
    service.is_offered = False
    service.save()
    assert list(tasks.search_documents()) == []
    tasks.reindex_service(service.pk)
    assert search.search("campaign review", group_ids=None, kinds=("service",)).hits == []


def test_the_index_is_told_of_every_service(cast):
    service = make_offer(cast=cast)
    (source,) = search_sources()
    assert source.kind == "service"
    assert [document.object_id for document in source.documents()] == [service.pk]
    assert source.document(service.pk).url == "/services/campaign-review/"


def test_where_a_policy_and_a_playbook_are_used_as_far_as_the_reader_may_know(cast):
    version, playbook = make_policy(cast=cast), make_playbook(cast=cast).playbook
    key = version.clauses.first().key
    request = make_request(cast=cast, cites=[(version.policy, key)], playbooks=[playbook])
    make_draft(cast=cast, cites=[(version.policy, key)], playbooks=[playbook])
    for thing, part in [(version.policy, key), (playbook, "")]:
        (use,) = where_used(thing, cast.dora)
        assert (use.kind, use.url, use.part) == ("request", f"/requests/{request.pk}/", part)
        assert len(list(where_used(thing, cast.audra))) == 1
        assert list(where_used(thing, cast.otto)) == []
    assert list(where_used(request.service, cast.rita)) == []
    assert [use.kind for use in slots.where_used.gather(playbook, cast.dora) if use.kind == "request"] == ["request"]


def test_a_department_shows_its_open_requests_and_those_below_to_whom_they_concern(cast):
    request = make_request(cast=cast)
    (use,) = where_used(cast.retail, cast.dora)
    assert use.url == f"/requests/{request.pk}/"
    assert [use.url for use in where_used(cast.company, cast.dora)] == [use.url]
    assert list(where_used(cast.stores, cast.dora)) == []
    assert list(where_used(cast.retail, cast.otto)) == []
    actions.withdraw(request=request, by=cast.rita)
    assert list(where_used(cast.retail, cast.dora)) == []


def test_an_account_shows_the_requests_about_it(cast):
    account = SocialAccount.objects.create(platform="x", handle="shops", spoke=cast.retail)
    request = make_request(cast=cast, accounts=[account])
    assert [use.url for use in where_used(account, cast.dora)] == [f"/requests/{request.pk}/"]
    assert list(where_used(account, cast.otto)) == []


def test_what_waits_for_the_requester(cast):
    make_request(cast=cast)
    asked = make_in(Status.WAITING, cast=cast, title="Asked")
    done = make_in(Status.DELIVERED, cast=cast, title="Done")
    make_draft(cast=cast, title="Fresh")
    old = make_draft(cast=cast, title="Old", at=timezone.now() - timedelta(days=2))
    items = list(waiting_for(cast.rita))
    assert [(item.url, item.detail) for item in items] == [
        (f"/requests/{asked.pk}/", "The hub asked you something"),
        (f"/requests/{done.pk}/", "Delivered: close it, or say what is missing"),
        (f"/services/campaign-review/request/?draft={old.pk}", "A draft"),
    ]
    assert list(waiting_for(cast.dora)) == []


def test_what_waits_for_staff(cast):
    late = make_request(cast=cast, at=timezone.now() - timedelta(days=20))
    actions.take(request=late, by=cast.hana)
    make_in(Status.WAITING, cast=cast)
    (item,) = waiting_for(cast.hana)
    assert (item.url, item.is_urgent, item.due_on is not None) == (f"/requests/{late.pk}/", True, True)


def test_the_queue_of_each_service(cast):
    request = make_request(cast=cast)
    make_in(Status.WAITING, cast=cast)
    make_in(Status.DELIVERED, cast=cast)
    make_draft(cast=cast)
    assert queue_lengths() == {request.service_id: 2}


def test_few_are_visible_exactly_as_many_are(cast):
    """Asked row by row or all at once, everybody sees the same requests."""
    service = make_offer(cast=cast)
    make_request(cast=cast, service=service)
    make_request(cast=cast, service=service, by=cast.otto, spoke=cast.operations)
    make_request(cast=cast, service=service, by=cast.dora, spoke=cast.stores)
    make_draft(cast=cast, service=service)
    everybody = [*cast.everybody().values(), cast.root]
    for person in everybody:
        many = EngagementRequest.objects.visible_to(person).order_by("pk")
        assert list(EngagementRequest.objects.few_visible_to(person).order_by("pk")) == list(many)
    assert (
        EngagementRequest.objects.few_visible_to(cast.rita).count()
        > EngagementRequest.objects.few_visible_to(cast.otto).count()
        > 0
    )


def told(person, days=7):
    return [(item.title, item.detail) for item in letter_items(person, timezone.now() - timedelta(days=days))]


def test_the_letter_tells_what_happened_to_a_request(cast):
    """Whoever chose the letter for news on her requests gets none by mail, so the letter has them."""
    request = make_request(cast=cast, at=timezone.now() - timedelta(days=2))
    assert told(cast.rita) == []
    actions.note(request=request, text="Careful.", by=cast.paul)
    assert told(cast.rita) == []
    actions.accept(request=request, mode="review", by=cast.paul)
    actions.answer(request=request, text="Here is a first look.", by=cast.paul)
    actions.reply(request=request, text="Thank you.", by=cast.rita)
    assert told(cast.rita) == [(f"News on #{request.pk} {request.title}", f"{cast.paul.name} wrote")]
    assert told(cast.rita, days=0) == []
    for other in (cast.otto, cast.emma, cast.dora):
        assert told(other) == []


def test_the_letter_tells_staff_what_nobody_took_and_leads_what_is_late(cast):
    service = make_offer(cast=cast, owner=cast.paul)
    request = make_request(cast=cast, service=service, at=timezone.now() - timedelta(days=5))
    title = f"#{request.pk} {request.title}"
    assert told(cast.paul) == [(f"Nobody has taken {title}", "")]
    assert told(cast.hana) == [(f"A promise was missed: {title}", "")]
    assert told(cast.audra) == []
    actions.take(request=request, by=cast.paul)
    assert told(cast.paul) == []
