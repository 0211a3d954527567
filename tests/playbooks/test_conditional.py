"""A page that has not changed answers 304, and whatever can change it gives it another mark."""

import time_machine
from django.test import Client

from hub import actions as hub_actions
from hub.models import AuditEvent, Role
from playbooks import actions as playbook_actions
from tests.factories import make_person
from tests.playbooks.factories import make_published

URL = "/playbooks/start-a-channel/"


def reader(person):
    """A signed-in browser that has seen a form before."""
    client = Client()
    client.force_login(person)
    client.get("/settings/")
    assert "csrftoken" in client.cookies
    return client


def mark(client):
    answer = client.get(URL)
    assert answer.status_code == 200
    return answer["ETag"]


def again(client, tag):
    return client.get(URL, headers={"If-None-Match": tag})


def test_the_same_page_is_sent_once(cast, django_assert_max_num_queries):
    make_published(cast=cast, title="Start a channel")
    client = reader(cast.emma)
    tag = mark(client)
    with django_assert_max_num_queries(3):
        answer = again(client, tag)
    assert answer.status_code == 304
    assert not answer.content
    assert answer["ETag"] == tag
    assert {"private", "no-cache"} <= set(answer["Cache-Control"].split(", "))
    assert "Cookie" in answer["Vary"]


def test_any_act_of_anybody_makes_it_new(cast):
    revision = make_published(cast=cast, title="Start a channel")
    client = reader(cast.emma)
    tag = mark(client)
    playbook_actions.vote(playbook=revision.playbook, helpful=True, by=cast.otto)
    answer = again(client, tag)
    assert answer.status_code == 200
    assert answer["ETag"] != tag


def test_a_late_line_with_an_older_number_makes_it_new(cast):
    make_published(cast=cast, title="Start a channel")
    hub_actions.add_person(email="x@larkfield.example", name="X", by=cast.root)
    line = AuditEvent.objects.order_by("-pk").first()
    hub_actions.add_person(email="y@larkfield.example", name="Y", by=cast.root)
    pk = line.pk
    line.delete()
    client = reader(cast.emma)
    tag = mark(client)
    assert again(client, tag).status_code == 304
    line.pk = pk
    line.save(force_insert=True)
    assert again(client, tag).status_code == 200


def test_marks_differ_between_people_days_and_tokens(cast):
    make_published(cast=cast, title="Start a channel")
    client = reader(cast.emma)
    tag = mark(client)
    assert again(reader(cast.otto), tag).status_code == 200
    client.cookies["csrftoken"] = "y" * 32
    assert again(client, tag).status_code == 200


def test_another_day_another_mark(cast):
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        make_published(cast=cast, title="Start a channel")
        client = reader(cast.emma)
        tag = mark(client)
        assert again(client, tag).status_code == 304
    with time_machine.travel("2026-03-10T23:30:00Z", tick=False):  # half past midnight in Berlin
        assert again(client, tag).status_code == 200


def test_a_waiting_message_is_always_shown(cast):
    revision = make_published(cast=cast, title="Start a channel")
    client = reader(cast.emma)
    mark(client)
    client.post(f"{URL}vote/", {"helpful": "yes"})
    answer = client.get(URL)
    assert "ETag" not in answer
    assert "Thank you" in answer.content.decode()
    assert revision.playbook.votes.count() == 1


def test_without_a_token_there_is_no_mark(cast):
    make_published(cast=cast, title="Start a channel")
    client = Client()
    client.force_login(cast.emma)
    assert "ETag" not in client.get(URL)


def test_a_role_taken_away_closes_the_page(cast):
    make_published(cast=cast, title="Start a channel")
    person = make_person(name="Nora", role=Role.STAFF)
    client = reader(person)
    tag = mark(client)
    type(person).objects.filter(pk=person.pk).update(role=Role.EMPLOYEE)  # past the audit, as by hand
    assert again(client, tag).status_code == 200


def test_missing_pages_have_no_mark(cast):
    answer = reader(cast.emma).get("/playbooks/nothing/")
    assert answer.status_code == 404
    assert "ETag" not in answer
