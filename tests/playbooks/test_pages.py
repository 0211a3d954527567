"""What readers of playbooks get: addresses, rights, freshness, citations, votes, and how many queries that takes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import slots
from hub.models import User
from playbooks import actions
from playbooks.models import Playbook
from policies import actions as policy_actions
from policies import clock
from tests.factories import make_service, make_topic
from tests.playbooks.factories import make_draft, make_playbook, make_published, make_submitted, section
from tests.policies.factories import clause
from tests.policies.factories import make_published as make_policy_version


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def queries(client, url):
    with CaptureQueriesContext(connection) as seen:
        page(client, url)
    return len(seen)


@pytest.fixture
def quiet_slots():
    """Other apps' share of the page is theirs to count."""
    with slots.where_used.only():
        yield


# --- One playbook -----------------------------------------------------------------------------------------------------


def test_a_playbook_shows_what_a_reader_needs(cast, as_):
    service = make_service(title="Open an account")
    revision = make_published(
        cast=cast,
        title="Start a channel",
        minutes=480,
        difficulty="hard",
        services=[service],
        deputy=cast.rita,
        sections=[section("Ask first", key="ask-first", body="Ask.\n\n- [ ] Asked **her**")],
    )
    text = page(as_(cast.emma), "/playbooks/start-a-channel/")
    assert 'id="s-ask-first"' in text
    assert 'href="#s-ask-first"' in text
    assert '<li id="t-ask-first--asked-her"><span class="box" aria-hidden="true"></span><div>Asked <strong>her' in text
    assert "8 hours" in text
    assert "Ask for help the first time" in text
    assert "<bdi>Rita</bdi>" in text
    assert "Verified until" in text
    assert "/services/open-an-account/request/?playbook=start-a-channel" in text
    assert revision.change_note in text
    assert "Edit" not in text


def test_staff_find_the_way_to_the_editor(cast, as_):
    playbook = make_published(cast=cast).playbook
    assert f"/admin/playbooks/playbook/{playbook.pk}/edit/" in page(as_(cast.paul), playbook.get_absolute_url())


def test_who_may_not_read_it_gets_404_everywhere(cast, as_):
    first = make_published(cast=cast, audiences=[cast.retail.group], title="Secret canary")
    make_published(cast=cast, playbook=first.playbook)
    address = first.playbook.get_absolute_url()
    urls = [address, f"{address}revisions/1/", f"{address}compare/1/2/", f"{address}compare/?older=1&newer=2"]
    for url in urls:
        page(as_(cast.otto), url, 404)
        assert as_(cast.rita).get(url).status_code in {200, 302}
        assert as_(cast.audra).get(url).status_code in {200, 302}
    for url in [f"{address}vote/", f"{address}verify/"]:
        assert as_(cast.otto).post(url, {"helpful": "yes"}).status_code == 404
    assert "canary" not in page(as_(cast.otto), "/playbooks/")


def test_what_is_not_published_is_not_there(cast, as_):
    draft = make_draft(cast=cast, title="Not yet")
    for person in [cast.emma, cast.paul]:
        page(as_(person), draft.playbook.get_absolute_url(), 404)
    page(as_(cast.emma), draft.get_absolute_url(), 404)
    assert "Readers cannot see this yet" in page(as_(cast.paul), draft.get_absolute_url())


def test_a_former_address_leads_on(cast, as_):
    playbook = make_published(cast=cast, title="Old name").playbook
    make_published(cast=cast, playbook=playbook)
    actions.change_playbook(playbook=playbook, slug="new-name", by=cast.paul)
    for old, new in [
        ("/playbooks/old-name/", "/playbooks/new-name/"),
        ("/playbooks/old-name/revisions/1/", "/playbooks/new-name/revisions/1/"),
        ("/playbooks/old-name/compare/1/2/", "/playbooks/new-name/compare/1/2/"),
        ("/playbooks/old-name/compare/", "/playbooks/new-name/compare/"),
    ]:
        answer = as_(cast.emma).get(old)
        assert (answer.status_code, answer["Location"]) == (301, new)
    actions.change_playbook(playbook=playbook, audiences=[cast.retail.group], by=cast.paul)
    page(as_(cast.emma), "/playbooks/old-name/", 404)


def test_past_its_date_readers_see_so(cast, as_):
    playbook = make_published(cast=cast).playbook
    Playbook.objects.update(verified_until=clock.today() - timedelta(days=1))
    text = page(as_(cast.emma), playbook.get_absolute_url())
    assert "Not verified since" in text
    assert "Still true" in text  # Emma owns it
    assert "Still true" not in page(as_(cast.otto), playbook.get_absolute_url())
    Playbook.objects.update(verified_until=None)
    assert "Not verified yet" in page(as_(cast.emma), playbook.get_absolute_url())


def test_the_owner_says_still_true_with_one_press(cast, as_):
    playbook = make_published(cast=cast).playbook
    Playbook.objects.update(verified_until=clock.today())
    assert as_(cast.emma).post(f"{playbook.get_absolute_url()}verify/").status_code == 302
    playbook.refresh_from_db()
    assert playbook.verified_until > clock.today()
    refused = as_(cast.otto).post(f"{playbook.get_absolute_url()}verify/")
    assert refused.status_code == 403
    assert "Only the owner" in refused.content.decode()


@pytest.fixture
def cited(cast):
    """A playbook that rests on a clause of a policy for Retail."""
    policy = make_policy_version(
        cast=cast,
        title="Prices canary",
        clauses=[clause("Say so canary", key="say-so"), clause("Gone canary", key="gone")],
        audiences=[cast.retail.group],
    ).policy
    cites = [{"section_key": "ask-first", "policy": policy, "clause_key": key} for key in ("say-so", "gone")]
    return make_published(cast=cast, citations=cites).playbook, policy


def test_clauses_are_shown_only_to_whom_the_policy_is_for(cast, as_, cited):
    playbook, policy = cited
    assert f"{policy.get_absolute_url()}#c-say-so" in page(as_(cast.rita), playbook.get_absolute_url())
    assert "canary" not in page(as_(cast.otto), playbook.get_absolute_url())


def test_a_clause_that_was_taken_out_leads_to_its_policy(cast, as_, cited):
    playbook, policy = cited
    make_policy_version(cast=cast, policy=policy, clauses=[clause("Say so", key="say-so")])
    text = page(as_(cast.rita), playbook.get_absolute_url())
    assert "#c-gone" not in text
    assert f'href="{policy.get_absolute_url()}"' in text


def test_a_withdrawn_policy_is_still_named(cast, as_, cited):
    playbook, policy = cited
    version = policy.versions.get()
    policy_actions.withdraw(version=version, reason="obsolete", by=cast.hana)
    assert f"{policy.get_absolute_url()}#c-say-so" in page(as_(cast.rita), playbook.get_absolute_url())


def test_the_policy_shows_where_its_clauses_are_used(cast, cited):
    playbook, policy = cited
    uses = slots.where_used.gather(policy, cast.rita)
    found = {(use.part, use.url) for use in uses if use.kind == "playbook"}
    address = f"{playbook.get_absolute_url()}#s-ask-first"
    assert found == {("say-so", address), ("gone", address)}
    actions.change_playbook(playbook=playbook, audiences=[cast.care.group], by=cast.paul)
    assert [use for use in slots.where_used.gather(policy, cast.rita) if use.kind == "playbook"] == []
    assert [use for use in slots.where_used.gather(playbook, cast.rita) if use.kind == "playbook"] == []


def test_a_playbook_takes_seven_queries_however_long_it_is(cast, as_, quiet_slots):
    policy = make_policy_version(cast=cast, clauses=[clause(key="say-so")]).policy

    def grown(parts):
        playbook = make_playbook(cast=cast, services=[make_service() for _n in range(parts)])
        keys = [f"part-{n}" for n in range(parts)]
        cites = [{"section_key": key, "policy": policy, "clause_key": "say-so"} for key in keys]
        for _n in range(parts):
            sections = [section(key, key=key) for key in keys]
            make_published(cast=cast, playbook=playbook, sections=sections, citations=cites)
        return playbook.get_absolute_url()

    client = as_(cast.emma)
    page(client, "/settings/")  # a token for forms: from now on pages are marked, which is one of the six
    assert [queries(client, grown(1)), queries(client, grown(3))] == [7, 7]


# --- Votes ------------------------------------------------------------------------------------------------------------


def test_a_vote_needs_no_javascript_and_can_be_taken_back(cast, as_):
    playbook = make_published(cast=cast).playbook
    address, client = playbook.get_absolute_url(), as_(cast.emma)
    assert "Yes, it helped" in page(client, address)
    assert client.post(f"{address}vote/", {"helpful": "yes"})["Location"] == f"{address}#helpful"
    text = page(client, address)
    assert "You said that it helped" in text
    assert "1 person said that it helped" in text
    client.post(f"{address}vote/", {"helpful": "no"})
    assert "You said that it did not help" in page(client, address)
    client.post(f"{address}vote/", {"helpful": "undo"})
    assert "Yes, it helped" in page(client, address)
    assert client.post(f"{address}vote/", {"helpful": "maybe"}).status_code == 404
    assert client.get(f"{address}vote/").status_code == 405


def test_an_auditor_reads_why_she_cannot_vote(cast, as_):
    playbook = make_published(cast=cast).playbook
    assert "Auditors read everything" in page(as_(cast.audra), playbook.get_absolute_url())


# --- Revisions --------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(cast):
    first = make_published(cast=cast, sections=[section("Ask first", key="ask-first", body="Ask the owner.")])
    new = [section("Ask first", key="ask-first", body="Ask the deputy."), section("Wait", key="wait")]
    make_published(cast=cast, playbook=first.playbook, sections=new)
    return first.playbook


def test_an_older_revision_says_so(cast, as_, two):
    text = page(as_(cast.emma), f"/playbooks/{two.slug}/revisions/1/")
    assert "An older revision" in text
    assert "Ask the owner." in text
    assert "Did this help?" not in text
    assert "This is the revision that readers get" in page(as_(cast.emma), f"/playbooks/{two.slug}/revisions/2/")
    page(as_(cast.emma), f"/playbooks/{two.slug}/revisions/9/", 404)


def test_what_changed_is_marked_word_by_word(cast, as_, two):
    text = page(as_(cast.emma), f"/playbooks/{two.slug}/compare/1/2/")
    assert "Sections: 1 changed, 1 new, 0 taken out" in text
    assert "New section" in text
    assert "{#" not in text
    assert "owner</del>" in text
    assert "deputy</ins>" in text


def test_what_did_not_change_and_what_was_taken_out(cast, as_, two):
    assert "do not differ in their text" in page(as_(cast.emma), f"/playbooks/{two.slug}/compare/1/1/")
    backwards = as_(cast.emma).get(f"/playbooks/{two.slug}/compare/2/1/")
    assert backwards["Location"] == f"/playbooks/{two.slug}/compare/1/2/"
    make_published(cast=cast, playbook=two, sections=[section("Second", key="second", body="More.")])
    assert "Section taken out" in page(as_(cast.emma), f"/playbooks/{two.slug}/compare/2/3/")
    page(as_(cast.emma), f"/playbooks/{two.slug}/compare/1/9/", 404)


def test_moved_and_unchanged_sections(cast, as_):
    a, b, c = (section(name, key=name.lower(), body=f"{name}.") for name in ("Alpha", "Beta", "Gamma"))
    first = make_published(cast=cast, sections=[a, b, c])
    make_published(cast=cast, playbook=first.playbook, sections=[c, a, {**b, "body": "Other."}])
    text = page(as_(cast.emma), f"/playbooks/{first.playbook.slug}/compare/1/2/")
    assert "Moved, same words" in text
    assert "This section did not change:" in text


def test_two_revisions_are_picked_in_a_form(cast, as_, two):
    address = f"/playbooks/{two.slug}/compare/"
    answer = as_(cast.emma).get(address, {"older": "1", "newer": "2"})
    assert answer["Location"] == f"{address}1/2/"
    assert as_(cast.emma).get(address, {"older": "7", "newer": "x"})["Location"] == f"/playbooks/{two.slug}/history/"


def test_readers_do_not_compare_with_what_is_being_written(cast, as_, two):
    make_draft(cast=cast, playbook=two)
    page(as_(cast.emma), f"/playbooks/{two.slug}/compare/2/3/", 404)
    page(as_(cast.paul), f"/playbooks/{two.slug}/compare/2/3/")


# --- The library ------------------------------------------------------------------------------------------------------


def titles(client, query=""):
    text = page(client, f"/playbooks/{query}")
    found = [(text.find(f">{p.title}</a>"), p.title) for p in Playbook.objects.all()]
    return [title for at, title in sorted(found) if at >= 0]


@pytest.fixture
def shelf(cast):
    crisis, events = make_topic(name="Crisis"), make_topic(name="Events")
    quick = make_published(cast=cast, title="Quick", topic=crisis, minutes=5).playbook
    long = make_published(cast=cast, title="Long", topic=events, minutes=300, difficulty="hard").playbook
    half = make_published(cast=cast, title="Half", topic=events, minutes=30).playbook
    make_submitted(cast=cast, title="Unpublished")
    Playbook.objects.filter(pk=long.pk).update(verified_until=clock.today() - timedelta(days=1), helpful=9, unhelpful=1)
    Playbook.objects.filter(pk=quick.pk).update(helpful=10, unhelpful=7)
    return quick, long, half


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Half", "Long", "Quick"]),
        ("?sort=helpful", ["Long", "Quick", "Half"]),
        ("?topic=events", ["Half", "Long"]),
        ("?difficulty=hard", ["Long"]),
        ("?time=10", ["Quick"]),
        ("?time=30", ["Half", "Quick"]),
        ("?time=more", ["Long"]),
        ("?verified=yes", ["Half", "Quick"]),
        ("?verified=no", ["Long"]),
        ("?topic=gone&time=abc&page=xyz", ["Half", "Long", "Quick"]),
        ("?topic=crisis&verified=no", []),
    ],
)
def test_filters_live_in_the_address(cast, as_, shelf, query, expected):
    assert titles(as_(cast.emma), query) == expected
    if not expected:
        assert "No playbook matches" in page(as_(cast.emma), f"/playbooks/{query}")


def test_newest_first(cast, as_, shelf):
    assert titles(as_(cast.emma), "?sort=newest") == ["Half", "Long", "Quick"]
    make_published(cast=cast, playbook=shelf[0])
    assert titles(as_(cast.emma), "?sort=newest") == ["Quick", "Half", "Long"]


def test_an_empty_library_says_what_it_is_for(cast, as_):
    assert "No playbooks yet" in page(as_(cast.emma), "/playbooks/")


def test_the_library_takes_four_queries_however_long_it_is(cast, as_):
    make_published(cast=cast)
    one = queries(as_(cast.emma), "/playbooks/")
    make_published(cast=cast, topic=make_topic())
    make_published(cast=cast)
    assert (one, queries(as_(cast.emma), "/playbooks/")) == (4, 4)


def test_long_libraries_come_in_pages(cast, as_):
    revision = make_published(cast=cast)
    Playbook.objects.bulk_create(
        Playbook(
            title=f"Copy {n:02}",
            slug=f"copy-{n}",
            summary="A copy.",
            topic=revision.playbook.topic,
            owner=User.objects.first(),
            verified_until=clock.today(),
            current=revision,
        )
        for n in range(27)
    )
    text = page(as_(cast.emma), "/playbooks/?page=2&sort=title")
    assert "28 playbooks" in text
    assert "Copy 26" in text
    assert "Copy 03" not in text
