"""What people search for is counted without them; what they do not find comes to the hub, and back to who asked."""

import threading

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import actions, jobs, search, tasks
from hub.clock import today
from hub.exceptions import Invalid, NotAllowed
from hub.models import OutboxMessage, SearchCount, SearchGap, SearchWish
from hub.search import vocabulary
from hub.search.tally import Tally, key_of
from policies.tasks import reindex
from tests.factories import make_cast
from tests.policies.factories import clause, make_published

from .made import found

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


def counted(*texts, not_found=1):
    """Each text searched once, without an answer unless said otherwise."""
    jobs.count_searches([(key_of(text), text, 1, not_found, 0) for text in texts])
    return SearchGap.objects.filter(wordings__key=key_of(texts[0])).first()


def policy(cast, title="Airship rules", **fields):
    version = make_published(
        cast=cast, title=title, slug="airships", clauses=[clause("Keep it down", key="down", body="Never fly high.")],
        **fields,
    )  # fmt: skip
    reindex(version.policy_id)
    vocabulary.forget()
    return version.policy


# Counting


def test_the_same_words_in_any_order_and_form_are_one_wording():
    counted("zeppelin rules")
    counted("The rule for zeppelins")
    counted("rules zeppelin", not_found=0)
    one = SearchCount.objects.get()
    assert (one.text, one.asked, one.not_found, one.last_on) == ("zeppelin rules", 3, 2, today())
    assert one.gap.title == "zeppelin rules"


def test_what_was_found_opens_no_gap():
    assert counted("zeppelin", not_found=0) is None
    assert not SearchGap.objects.exists()


@pytest.mark.parametrize("text", ["mail emma@larkfield.example", "call +49 170 1234567", "x" * 300, "?!", ""])
def test_what_may_be_somebodys_is_not_counted(text):
    assert key_of(text) == ""


def test_a_tally_hands_on_sets_and_forgets_them():
    handed = []
    tally = Tally(handed.append)
    for _ in range(3):
        tally.searched("zeppelin rules", answered=False)
    tally.searched("photo", answered=True)
    tally.opened("photo")
    tally.flush()
    tally.flush()
    assert handed == [[("rule zeppelin", "zeppelin rules", 3, 3, 0), ("photo", "photo", 1, 0, 1)]]


def test_a_tally_goes_on_by_itself_and_survives_a_broker_that_is_away(monkeypatch):
    monkeypatch.setattr("hub.search.tally.FLUSH_SECONDS", 0.01)
    gone = threading.Event()

    def away(rows):
        gone.set()
        raise OSError("no broker")

    tally = Tally(away)
    tally.searched("zeppelin", answered=False)
    assert gone.wait(5)
    gone.clear()
    tally.searched("zeppelin", answered=False)
    assert gone.wait(5)


def test_a_page_counts_and_writes_nothing(client, cast, monkeypatch):
    from coe_portal.views import search as page

    handed = []
    monkeypatch.setattr(page, "tally", Tally(handed.append))
    policy(cast)
    client.force_login(cast.emma)
    with CaptureQueriesContext(connection) as seen:
        for address in ("q=airship", "q=airship&page=2", "q=airship&kind=policy", "q=zeppelin"):
            client.get(f"/search/?{address}")
    assert client.post("/search/opened/", {"q": "airship"}).status_code == 200
    page.tally.flush()
    assert handed == [[("airship", "airship", 1, 0, 1), ("zeppelin", "zeppelin", 1, 1, 0)]]
    assert not [one["sql"] for one in seen if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_old_wordings_are_forgotten_unless_they_lacked_an_answer():
    counted("zeppelin")
    counted("photo", not_found=0)
    SearchCount.objects.update(last_on=today() - jobs.KEEP_SEARCHES * 2)
    assert jobs.forget_searches() == 1
    assert SearchCount.objects.get().text == "zeppelin"


@pytest.mark.parametrize("text", ["?!", "mail emma@larkfield.example", ""])
def test_nobody_is_told_about_words_that_say_nothing(cast, text):
    with pytest.raises(Invalid, match="Search with a few words first"):
        actions.ask_to_be_told(text=text, by=cast.emma)
    assert not SearchCount.objects.exists() and not SearchWish.objects.exists()


# The inbox


def test_gaps_about_one_thing_are_put_together(cast):
    counted("zeppelin")
    counted("zeppelin")
    counted("flying cigar")
    first, second = SearchGap.objects.order_by("pk")
    actions.ask_to_be_told(text="zeppelin", by=cast.emma)
    actions.ask_to_be_told(text="flying cigar", by=cast.emma)
    actions.ask_to_be_told(text="flying cigar", by=cast.rita)
    kept = actions.merge_gaps(gaps=[second, first], by=cast.paul)
    assert SearchGap.objects.get() == kept == first
    assert kept.wordings.count() == 2
    assert set(kept.wishes.values_list("person", flat=True)) == {cast.emma.pk, cast.rita.pk}
    with pytest.raises(Invalid):
        actions.merge_gaps(gaps=[kept], by=cast.paul)


def test_an_answer_is_found_by_the_words_that_lacked_it(cast):
    one = policy(cast)
    gap = counted("zeppelin")
    assert found("zeppelin") == []
    actions.answer_gap(gap=gap, address="/policies/airships/#c-down", by=cast.paul)
    tasks.reindex_found("policy", one.pk)
    hit = search.search("zeppelin", group_ids=()).hits[0]
    assert hit.url == "/policies/airships/#c-down"
    assert search.search("zeppelin", group_ids=()).is_sure
    actions.reopen_gap(gap=gap, by=cast.paul)
    tasks.reindex_found("policy", one.pk)
    assert found("zeppelin") == []


def test_everyone_who_asked_is_told_once(cast):
    policy(cast)
    gap = actions.ask_to_be_told(text="zeppelin", by=cast.emma)
    actions.ask_to_be_told(text="zeppelins", by=cast.emma)
    actions.ask_to_be_told(text="zeppelin", by=cast.rita)
    for _ in range(2):
        actions.answer_gap(gap=gap, address="http://portal.test/policies/airships/", by=cast.paul)
        actions.reopen_gap(gap=gap, by=cast.paul)
    told = OutboxMessage.objects.filter(kind="search_answered")
    assert sorted(told.values_list("to_address", flat=True)) == sorted([cast.emma.email, cast.rita.email])
    assert "zeppelin" in told[0].text and "http://portal.test/policies/airships/" in told[0].text
    # Who asks again after that is told again.
    actions.ask_to_be_told(text="zeppelin", by=cast.emma)
    actions.answer_gap(gap=gap, address="/policies/airships/", by=cast.paul)
    assert told.filter(to_address=cast.emma.email).count() == 2


def test_nobody_is_told_of_what_she_may_not_read(cast):
    policy(cast, title="Canary", audiences=[cast.retail.group])
    gap = actions.ask_to_be_told(text="zeppelin", by=cast.emma)
    actions.ask_to_be_told(text="zeppelin", by=cast.rita)
    assert not Group.objects.filter(user=cast.otto, pk=cast.retail.group_id).exists()
    actions.ask_to_be_told(text="zeppelin", by=cast.otto)
    actions.answer_gap(gap=gap, address="/policies/airships/", by=cast.paul)
    told = set(SearchWish.objects.exclude(told_at=None).values_list("person", flat=True))
    allowed = {p.pk for p in (cast.emma, cast.rita, cast.otto) if cast.retail.group_id in p.audience_group_ids()}
    assert told == allowed and cast.otto.pk not in told


@pytest.mark.parametrize("audience", ["everybody", "a department"])
def test_telling_many_costs_no_more_statements_than_telling_one(cast, audience):
    policy(cast, audiences=[] if audience == "everybody" else [cast.company.group])

    def told(people, text):
        for person in people:
            gap = actions.ask_to_be_told(text=text, by=person)
        with CaptureQueriesContext(connection) as seen:
            actions.answer_gap(gap=gap, address="/policies/airships/", by=cast.paul)
        assert gap.wishes.filter(told_at=None).count() == 0
        return len(seen)

    assert told([cast.emma], "zeppelin") == told([cast.emma, cast.rita, cast.otto, cast.hana], "blimp")
    assert OutboxMessage.objects.filter(kind="search_answered").count() == 5


@pytest.mark.parametrize("address", ["/nowhere/", "https://elsewhere.example/policies/airships/", "", "javascript:1"])
def test_only_what_search_knows_is_an_answer(cast, address):
    policy(cast)
    gap = counted("zeppelin")
    with pytest.raises(Invalid):
        actions.answer_gap(gap=gap, address=address, by=cast.paul)


def test_what_is_settled_is_settled_once_and_can_be_opened_again(cast):
    policy(cast)
    gap = actions.set_gap_aside(gap=counted("zeppelin"), by=cast.paul)
    for act in (
        lambda: actions.set_gap_aside(gap=gap, by=cast.paul),
        lambda: actions.answer_gap(gap=gap, address="/policies/airships/", by=cast.paul),
    ):
        with pytest.raises(NotAllowed):
            act()
    counted("zeppelin")
    gap.refresh_from_db()
    assert gap.state == "set_aside", "searched again it stays where staff put it"
    actions.ask_to_be_told(text="zeppelin", by=cast.emma)
    gap.refresh_from_db()
    assert gap.state == "open", "but somebody who wants to be told opens it"
    with pytest.raises(NotAllowed):
        actions.reopen_gap(gap=gap, by=cast.paul)


def test_only_staff_settle(cast):
    gap = counted("zeppelin")
    for person in (cast.emma, cast.rita, cast.audra):
        for act in (
            lambda by: actions.answer_gap(gap=gap, address="/x/", by=by),
            lambda by: actions.set_gap_aside(gap=gap, by=by),
            lambda by: actions.reopen_gap(gap=gap, by=by),
            lambda by: actions.merge_gaps(gaps=[gap], by=by),
        ):
            with pytest.raises(NotAllowed):
                act(person)
    with pytest.raises(NotAllowed):
        actions.ask_to_be_told(text="zeppelin", by=cast.audra)


# On screen


def test_from_nothing_found_to_an_answer(client, cast):
    policy(cast)
    client.force_login(cast.emma)
    assert "Tell me when there is an answer" in client.get("/search/?q=zeppelin").content.decode()
    response = client.post("/search/tell-me/", {"q": "zeppelin"}, follow=True)
    assert "You will get a mail" in response.content.decode()
    gap = SearchGap.objects.get()
    client.force_login(cast.paul)
    assert "zeppelin" in client.get("/desk/gaps/").content.decode()
    assert "Answer it" in client.get(f"/desk/gaps/{gap.pk}/").content.decode()
    response = client.post(f"/desk/gaps/{gap.pk}/answer/", {"address": "/nowhere/"})
    assert response.status_code == 422 and "Search knows nothing at this address" in response.content.decode()
    client.post(f"/desk/gaps/{gap.pk}/answer/", {"address": "/policies/airships/"})
    assert "Airship rules" in client.get("/desk/gaps/?show=settled").content.decode()
    assert "zeppelin" not in client.get("/desk/gaps/").content.decode()


def test_the_inbox_puts_the_most_wanted_first_in_a_constant_number_of_queries(client, cast):
    counted("zeppelin")
    client.force_login(cast.paul)
    client.get("/desk/gaps/")
    with CaptureQueriesContext(connection) as one:
        client.get("/desk/gaps/")
    counted("airship tax")
    counted("airship tax")
    counted("moon base")
    with CaptureQueriesContext(connection) as three:
        text = client.get("/desk/gaps/").content.decode()
    assert len(one) == len(three)
    assert text.index("airship tax") < text.index("moon base")
    assert text.count("checkbox") == 3


def test_gaps_are_chosen_and_put_together_on_screen(client, cast):
    counted("zeppelin")
    counted("airship")
    client.force_login(cast.paul)
    client.post("/desk/gaps/merge/", {"gap": [gap.pk for gap in SearchGap.objects.all()]})
    assert SearchGap.objects.get().wordings.count() == 2
