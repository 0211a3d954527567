"""The home page: what waits, what is new, one search box."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from coe_portal.views.home import greeting
from engagements.workflow import Status
from hub import actions, slots
from hub.slots import NewsItem, WaitingItem
from tests.engagements.factories import make_in, make_request
from tests.factories import make_cast, make_person
from tests.policies.factories import make_published


@pytest.fixture
def cast(db):
    return make_cast()


def home(client, person):
    client.force_login(person)
    return client.get("/")


def test_a_stranger_is_asked_to_sign_in(client, db):
    assert client.get("/").url == "/accounts/login/?next=/"


@pytest.mark.parametrize("who", ["hana", "paul", "rita", "dora", "otto", "emma", "sam", "audra"])
def test_everybody_has_a_home_page(client, cast, who):
    response = home(client, getattr(cast, who))

    assert response.status_code == 200
    assert f"{getattr(cast, who).name}</h1>" in response.content.decode()
    assert "Nothing waits for you" in response.content.decode()
    assert "Nothing new in the last 30 days" in response.content.decode()


@pytest.mark.parametrize(
    ("hour", "words"),
    [(4, "Good morning"), (11, "Good morning"), (12, "Good afternoon"), (17, "Good afternoon"), (18, "Good evening"),
     (3, "Good evening")],
)  # fmt: skip
@pytest.mark.django_db
def test_the_greeting_knows_the_time(hour, words):
    assert greeting(hour, make_person(name="Emma Castell", email="emma@larkfield.example")) == f"{words}, Emma"


def test_the_greeting_follows_the_persons_own_clock(client, cast):
    afternoon_in_tokyo = datetime.fromisoformat("2026-11-23T07:30:00+00:00")
    actions.set_own_details(time_zone="Asia/Tokyo", by=cast.emma)

    with time_machine.travel(afternoon_in_tokyo, tick=False):
        assert "Good afternoon, Emma" in home(client, cast.emma).content.decode()


def test_the_urgent_comes_first_then_what_is_due(client, cast):
    today = timezone.localdate()

    def waiting(person):
        yield WaitingItem(kind="a", title="Some day", url="/1/")
        yield WaitingItem(kind="a", title="Next week", url="/2/", due_on=today + timedelta(days=7))
        yield WaitingItem(kind="a", title="Was due", url="/3/", due_on=today - timedelta(days=1), is_urgent=True)
        yield WaitingItem(kind="a", title="Tomorrow", url="/4/", due_on=today + timedelta(days=1))

    with slots.waiting_items.only(waiting):
        response = home(client, cast.emma)

    assert [item.title for item in response.context["waiting"]] == ["Was due", "Tomorrow", "Next week", "Some day"]
    page = response.content.decode()
    assert "was due" in page and 'href="/3/"' in page


def test_a_long_list_is_folded(client, cast):
    def waiting(person):
        yield from (WaitingItem(kind="a", title=f"Thing {n}", url="/x/") for n in range(11))

    with slots.waiting_items.only(waiting):
        response = home(client, cast.emma)

    assert len(response.context["waiting"]) == 8
    assert "3 more" in response.content.decode()
    assert "Thing 10" in response.content.decode()


def test_news_of_a_month_newest_first(client, cast):
    now, since_of = timezone.now(), []

    def news(person, since):
        since_of.append(since)
        yield NewsItem(kind="policy", title="Older", url="/1/", at=now - timedelta(days=9))
        yield NewsItem(kind="playbook", title="Newer", url="/2/", at=now - timedelta(days=1), detail="Why.")

    with slots.news_items.only(news):
        response = home(client, cast.emma)

    assert [item.title for item, _kind in response.context["news"]] == ["Newer", "Older"]
    assert timedelta(days=29) < now - since_of[0] < timedelta(days=31)


def test_announcements_for_me_while_they_last(client, cast):
    now = timezone.now()
    for title, fields in {
        "For all": {},
        "For Retail": {"audiences": [cast.retail.group]},
        "Over": {"published_at": now - timedelta(days=3), "ends_at": now - timedelta(days=1)},
        "To come": {"published_at": now + timedelta(days=1)},
    }.items():
        actions.publish_announcement(title=title, body="**Words**", by=cast.hana, **fields)

    def seen(person):
        page = home(client, person).content.decode()
        return {title for title in ("For all", "For Retail", "Over", "To come") if title in page}

    assert seen(cast.emma) == {"For all"}
    assert seen(cast.rita) == {"For all", "For Retail"}
    assert "<strong>Words</strong>" in client.get("/").content.decode()

    client.force_login(cast.emma)
    page = client.get("/announcements/").content.decode()
    assert "For all" in page and "Over" in page
    assert "For Retail" not in page and "To come" not in page


def test_staff_see_the_state_of_the_desk(client, cast):
    make_request(cast=cast)

    page = home(client, cast.audra).content.decode()

    assert "One open request." in page
    assert "One has nobody yet." in page


def test_representatives_see_their_departments_requests(client, cast):
    make_request(cast=cast, title="For the shops")
    make_in(Status.CLOSED, cast=cast, title="Done long ago")
    make_request(cast=cast, by=cast.otto, spoke=cast.operations, title="For the lorries")

    page = home(client, cast.dora).content.decode()
    assert "For the shops" in page
    assert "Done long ago" not in page and "For the lorries" not in page
    assert "For the shops" not in home(client, cast.emma).content.decode()


@pytest.mark.parametrize(("who", "most"), [("emma", 15), ("rita", 17), ("hana", 20)])
def test_the_page_costs_the_same_for_one_and_three(client, cast, django_assert_max_num_queries, who, most):
    person = getattr(cast, who)
    counts = []
    for number in (1, 2):
        for _ in range(number):
            make_published(cast=cast, must_sign=True)
            make_request(cast=cast)
            actions.publish_announcement(title="Hear", body="Words", by=cast.hana)
        home(client, person)
        with django_assert_max_num_queries(most) as captured:
            client.get("/")
        counts.append(len(captured))

    assert counts[0] == counts[1]
