"""What people choose for themselves."""

import pytest

from hub.kinds import KINDS
from hub.models import Preference, Role, User
from tests.factories import make_person


@pytest.fixture
def emma(db, client):
    person = make_person(name="Emma")
    client.force_login(person)
    return person


def test_details_are_saved(client, emma):
    data = {"title": "Clerk", "bio": "Ask me about sheds", "time_zone": "America/New_York"}
    assert client.post("/settings/", data).url == "/settings/"
    emma.refresh_from_db()
    assert (emma.title, emma.bio, emma.time_zone) == ("Clerk", "Ask me about sheds", "America/New_York")
    assert "Ask me about sheds" in client.get("/settings/").content.decode()


@pytest.mark.parametrize("zone", ["UTC", "US/Pacific"])
def test_a_zone_from_elsewhere_stays_when_other_details_are_saved(client, emma, zone):
    """A staff list may bring one that is not among those offered; the form must not put another in its place."""
    User.objects.filter(pk=emma.pk).update(time_zone=zone)
    assert f'<option value="{zone}" selected>' in client.get("/settings/").content.decode()
    assert client.post("/settings/", {"title": "Clerk", "bio": "", "time_zone": zone}).status_code == 302
    emma.refresh_from_db()
    assert (emma.title, emma.time_zone) == ("Clerk", zone)


def test_a_fault_keeps_what_was_typed_and_stores_nothing(client, emma):
    response = client.post("/settings/", {"title": "Typed", "bio": "", "time_zone": "Mars/Olympus", "name": "Other"})
    assert (response.status_code, "Typed" in response.content.decode()) == (422, True)
    emma.refresh_from_db()
    assert (emma.title, emma.name) == ("", "Emma")


def test_each_reminder_says_when_it_comes(client, emma):
    page = client.get("/settings/reminders/").content.decode()
    assert "when you sign up" in page
    hers = [kind for kind in KINDS.values() if not kind.hub_only]
    assert all(str(kind.trigger) in page for kind in hers if "“" not in str(kind.trigger))
    assert not [word for word in ("when she", "when once", "when six") if word in page]


def test_reminders_are_chosen_by_kind(client, emma):
    page = client.get("/settings/reminders/").content.decode()
    offered = {kind.name for kind in KINDS.values() if not kind.obligatory and not kind.hub_only}
    assert {name for name in KINDS if f'name="{name}"' in page} == offered
    data = {"account_review_due": "mail", "question_answered": "mail", "acknowledgement_due": "off", "letter": "junk"}
    client.post("/settings/reminders/", data)
    assert list(Preference.objects.values_list("kind", "choice")) == [("account_review_due", "mail")]
    client.post("/settings/reminders/", {"account_review_due": "letter"})
    assert list(Preference.objects.values_list("kind", "choice")) == [("account_review_due", "letter")]


@pytest.mark.parametrize(
    ("after", "url"), [("/policies/?q=a", "/policies/?q=a"), ("https://evil.example/", "/"), ("//evil.example", "/")]
)
def test_colours_are_chosen_anywhere(client, emma, after, url):
    assert client.post("/settings/appearance/", {"scheme": "dark", "next": after}).url == url
    assert User.objects.get(pk=emma.pk).scheme == "dark"
    assert client.post("/settings/appearance/", {"scheme": "pink"}).status_code == 400
    assert client.get("/settings/appearance/").status_code == 405


def test_what_only_the_hub_gets_is_offered_to_the_hub_alone(client, emma):
    assert 'name="request_new"' not in client.get("/settings/reminders/").content.decode()
    client.post("/settings/reminders/", {"request_new": "off"})
    assert not Preference.objects.exists()
    client.force_login(make_person(name="Paul", role=Role.STAFF))
    assert 'name="request_new"' in client.get("/settings/reminders/").content.decode()
