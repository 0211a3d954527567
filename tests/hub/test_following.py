"""Following: one button, one list with a way back, and one part of the weekly letter."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hub import actions, slots
from hub.actions import following
from hub.exceptions import Invalid
from hub.letter import letter_for
from hub.models import AuditEvent, Follow, OutboxMessage
from hub.slots import NewsItem, WaitingItem
from tests.factories import make_cast, make_spoke, make_topic
from tests.playbooks.factories import make_published

PAGE = "/settings/following/"


@pytest.fixture
def cast(db):
    return make_cast()


def address(kind, thing):
    return f"{PAGE}{kind}/{thing.pk}/"


def test_following_twice_is_once_and_lets_go_once(cast):
    first = actions.follow(kind="department", object_id=cast.retail.pk, by=cast.emma)
    assert actions.follow(kind="department", object_id=cast.retail.pk, by=cast.emma) == first
    assert actions.unfollow(kind="department", object_id=cast.retail.pk, by=cast.emma)
    assert not actions.unfollow(kind="department", object_id=cast.retail.pk, by=cast.emma)
    verbs = AuditEvent.objects.filter(object_type="hub.follow").order_by("pk").values_list("verb", "by")
    assert list(verbs) == [("followed", cast.emma.pk), ("unfollowed", cast.emma.pk)]


def test_nobody_follows_what_is_not_there_for_her(cast):
    secret = make_published(cast=cast, audiences=[cast.retail.group]).playbook
    for kind, pk in [("playbook", secret.pk), ("topic", 0), ("weather", 1)]:
        with pytest.raises(Invalid):
            actions.follow(kind=kind, object_id=pk, by=cast.emma)
    assert not Follow.objects.exists()


def test_there_is_a_limit_and_letting_go_makes_room(cast, monkeypatch):
    monkeypatch.setattr(following, "MOST_FOLLOWED", 1)
    topic = make_topic()
    actions.follow(kind="topic", object_id=topic.pk, by=cast.emma)
    with pytest.raises(Invalid, match="1 things already"):
        actions.follow(kind="department", object_id=cast.retail.pk, by=cast.emma)
    actions.unfollow(kind="topic", object_id=topic.pk, by=cast.emma)
    actions.follow(kind="department", object_id=cast.retail.pk, by=cast.emma)


def test_the_button_says_whether_and_how_many_and_leads_back(cast, client):
    client.force_login(cast.emma)
    page = client.get("/departments/retail/").text
    assert 'aria-pressed="false"' in page and "follows this" not in page
    client.post(address("department", cast.retail), {"follow": "yes", "next": "/departments/retail/"})
    left = cast.otto
    actions.follow(kind="department", object_id=cast.retail.pk, by=left)
    left.is_active = False
    left.save()
    page = client.get("/departments/retail/").text
    assert 'aria-pressed="true"' in page and "1 person follows this" in page
    answer = client.post(address("department", cast.retail), {"follow": "no", "next": "/departments/retail/"})
    assert answer.url == "/departments/retail/"
    assert not Follow.objects.filter(person=cast.emma).exists()


@pytest.mark.parametrize("elsewhere", ["", "https://evil.example/", "//evil.example/"])
def test_it_leads_nowhere_else(cast, client, elsewhere):
    client.force_login(cast.emma)
    answer = client.post(address("department", cast.retail), {"follow": "yes", "next": elsewhere})
    assert answer.url == PAGE


def test_letting_go_in_the_list_can_be_undone(cast, client):
    client.force_login(cast.emma)
    assert "You do not follow anything yet" in client.get(PAGE).text
    client.post(address("department", cast.retail), {"follow": "yes"})
    page = client.get(PAGE).text
    assert "Retail" in page and "Stop following" in page
    answer = client.post(address("department", cast.retail), {"follow": "no", "next": PAGE})
    assert answer.url == f"{PAGE}?let-go=department:{cast.retail.pk}"
    page = client.get(answer.url).text
    assert "You no longer follow “Retail”" in page and "Follow it again" in page
    client.post(address("department", cast.retail), {"follow": "yes"})
    page = client.get(answer.url).text
    assert "You no longer follow" not in page.split("<main")[1] and "Stop following" in page


@pytest.mark.parametrize(
    "made_up", ["", "department", "department:x", "weather:1", "department:0", "topic:" + "9" * 30]
)
def test_an_undo_that_somebody_made_up_offers_nothing(cast, client, made_up):
    client.force_login(cast.emma)
    assert "Follow it again" not in client.get(PAGE, {"let-go": made_up}).text


def test_letting_go_twice_says_nothing_and_other_words_are_not_there(cast, client):
    client.force_login(cast.emma)
    assert client.post(address("department", cast.retail), {"follow": "no", "next": PAGE}).url == PAGE
    assert client.post(address("department", cast.retail), {"follow": "maybe"}).status_code == 404
    refused = client.post(address("topic", cast.retail), {"follow": "yes"}, follow=True).text
    assert "There is no such thing for you to follow." in refused


def test_what_she_may_no_longer_see_is_not_named_and_can_be_let_go(cast, client):
    playbook = make_published(cast=cast, title="Quiet plans").playbook
    actions.follow(kind="playbook", object_id=playbook.pk, by=cast.emma)
    playbook.audiences.set([cast.retail.group])
    Follow.objects.create(person=cast.emma, kind="weather", object_id=1)
    client.force_login(cast.emma)
    page = client.get(PAGE).text
    assert "Quiet plans" not in page
    assert page.count("Something that is not there for you any more") == 2
    client.post(address("playbook", playbook), {"follow": "no", "next": PAGE})
    assert not Follow.objects.filter(kind="playbook").exists()


def test_the_list_has_pages(cast, client):
    for number in range(27):
        spoke = make_spoke(name=f"Team {number:02}", parent=cast.retail)
        actions.follow(kind="department", object_id=spoke.pk, by=cast.emma)
    client.force_login(cast.emma)
    assert client.get(PAGE).text.count("Stop following") == 25
    following_page = client.get(PAGE).context["page"].next_url
    assert client.get(f"{PAGE}{following_page}").text.count("Stop following") == 2


def test_a_letter_tells_each_thing_once_and_first_what_she_follows(cast):
    now = timezone.now()

    def item(url, minutes=0):
        return NewsItem(kind="x", title=f"At {url} {minutes}", url=url, at=now - timedelta(minutes=minutes))

    with (
        slots.waiting_items.only(lambda person: [WaitingItem(kind="x", title="Waits", url="/waits/")]),
        slots.followed_items.only(lambda person, since: [item("/b/", 2), item("/b/", 1), item("/waits/")]),
        slots.letter_items.only(lambda person, since: [item("/c/", 3)]),
        slots.news_items.only(lambda person, since: [item("/b/"), item("/d/"), item("/c/")]),
    ):
        made = letter_for(cast.emma, now - timedelta(days=7), now)
    assert [one.title for one in made.followed] == ["At /b/ 1"]
    assert [one.title for one in made.news] == ["At /d/ 0", "At /c/ 0"]


def test_following_alone_is_reason_for_a_letter_and_never_for_another_mail(cast):
    actions.follow(kind="topic", object_id=make_topic(name="Crisis").pk, by=cast.emma)
    assert not OutboxMessage.objects.filter(recipient=cast.emma).exists()
    now = timezone.now()
    with (
        slots.waiting_items.only(),
        slots.letter_items.only(),
        slots.news_items.only(),
        slots.followed_items.only(lambda person, since: [NewsItem(kind="x", title="New", url="/n/", at=now)]),
    ):
        assert not letter_for(cast.emma, now - timedelta(days=7), now).is_empty
