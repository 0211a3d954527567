"""Clauses about platforms: shown on the pages of their accounts, and on the clause how many accounts it touches."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.audit import history
from hub.exceptions import Invalid, NotAllowed
from policies import actions, reports
from policies.models import ClausePlatform
from spokes import actions as spoke_actions
from tests.policies.factories import clause, make_draft, make_published

URL = "/admin/policies/policy/platforms/"


@pytest.fixture
def policy(cast):
    clauses = [clause("Say so", key="say-so"), clause("Ask", key="ask")]
    return make_published(cast=cast, title="Disclosure", clauses=clauses).policy


def account(cast, platform="x", handle="larkfield", status="active"):
    return spoke_actions.add_account(
        platform=platform, handle=handle, spoke=cast.retail, status=status, owner=cast.rita, by=cast.root
    )


def signed_in(client, person):
    client.force_login(person)
    return client


def text_of(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def link(policy, cast, *platforms, key="say-so"):
    actions.set_platforms(policy=policy, clause_key=key, platforms=platforms, by=cast.paul)


def test_both_ends_show_the_link(cast, client, policy):
    link(policy, cast, "x", "tiktok")
    one = account(cast)
    account(cast, handle="second")
    account(cast, handle="gone", status="archived")
    text = text_of(signed_in(client, cast.emma), policy.get_absolute_url())
    assert '<a href="/register/?platform=x">2 accounts on X</a>' in text
    assert "0 accounts on TikTok" in text
    text = text_of(client, one.get_absolute_url())
    assert "Rules for X" in text and f'{policy.get_absolute_url()}#c-say-so">Say so</a>' in text
    elsewhere = account(cast, platform="blog", handle="larkfield.example/blog")
    assert "Rules for" not in text_of(client, elsewhere.get_absolute_url())


def test_an_account_shows_the_rules_that_are_for_the_reader(cast, client, policy):
    link(policy, cast, "x")
    one = account(cast)
    actions.change_policy(policy=policy, audiences=[cast.retail.group], by=cast.paul)
    assert "Say so" in text_of(signed_in(client, cast.rita), one.get_absolute_url())
    assert "Say so" not in text_of(signed_in(client, cast.emma), one.get_absolute_url())
    assert reports.clauses_for("x", cast.otto) == []
    assert len(reports.clauses_for("x", cast.audra)) == 1


def test_what_is_no_longer_in_force_shows_on_no_account(cast, client, policy):
    link(policy, cast, "x")
    link(policy, cast, "x", key="ask")
    make_published(cast=cast, policy=policy, clauses=[clause("Ask", key="ask")])
    assert [heading for _policy, _url, heading, _force in reports.clauses_for("x", cast.emma)] == ["Ask"]
    assert "no longer in force" in text_of(signed_in(client, cast.paul), URL)
    actions.withdraw(version=policy.versions.get(number=2), reason="obsolete", by=cast.hana)
    assert reports.clauses_for("x", cast.emma) == []


def test_the_last_choice_counts_and_none_takes_it_away(cast, policy):
    link(policy, cast, "x", "tiktok")
    link(policy, cast, "x", "blog")
    assert sorted(ClausePlatform.objects.values_list("platform", flat=True)) == ["blog", "x"]
    link(policy, cast)
    assert not ClausePlatform.objects.exists()


def test_the_same_choice_again_leaves_no_line(cast, policy):
    link(policy, cast, "x", "tiktok")
    lines = history(policy).count()
    link(policy, cast, "tiktok", "x", "x")
    assert history(policy).count() == lines
    link(policy, cast, "x")
    assert history(policy).count() == lines + 1


def test_only_readers_clauses_and_known_platforms_are_linked(cast, policy):
    draft = make_draft(cast=cast, title="Not yet", clauses=[clause(key="new")]).policy
    for values in (
        {"policy": policy, "clause_key": "say-so", "platforms": ["orkut"]},
        {"policy": policy, "clause_key": "nothing", "platforms": ["x"]},
        {"policy": draft, "clause_key": "new", "platforms": ["x"]},
    ):
        with pytest.raises(Invalid):
            actions.set_platforms(by=cast.paul, **values)
    with pytest.raises(NotAllowed):
        actions.set_platforms(policy=policy, clause_key="say-so", platforms=["x"], by=cast.audra)


def test_staff_link_and_change_on_one_page(cast, client, policy):
    signed_in(client, cast.paul)
    values = {"clause": f"{policy.slug}:say-so", "platforms": ["x", "blog"]}
    assert client.post(URL, values)["Location"] == URL
    text = text_of(client, f"{URL}?clause={policy.slug}:say-so")
    assert text.count("checked") == 2 and f'value="{policy.slug}:say-so" selected' in text
    assert client.post(URL, {"clause": "", "platforms": ["x"]}).status_code == 422
    assert "<form method" not in text_of(signed_in(client, cast.audra), URL).partition("<main")[2]


def test_before_publishing_accounts_of_the_platform_are_named(cast, policy):
    link(policy, cast, "x")
    account(cast)
    touched = [thing for thing in reports.resting_on(policy, ["say-so"]) if thing.kind == "account"]
    assert [(thing.title, thing.parts, thing.people) for thing in touched] == [("1 account on X", ("say-so",), ())]
    assert not [thing for thing in reports.resting_on(policy, ["ask"]) if thing.kind == "account"]


def test_pages_cost_the_same_with_more_of_them(cast, client, policy):
    link(policy, cast, "x")
    one = account(cast)
    signed_in(client, cast.paul)
    pages = [policy.get_absolute_url(), one.get_absolute_url(), URL]

    def cost():
        found = []
        for url in pages:
            with CaptureQueriesContext(connection) as seen:
                text_of(client, url)
            found.append(len(seen))
        return found

    cost()
    few = cost()
    for n in range(3):
        account(cast, handle=f"more{n}")
        link(make_published(cast=cast, clauses=[clause(key="one")]).policy, cast, "x", key="one")
    link(policy, cast, "x", "tiktok", "blog", key="ask")
    assert cost() == few
