"""The weekly letter: one a week, at eight by one's own clock, and only when there is something to say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from hub import actions, letter, slots
from hub.models import LetterRun, OutboxMessage, Preference
from hub.slots import NewsItem, WaitingItem
from tests.factories import make_person, make_root

# Monday 23 November 2026, week 48.
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour, minute=0, *, zone="Europe/Berlin", day=23):
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(zone))


@pytest.fixture
def something_waits():
    def waiting(person):
        yield WaitingItem(kind="test", title=f"Sign for {person.name}", url="/policies/x/sign/", detail="New for you")

    with slots.waiting_items.only(waiting), slots.news_items.only():
        yield


@pytest.fixture
def nothing_waits():
    with slots.waiting_items.only(), slots.news_items.only():
        yield


def letters():
    return OutboxMessage.objects.filter(kind="letter").order_by("pk")


# --- When -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "now", "period", "due"),
    [
        ("Europe/Berlin", at(7, 59), "2026-W48", at(8)),
        ("Europe/Berlin", at(23, 59, day=22), "2026-W47", at(8, day=16)),
        # Still Sunday in Toronto when Monday's eight o'clock has gone in Tokyo.
        ("Asia/Tokyo", at(8, zone="Asia/Tokyo"), "2026-W48", at(8, zone="Asia/Tokyo")),
        ("America/Toronto", at(8, zone="Asia/Tokyo"), "2026-W47", at(8, zone="America/Toronto", day=16)),
    ],
)
def test_each_zone_has_its_own_monday(zone, now, period, due):
    assert letter.week_in(ZoneInfo(zone), now) == (period, due)


@pytest.mark.parametrize(
    ("monday", "offset"),
    # The clocks of Berlin change on 29 March and on 25 October 2026; eight o'clock stays eight o'clock.
    [((2026, 3, 23), 1), ((2026, 3, 30), 2), ((2026, 10, 19), 2), ((2026, 10, 26), 1)],
)
def test_eight_stays_eight_when_the_clocks_change(monday, offset):
    noon = datetime(*monday, 12, tzinfo=ZoneInfo("Europe/Berlin"))

    _period, due_at = letter.week_in(ZoneInfo("Europe/Berlin"), noon)

    assert due_at.astimezone(UTC).hour == 8 - offset


def test_the_week_of_new_year_has_one_name():
    zone = ZoneInfo("Europe/Berlin")
    sunday = datetime(2027, 1, 3, 12, tzinfo=zone)

    assert letter.week_in(zone, sunday)[0] == letter.week_in(zone, sunday - timedelta(days=6))[0] == "2026-W53"


@pytest.mark.django_db
def test_it_comes_at_eight_and_once(something_waits):
    make_person(name="Emma", time_zone="Europe/Berlin")

    assert letter.write_letters(now=at(7, 59)) == 0
    assert letter.write_letters(now=at(8)) == 1
    assert letter.write_letters(now=at(9)) == 0
    assert letter.write_letters(now=at(8) + timedelta(days=1)) == 0

    [row] = letters()
    assert row.period == "2026-W48"
    assert row.subject == "Your week: one thing waits for you"


@pytest.mark.django_db
def test_everybody_gets_it_by_her_own_clock(something_waits):
    make_person(name="Mei", time_zone="Asia/Tokyo")
    make_person(name="Ben", time_zone="America/Toronto")
    make_person(name="Hub")  # no zone of her own: the hub's

    written = {
        zone: letter.write_letters(now=at(8, 1, zone=zone))
        for zone in ("Asia/Tokyo", "Europe/Berlin", "America/Toronto")
    }

    assert written == {"Asia/Tokyo": 1, "Europe/Berlin": 1, "America/Toronto": 1}


@pytest.mark.django_db
def test_after_a_day_of_downtime_it_is_made_good_once(something_waits):
    make_person(time_zone="Europe/Berlin")

    assert letter.write_letters(now=at(9, day=24)) == 1
    assert letter.write_letters(now=at(10, day=24)) == 0
    assert letter.write_letters(now=at(8, day=30)) == 1


@pytest.mark.django_db
def test_after_two_days_the_next_one_tells_all(something_waits):
    make_person(time_zone="Europe/Berlin")

    assert letter.write_letters(now=at(8, day=25)) == 0


@pytest.mark.django_db
def test_clocks_set_back_bring_no_second_letter(something_waits):
    make_person(time_zone="Europe/Berlin")
    letter.write_letters(now=at(8, 30))
    LetterRun.objects.all().delete()

    assert letter.write_letters(now=at(8, 1)) == 0
    assert letters().count() == 1


# --- To whom ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_to_say_is_no_letter(nothing_waits):
    make_person(time_zone="Europe/Berlin")

    assert letter.write_letters(now=at(8)) == 0
    assert LetterRun.objects.get(time_zone="Europe/Berlin").finished_at is not None


@pytest.mark.django_db
def test_who_switched_it_off_or_left_gets_none(something_waits):
    off, left, stays = (make_person(time_zone="Europe/Berlin") for _ in range(3))
    Preference.objects.create(person=off, kind="letter", choice="off")
    left.is_active = False
    left.save()

    assert letter.write_letters(now=at(8)) == 1
    assert letters().get().recipient == stays


@pytest.mark.django_db
def test_a_run_that_was_killed_goes_on_where_it_stopped(something_waits, monkeypatch):
    monkeypatch.setattr(letter, "CHUNK", 2)
    people = [make_person(time_zone="Europe/Berlin") for _ in range(5)]
    real, seen = letter.letter_for, []

    def dies_at_the_fourth(person, since, now):
        seen.append(person)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return real(person, since, now)

    monkeypatch.setattr(letter, "letter_for", dies_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        letter.write_letters(now=at(8))
    assert [row.recipient for row in letters()] == people[:2]

    monkeypatch.setattr(letter, "letter_for", real)
    assert letter.write_letters(now=at(8, 31)) == 3
    assert [row.recipient for row in letters()] == people


@pytest.mark.django_db
def test_of_two_at_once_one_gives_way(something_waits, monkeypatch):
    """The second run read the same people; by the time it stores, the first has."""
    make_person(time_zone="Europe/Berlin")
    real = letter.letter_for

    def while_another_runs(person, since, now):
        monkeypatch.setattr(letter, "letter_for", real)
        assert letter.write_letters(now=now) == 1
        return real(person, since, now)

    monkeypatch.setattr(letter, "letter_for", while_another_runs)

    assert letter.write_letters(now=at(8)) == 0
    assert letters().count() == 1


# --- What -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_holds_what_waits_what_was_announced_and_what_is_new():
    now = timezone.now()
    person = make_person(name="Emma Castell")
    root = make_root()
    actions.publish_announcement(
        title="Port strike", body="Please **name no day**.", published_at=now - timedelta(days=1), by=root
    )
    actions.publish_announcement(title="Long ago", body="Old.", published_at=now - timedelta(days=20), by=root)
    asked_since = []

    def news(reader, since):
        asked_since.append(since)
        yield NewsItem(kind="policy", title="Don't & do", url="/policies/x/", at=now, detail="What changed.")

    def waiting(reader):
        today = timezone.localdate()
        yield WaitingItem(kind="a", title="Later", url="/b/", due_on=today + timedelta(days=9))
        yield WaitingItem(kind="a", title="Soon", url="/a/", due_on=today + timedelta(days=1))
        yield WaitingItem(kind="a", title="Some day", url="/c/")
        yield WaitingItem(kind="a", title="Now", url="/d/", is_urgent=True)

    with slots.waiting_items.only(waiting), slots.news_items.only(news):
        made = letter.letter_for(person, now - timedelta(days=7), now)
        assert letter._post(person, made, "2026-W48")

    assert asked_since == [now - timedelta(days=7)]
    assert [item.title for item in made.waiting] == ["Now", "Soon", "Later", "Some day"]
    assert made.announcements == [("Port strike", "Please name no day.")]
    row = letters().get()
    assert row.subject == "Your week: 4 things wait for you"
    assert "Hello Emma Castell," in row.text
    assert "Don't & do" in row.text and "Don't &amp; do" in row.html
    assert "http://portal.test/policies/x/" in row.text and "http://portal.test/policies/x/" in row.html
    assert "Long ago" not in row.text


@pytest.mark.django_db
def test_news_counts_from_the_last_letter_of_the_person():
    person, other = make_person(time_zone="Europe/Berlin"), make_person(time_zone="Europe/Berlin")
    since_of = {}

    def news(reader, since):
        since_of[reader] = since
        yield NewsItem(kind="policy", title="New", url="/x/", at=since)

    with slots.waiting_items.only(), slots.news_items.only(news):
        letter.write_letters(now=at(8, day=16))
        written = at(8, 5, day=16)
        letters().filter(recipient=person).update(created_at=written)
        letters().filter(recipient=other).delete()
        letter.write_letters(now=at(8))

    assert since_of == {person: written, other: at(8) - timedelta(days=7)}


@pytest.mark.django_db
def test_a_long_list_ends_with_how_much_more_there_is():
    person = make_person()

    def waiting(reader):
        yield from (WaitingItem(kind="a", title=f"Thing {n}", url="/x/") for n in range(13))

    with slots.waiting_items.only(waiting), slots.news_items.only():
        made = letter.letter_for(person, timezone.now(), timezone.now())
        letter._post(person, made, "2026-W48")

    row = letters().get()
    assert "And 3 more:" in row.text
    assert "Thing 9" in row.text and "Thing 10" not in row.text
    assert row.subject == "Your week: 13 things wait for you"


@pytest.mark.django_db
def test_what_waits_beyond_the_list_is_told_as_news_where_it_is_news_too():
    person, now = make_person(), timezone.now()

    def waiting(reader):
        yield from (WaitingItem(kind="a", title=f"Thing {n}", url=f"/{n}/") for n in range(11))

    def followed(reader, since):
        yield from (NewsItem(kind="a", title=f"News of {n}", url=f"/{n}/", at=now) for n in (9, 10))

    with slots.waiting_items.only(waiting), slots.followed_items.only(followed), slots.news_items.only():
        made = letter.letter_for(person, now, now)
    assert [item.title for item in made.followed] == ["News of 10"]
