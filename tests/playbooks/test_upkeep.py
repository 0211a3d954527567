"""What keeps the library true: words and how long they hold, the queue, the link in a mail, and figures over time."""

import re
from datetime import datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import actions as hub_actions
from hub import search
from hub.exceptions import Conflict, Invalid
from hub.models import OutboxMessage, SearchEntry
from playbooks import actions, jobs, reports, tasks
from playbooks.models import Playbook, ReadCount, Verification
from policies import clock
from spokes.actions import say_goodbye
from tests.playbooks.factories import make_playbook, make_published, make_question, make_suggestion
from tests.policies.factories import clause
from tests.policies.factories import make_published as make_policy_version


def day(n):
    return clock.today() + timedelta(days=n)


def ends(playbook, n):
    """Its word runs out in so many days; what was given stays as it is."""
    Playbook.objects.filter(pk=playbook.pk).update(verified_until=day(n))
    playbook.refresh_from_db()
    return playbook


def words(playbook, *pairs):
    """Its history: (given, until) in days from today."""
    playbook.verifications.all().delete()
    for given, until in pairs:
        Verification.objects.create(playbook=playbook, given_on=day(given), until_on=day(until))


def at_noon(when):
    return datetime.combine(when, time(12), tzinfo=clock.hub_zone())


def listed(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return re.findall(r'<h2 class="title"><a href="/playbooks/[^"]+/">([^<]+)</a>', answer.content.decode())


# --- How long a word holds ---


def test_a_topic_says_how_long_a_word_holds_and_a_playbook_may_say_otherwise(cast):
    topic = hub_actions.save_topic(name="Crisis", slug="crisis", look_again_months=3, by=cast.hana)
    plain = make_published(cast=cast, topic=topic).playbook
    own = make_published(cast=cast, topic=topic, verify_months=12).playbook
    assert [one.verified_until for one in (plain, own)] == [clock.add_months(clock.today(), n) for n in (3, 12)]
    hub_actions.save_topic(topic=topic, look_again_months=1, by=cast.hana)
    assert actions.verify(playbook=plain, by=cast.emma).verified_until == clock.add_months(clock.today(), 1)


def test_each_word_is_kept(cast):
    playbook = make_published(cast=cast, verify_months=6).playbook
    actions.verify(playbook=playbook, until=day(10), by=cast.emma)
    kept = list(playbook.verifications.order_by("pk").values_list("by__name", "given_on", "until_on"))
    assert kept == [
        ("Paul", clock.today(), clock.add_months(clock.today(), 6)),
        ("Emma", clock.today(), day(10)),
    ]


def test_a_word_that_nobody_needs_any_more_is_not_taken(cast):
    playbook = ends(make_published(cast=cast).playbook, 3)
    with pytest.raises(Conflict):
        actions.verify(playbook=playbook, seen=day(2), by=cast.emma)
    assert actions.verify(playbook=playbook, seen=day(3), by=cast.emma).is_verified


# --- The share over time ---


def history(playbook, published):
    playbook.revisions.update(published_at=at_noon(day(published)))


def test_the_share_is_counted_from_the_words_themselves(cast):
    one, two = (make_published(cast=cast).playbook for _n in range(2))
    history(one, -10)
    history(two, -5)
    # A gap of two days; and a later word that cuts an earlier one short.
    words(one, (-10, -6), (-3, 5))
    words(two, (-5, 100), (-2, -1))
    found = {(when - clock.today()).days: (whole, part) for when, whole, part in reports.verified_days(day(-12))}
    assert found == {
        -10: (1, 1),
        -9: (1, 1),
        -8: (1, 1),
        -7: (1, 1),
        -6: (1, 1),
        -5: (2, 1),
        -4: (2, 1),
        -3: (2, 2),
        -2: (2, 2),
        -1: (2, 2),
        0: (2, 1),
    }


def test_what_began_before_the_line_counts_on_it(cast):
    playbook = make_published(cast=cast).playbook
    history(playbook, -100)
    words(playbook, (-100, -50), (-40, -2), (-1, 3))
    found = [(whole, part) for _when, whole, part in reports.verified_days(day(-3))]
    assert found == [(1, 1), (1, 1), (1, 1), (1, 1)]
    words(playbook, (-100, -50))
    assert [part for _when, _whole, part in reports.verified_days(day(-3))] == [0, 0, 0, 0]


def test_two_words_of_one_day_the_last_one_counts(cast):
    playbook = make_published(cast=cast).playbook
    history(playbook, -3)
    words(playbook, (-3, 9), (-3, -2))
    assert [part for _when, _whole, part in reports.verified_days(day(-3))] == [1, 1, 0, 0]


def test_the_line_agrees_with_today(cast):
    for _n in range(3):
        make_published(cast=cast)
    late = Playbook.objects.first()
    words(late, (-9, -1))
    ends(late, -1)
    _when, whole, part = reports.verified_days()[-1]
    assert (whole, part) == (Playbook.objects.published().count(), Playbook.objects.published().verified().count())


def test_the_line_can_be_read_as_a_table(cast, as_, settings):
    settings.VERIFIED_TARGET = 85
    history(make_published(cast=cast).playbook, -40)
    text = as_(cast.emma).get("/playbooks/upkeep/share/").content.decode()
    assert '<line class="target" x1="0" y1="24.0"' in text
    assert "Today 1 of 1 are verified: 100 %. The hub means to keep 85 %." in text
    assert text.count('<th scope="row">') > 1


def test_the_share_takes_as_many_queries_for_three_as_for_one(cast, as_):
    client = as_(cast.emma)

    def cost():
        with CaptureQueriesContext(connection) as seen:
            client.get("/playbooks/upkeep/share/")
        return len(seen)

    history(make_published(cast=cast).playbook, -40)
    few = cost()
    for _n in range(2):
        history(make_published(cast=cast).playbook, -40)
    assert cost() == few


# --- Past it, and long past it ---


def test_long_past_it_a_playbook_leaves_the_usual_list_and_the_count_says_so(cast, as_, settings):
    settings.UNVERIFIED_HIDE_DAYS = 30
    _fresh, late, faded = (make_published(cast=cast, title=title).playbook for title in ("Fresh", "Late", "Faded"))
    ends(late, -30)
    ends(faded, -31)
    client = as_(cast.emma)
    assert listed(client, "/playbooks/") == ["Fresh", "Late"]
    text = client.get("/playbooks/").content.decode()
    assert "2 playbooks" in text
    assert "1 more that nobody has verified for long" in text
    assert 'href="?verified=all"' in text
    assert listed(client, "/playbooks/?verified=all") == ["Faded", "Fresh", "Late"]
    assert listed(client, "/playbooks/?verified=no") == ["Faded", "Late"]
    assert "more that nobody" not in client.get("/playbooks/?verified=all").content.decode()
    # It is still there for whoever has its address.
    assert client.get(faded.get_absolute_url()).status_code == 200
    actions.change_playbook(playbook=faded, audiences=[cast.retail.group], by=cast.paul)
    assert "more that nobody" not in client.get("/playbooks/").content.decode()


def test_a_list_of_nothing_but_faded_ones_says_where_they_are(cast, as_):
    ends(make_published(cast=cast).playbook, -400)
    text = as_(cast.emma).get("/playbooks/").content.decode()
    assert "1 that nobody has verified for long" in text
    assert "Also show not verified" in text


def test_search_puts_it_behind_what_is_as_good(cast):
    playbooks = [make_published(cast=cast, title=f"Zebra {n}").playbook for n in range(3)]
    # Only the ranking may tell them apart.
    Playbook.objects.update(helpful=0)
    for playbook, until in zip(playbooks, (-400, -1, 30), strict=True):
        ends(playbook, until)
        tasks.reindex(playbook.pk)
    hits = search.search("zebra", group_ids=None).hits
    assert [hit.object_id for hit in hits] == [playbooks[2].pk, playbooks[1].pk, playbooks[0].pk]
    assert hits[1].score - hits[2].score > 2 * abs(hits[0].score - hits[1].score)


def test_search_hears_of_a_word_that_ran_out_by_itself(cast):
    playbook = make_published(cast=cast).playbook
    tasks.reindex(playbook.pk)
    assert jobs.trust_in_search() == 0
    ends(playbook, -1)
    assert jobs.trust_in_search() == 1
    ends(playbook, -400)
    assert jobs.trust_in_search() == 1
    entry = SearchEntry.objects.get(kind="playbook", part_key="")
    assert (entry.verified, entry.faded) == (False, True)
    assert jobs.trust_in_search() == 0


# --- The queue ---


@pytest.fixture
def desk(cast):
    mine, stood_in, theirs, later = (
        make_published(cast=cast, title=title, owner=owner, deputy=deputy).playbook
        for title, owner, deputy in [
            ("Mine", cast.emma, None),
            ("Stood in", cast.otto, cast.emma),
            ("Theirs", cast.otto, None),
            ("Later", cast.emma, None),
        ]
    )
    ends(mine, 20)
    ends(stood_in, -5)
    ends(theirs, -9)
    return SimpleNamespace(mine=mine, stood_in=stood_in, theirs=theirs, later=later)


def test_owners_and_deputies_see_theirs_and_the_hub_sees_all_the_longest_overdue_first(cast, as_, desk):
    url = "/playbooks/upkeep/"
    assert listed(as_(cast.emma), url) == ["Stood in", "Mine"]
    assert listed(as_(cast.emma), f"{url}?who=left&due=all") == ["Stood in", "Mine", "Later"]
    assert listed(as_(cast.paul), url) == ["Theirs", "Stood in", "Mine"]
    assert listed(as_(cast.audra), f"{url}?due=late") == ["Theirs", "Stood in"]
    assert listed(as_(cast.paul), f"{url}?who=mine") == []
    assert listed(as_(cast.rita), url) == []
    assert "Still true" not in as_(cast.audra).get(url).content.decode()


def test_a_playbook_whose_owner_left_shows_to_the_hub(cast, as_, desk):
    say_goodbye(person=cast.otto, by=cast.hana)
    assert listed(as_(cast.paul), "/playbooks/upkeep/?who=left&due=all") == ["Theirs", "Stood in"]
    assert "owner has left" in as_(cast.paul).get("/playbooks/upkeep/").content.decode()


def test_one_press_in_the_queue_leads_back_to_it(cast, as_, desk):
    answer = as_(cast.emma).post(f"{desk.mine.get_absolute_url()}verify/", {"next": "/playbooks/upkeep/?topic=a"})
    assert answer["Location"] == "/playbooks/upkeep/?topic=a"
    answer = as_(cast.emma).post(f"{desk.mine.get_absolute_url()}verify/", {"next": "https://evil.example/"})
    assert answer["Location"] == desk.mine.get_absolute_url()
    assert listed(as_(cast.emma), "/playbooks/upkeep/") == ["Stood in"]


@pytest.mark.parametrize("name", ["", "unhelpful/", "needs-change/", "unverified/"])
def test_the_lists_take_as_many_queries_for_three_as_for_one(cast, as_, name):
    client = as_(cast.paul)

    def more():
        playbook = ends(make_published(cast=cast).playbook, -1)
        actions.vote(playbook=playbook, helpful=False, by=cast.rita)
        make_question(cast=cast, playbook=playbook)

    def cost():
        with CaptureQueriesContext(connection) as seen:
            found = listed(client, f"/playbooks/upkeep/{name}")
        return len(seen), len(found)

    more()
    few, one = cost()
    more()
    more()
    assert (cost(), one) == ((few, 3), 1)


# --- The link in a mail ---


@pytest.fixture
def mailed(cast):
    """A playbook of Emma's that is due, and the address in her mail."""
    playbook = ends(make_published(cast=cast, title="Alt text", owner=cast.emma).playbook, 5)
    jobs.verification_due()
    message = OutboxMessage.objects.get(kind="verification_due", recipient=cast.emma)
    (path,) = set(re.findall(r"/playbooks/still-true/\S+/", message.text))
    assert path in message.html
    return playbook, path


def test_following_the_link_changes_nothing_and_the_button_does(cast, client, mailed):
    playbook, path = mailed
    for _scanner in range(2):
        answer = client.get(path)
        assert (answer.status_code, "It is still true" in answer.content.decode()) == (200, True)
    playbook.refresh_from_db()
    assert playbook.verified_until == day(5)
    assert "no-store" in answer["Cache-Control"]
    assert client.post(path)["Location"] == path
    playbook.refresh_from_db()
    assert (playbook.verified_by, playbook.is_verified) == (cast.emma, True)
    assert playbook.verified_until > day(5)
    text = client.get(path).content.decode()
    assert "nothing left to do" in text
    assert "It is still true" not in text


def test_a_link_is_used_up_once_somebody_has_given_the_word(cast, client, mailed):
    playbook, path = mailed
    until = actions.verify(playbook=playbook, until=day(300), by=cast.paul).verified_until
    assert client.post(path).status_code == 200
    playbook.refresh_from_db()
    assert (playbook.verified_by, playbook.verified_until) == (cast.paul, until)


def test_a_link_works_for_nobody_else_who_is_signed_in(cast, as_, mailed):
    playbook, path = mailed
    for person in (cast.otto, cast.hana):
        assert as_(person).get(path).status_code == 403
        assert as_(person).post(path).status_code == 403
    playbook.refresh_from_db()
    assert playbook.verified_until == day(5)
    assert as_(cast.emma).post(path).status_code == 302


def test_an_expired_link_says_where_to_go(cast, client, mailed, monkeypatch):
    playbook, path = mailed
    monkeypatch.setattr("hub.signed_links.LASTS", timedelta(seconds=-1))
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 410
        assert f'{playbook.get_absolute_url()}#verify"' in answer.content.decode()
    playbook.refresh_from_db()
    assert playbook.verified_until == day(5)


def test_a_link_gives_no_right_that_is_gone(cast, client, mailed):
    playbook, path = mailed
    actions.change_playbook(playbook=playbook, owner=cast.otto, by=cast.paul)
    assert "Only the owner of a playbook" in client.get(path).content.decode()
    assert client.post(path).status_code == 403
    actions.change_playbook(playbook=playbook, audiences=[cast.retail.group], by=cast.paul)
    assert client.get(path).status_code == 404
    playbook.refresh_from_db()
    assert playbook.verified_until == day(5)


def test_nobody_else_reads_the_link_in_the_outbox(cast, as_, mailed, settings):
    settings.SAMPLE_MODE = False
    message = OutboxMessage.objects.get(kind="verification_due", recipient=cast.emma)
    for person in (cast.audra, cast.hana):
        assert "still-true" not in as_(person).get(f"/desk/outbox/{message.pk}/").content.decode()
        assert "still-true" not in as_(person).get(f"/desk/outbox/{message.pk}/html/").content.decode()


def test_where_owner_and_deputy_have_left_the_leads_are_asked(cast):
    playbook = make_published(cast=cast, owner=cast.emma, deputy=cast.rita).playbook
    ends(playbook, 5)
    say_goodbye(person=cast.emma, by=cast.hana)
    jobs.verification_due()
    asked = OutboxMessage.objects.filter(kind="verification_due")
    assert [one.recipient for one in asked] == [cast.rita]
    asked.delete()
    say_goodbye(person=cast.rita, by=cast.hana)
    jobs.verification_due()
    assert {one.recipient for one in asked.all()} == {cast.hana, cast.lena}
    assert "has left" in asked.first().text


# --- Lists that create work ---


def test_needs_change_names_open_questions_and_clauses_that_changed_since(cast, as_):
    policy = make_policy_version(cast=cast, clauses=[clause(key="one"), clause(key="two")]).policy
    cites = [{"section_key": "ask-first", "policy": policy, "clause_key": "one"}]
    make_published(cast=cast, title="Quiet")
    playbook = make_published(cast=cast, title="Rests", citations=cites).playbook
    asked = make_published(cast=cast, title="Asked").playbook
    make_question(cast=cast, playbook=asked)
    url, client = "/playbooks/upkeep/needs-change/", as_(cast.paul)
    assert listed(client, url) == ["Asked"]
    changed = [clause(key="one", body="You must never do this."), clause(key="two")]
    make_policy_version(cast=cast, policy=policy, clauses=changed)
    assert listed(client, url) == ["Asked", "Rests"]
    assert "rests on 1 clause that has changed" in client.get(url).content.decode()
    actions.verify(playbook=playbook, by=cast.emma)
    assert listed(client, url) == ["Asked"]


def test_needs_change_names_suggestions_that_wait_and_no_others(cast, as_):
    playbook = make_published(cast=cast, title="Suggested").playbook
    suggestion = make_suggestion(playbook=playbook, by=cast.otto, sent=False)
    url, client = "/playbooks/upkeep/needs-change/", as_(cast.paul)
    assert listed(client, url) == []
    actions.send_suggestion(suggestion=suggestion, by=cast.otto)
    assert listed(client, url) == ["Suggested"]
    assert "1 suggestion<" in client.get(url).content.decode()


def test_readings_are_counted_without_the_person(cast, as_):
    playbook = make_published(cast=cast).playbook
    url = f"{playbook.get_absolute_url()}read/"
    for person in (cast.emma, cast.emma, cast.rita):
        assert as_(person).post(url).status_code == 200
    assert as_(cast.audra).post(url).status_code == 403
    assert list(ReadCount.objects.values_list("playbook", "day", "number")) == [(playbook.pk, clock.today(), 3)]
    assert 'data-read="' not in as_(cast.audra).get(playbook.get_absolute_url()).content.decode()


def test_of_what_is_not_verified_the_most_read_comes_first(cast, as_):
    often, never, verified, long_ago = (make_published(cast=cast, title=title).playbook for title in "ABCD")
    for playbook in (often, never, long_ago):
        ends(playbook, -1)
    ReadCount.objects.create(playbook=often, day=day(0), number=2)
    ReadCount.objects.create(playbook=often, day=day(-80), number=3)
    ReadCount.objects.create(playbook=long_ago, day=day(-100), number=99)
    ReadCount.objects.create(playbook=verified, day=day(0), number=99)
    url = "/playbooks/upkeep/unverified/"
    assert listed(as_(cast.paul), url) == ["A", "B", "D"]
    assert "read 5 times in 90 days" in as_(cast.paul).get(url).content.decode()


def test_a_page_of_the_portal_keeps_its_address(cast):
    with pytest.raises(Invalid) as refusal:
        make_playbook(cast=cast, title="Upkeep")
    assert refusal.value.field == "slug"
