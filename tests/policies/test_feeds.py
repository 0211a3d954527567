"""Feeds and the calendar: what programs get, whose rights they have, and how they end."""

import json
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone
from icalendar import Calendar

from hub import actions as hub_actions
from hub.feeds import token_of
from hub.models import AuditEvent, FeedToken, User
from hub.querysets import AudienceQuerySet
from hub.views import feeds
from policies.models import PolicyVersion
from spokes import actions as spokes
from tests.factories import make_cast
from tests.policies.factories import days, make_draft, make_published, make_withdrawn

ATOM = "{http://www.w3.org/2005/Atom}"
ENDINGS = ["json", "atom", "ics"]


@pytest.fixture
def cast(db):
    return make_cast()


def address(token, ending):
    return f"/policies/feeds/{token}/policies.{ending}"


def get(client, person, ending, **headers):
    token = token_of(person) or hub_actions.renew_feed_token(by=person)
    return client.get(address(token, ending), headers=headers)


def titles(client, person, ending):
    """What a person's feed lists, whatever its format."""
    body = get(client, person, ending).content
    if ending == "json":
        return [item["title"] for item in json.loads(body)["items"]]
    if ending == "atom":
        return [title.text for title in ElementTree.fromstring(body).iterfind(f"{ATOM}entry/{ATOM}title")]
    return [str(event["summary"]) for event in Calendar.from_ical(body).walk("VEVENT")]


def test_json_feed(client, cast):
    first = make_published(cast=cast, title="Disclosure", slug="disclosure", summary="Say who you work for.")
    make_published(cast=cast, policy=first.policy, note="Pictures too.", significance="material")
    answer = get(client, cast.emma, "json")
    assert answer.headers["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == "http://portal.test/policies/"
    assert feed["feed_url"] == "http://portal.test" + address(token_of(cast.emma), "json")
    second, first = feed["items"]
    assert (first["title"], second["title"]) == ("New policy: Disclosure", "Disclosure, version 2")
    assert second["url"] == "http://portal.test/policies/disclosure/versions/2/"
    assert second["content_text"].startswith("Pictures too.\n\nBinds from ")
    assert first["content_text"].startswith("Say who you work for.")
    assert first["id"] != second["id"] and first["id"].startswith("tag:portal.test,")
    assert "material" in second["tags"]


def test_atom(client, cast):
    version = make_published(cast=cast, title="Rules <b>& more</b>")
    answer = get(client, cast.emma, "atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    entry = feed.find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}title").text == "New policy: Rules <b>& more</b>"
    assert entry.find(f"{ATOM}id").text.endswith(f":policy-version-{version.pk}")
    assert entry.find(f"{ATOM}link").get("href") == f"http://portal.test{version.get_absolute_url()}"


def test_the_calendar_has_the_days_that_bind_and_the_days_of_review(client, cast):
    note = "Changed; see clause 2, " + "a long sentence with commas, and “quotes” " * 9
    version = make_published(cast=cast, title="Köder; Haken, Öse", note=note, effective_on=days(9))
    policy = make_published(cast=cast, title="In force").policy
    policy.refresh_from_db()
    answer = get(client, cast.emma, "ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    found = Calendar.from_ical(answer.content)
    events = {str(event["summary"]): event for event in found.walk("VEVENT")}
    assert set(events) == {
        "Binds: Köder; Haken, Öse, version 1",
        "Binds: In force, version 1",
        "Review due: In force",
    }
    binds = events["Binds: Köder; Haken, Öse, version 1"]
    assert binds.decoded("dtstart") == days(9)
    assert binds.decoded("dtend") == days(10)
    assert isinstance(binds.decoded("dtstart"), date)
    assert str(binds["description"]) == version.change_note
    assert str(binds["transp"]) == "TRANSPARENT"
    assert events["Review due: In force"].decoded("dtstart") == policy.review_on
    assert len({str(event["uid"]) for event in events.values()}) == 3


def test_long_past_days_are_not_in_the_calendar(client, cast):
    make_published(cast=cast, title="Old")
    PolicyVersion.objects.update(effective_on=days(-400))
    assert titles(client, cast.emma, "ics") == ["Review due: Old"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_drafts_withdrawn_and_scheduled_versions_are_not_in_it_until_their_day(client, cast, ending):
    make_draft(cast=cast, title="Quollsecret draft")
    make_withdrawn(cast=cast, title="Quollsecret withdrawn")
    make_published(cast=cast, title="Quollsecret later", publish_on=days(3))
    assert titles(client, cast.emma, ending) == []
    PolicyVersion.objects.filter(status="scheduled").update(publish_on=days(0), effective_on=days(0))
    listed = titles(client, cast.emma, ending)
    assert listed and all("Quollsecret later" in title for title in listed)


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_reads_what_she_may_read_at_that_moment(client, cast, ending):
    make_published(cast=cast, title="Quokkacare", audiences=[cast.care.group])
    make_published(cast=cast, title="For all")
    readers = {name: str(titles(client, person, ending)) for name, person in cast.everybody().items()}
    assert all("For all" in listed for listed in readers.values())
    assert {name for name, listed in readers.items() if "Quokkacare" in listed} == {
        "emma",
        "paul",
        "hana",
        "lena",
        "audra",
    }
    spokes.move_home(person=cast.emma, spoke=cast.retail, by=cast.root)
    assert "Quokkacare" not in str(titles(client, cast.emma, ending))
    User.objects.filter(pk=cast.paul.pk).update(role="employee")
    assert "Quokkacare" not in str(titles(client, cast.paul, ending))


def test_with_the_protection_off_the_canary_sings(client, cast, monkeypatch):
    make_published(cast=cast, title="Quokkacare", audiences=[cast.care.group])
    monkeypatch.setattr(AudienceQuerySet, "for_audience_of", lambda self, user: self)
    assert all("Quokkacare" in str(titles(client, cast.otto, ending)) for ending in ENDINGS)


@pytest.mark.parametrize(
    "text", ["a\x0b\x00b", "\u202egnp.exe", "]]>&amp;<!--", "x\r\nDTSTART:1", "🧑‍🚒\U0010ffff", "\ufffe"]
)
def test_hostile_words_break_no_feed(client, cast, text):
    make_published(cast=cast, title=f"Title {text} end", note=f"Note {text} end")
    for ending in ENDINGS:
        listed = titles(client, cast.emma, ending)
        assert listed and all("Title" in title and "end" in title for title in listed), ending


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_signed_in_reader_gets_the_tokens_rights_and_not_her_own(client, cast, ending):
    make_published(cast=cast, title="Quokkacare", audiences=[cast.care.group])
    client.force_login(cast.hana)
    assert titles(client, cast.otto, ending) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_address_ends_with_its_owner_and_with_its_renewal(client, cast, ending):
    old = hub_actions.renew_feed_token(by=cast.emma)
    assert client.get(address(old, ending)).status_code == 200
    new = hub_actions.renew_feed_token(by=cast.emma)
    assert client.get(address(old, ending)).status_code == 404
    assert client.get(address(new, ending)).status_code == 200
    spokes.say_goodbye(person=cast.emma, by=None)
    assert client.get(address(new, ending)).status_code == 404
    for wrong in ("x", "a" * 43, "%00", "ü"):
        assert client.get(address(wrong, ending)).status_code == 404


def test_ended_feeds_and_another_secret_of_the_portal(client, cast, settings):
    token = hub_actions.renew_feed_token(by=cast.emma)
    settings.SECRET_KEY = "another" * 9
    assert token_of(cast.emma) == "", "what would be shown does not work any more"
    assert client.get(address(token, "json")).status_code == 200
    hub_actions.end_feed_token(by=cast.emma)
    hub_actions.end_feed_token(by=cast.emma)
    assert client.get(address(token, "json")).status_code == 404
    verbs = list(AuditEvent.objects.filter(verb__contains="feed addresses").values_list("verb", flat=True))
    assert sorted(verbs) == ["ended feed addresses", "made feed addresses"]


def test_the_table_does_not_hold_the_token(cast):
    token = hub_actions.renew_feed_token(by=cast.emma)
    row = FeedToken.objects.get()
    assert token not in (row.seed, row.token_hash)
    assert len(token) == 43
    assert token not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_has_not_changed_is_not_sent_again(client, cast, ending):
    version = make_published(cast=cast)
    first = get(client, cast.emma, ending)
    same = get(client, cast.emma, ending, if_none_match=first.headers["ETag"])
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    for answer in (first, same):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
    make_published(cast=cast, policy=version.policy)
    assert get(client, cast.emma, ending, if_none_match=first.headers["ETag"]).status_code == 200


def test_an_empty_feed_does_not_change_at_every_look(client, cast, time_machine):
    time_machine.move_to(timezone.now().replace(hour=9, minute=0), tick=False)
    first = get(client, cast.emma, "atom")
    time_machine.shift(timedelta(minutes=7))
    assert get(client, cast.emma, "atom", if_none_match=first.headers["ETag"]).status_code == 304


def test_who_asks_too_often_is_asked_to_wait(client, cast, monkeypatch):
    monkeypatch.setattr(feeds, "LIMITS", {"reader": "2/m/key"})
    codes = [get(client, cast.emma, "json").status_code for _n in range(3)]
    assert codes == [200, 200, 429]
    assert get(client, cast.otto, "json").status_code == 200


def test_guessing_is_limited_by_where_it_comes_from(client, cast, monkeypatch):
    monkeypatch.setattr(feeds, "LIMITS", {"stranger": "3/m/ip"})
    codes = [client.get(address(f"guess{n}", "json")).status_code for n in range(4)]
    assert codes == [404, 404, 404, 429]


def test_making_renewing_and_ending_on_the_settings_page(client, cast):
    client.force_login(cast.emma)
    assert "/settings/feeds/" in client.get("/policies/").content.decode()
    body = client.get("/settings/feeds/").content.decode()
    assert "Make my addresses" in body
    assert "/policies/feeds/" not in body
    assert FeedToken.objects.count() == 0, "looking makes nothing"
    client.post("/settings/feeds/renew/")
    token = token_of(cast.emma)
    answer = client.get("/settings/feeds/")
    for ending in ENDINGS:
        assert f'value="http://portal.test{address(token, ending)}"' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "private, no-store"
    body = client.post("/settings/feeds/renew/", follow=True).content.decode()
    assert token not in body
    assert "The old ones no longer work" in body
    client.post("/settings/feeds/end/")
    assert FeedToken.objects.count() == 0


def test_a_policy_at_the_address_feeds_is_still_found(client, cast):
    make_published(cast=cast, title="Feeds", slug="feeds")
    client.force_login(cast.emma)
    assert client.get("/policies/feeds/").status_code == 200
    assert client.get("/policies/feeds/versions/1/").status_code == 200
