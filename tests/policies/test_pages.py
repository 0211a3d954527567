"""What readers get: addresses, states, signing, and how many queries that takes."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import slots
from hub.models import Topic
from policies import actions, clock
from policies.models import Acknowledgement, Redline
from tests.factories import make_topic
from tests.policies.factories import (
    clause,
    days,
    hand_to,
    make_draft,
    make_in_state,
    make_policy,
    make_published,
    make_withdrawn,
    publish_now,
    sign,
)


@pytest.fixture
def as_(client):
    """A client signed in as somebody."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def counted(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


# --- Library ---------------------------------------------------------------------------------------------------------


def test_the_library_lists_what_this_person_may_read(cast, as_):
    make_published(cast=cast, title="For everybody")
    make_published(cast=cast, title="For Retail", audiences=[cast.retail.group])
    make_withdrawn(cast=cast, title="Gone")
    make_draft(cast=cast, title="Not yet")
    emma, rita, hana = (page(as_(person), "/policies/") for person in (cast.emma, cast.rita, cast.hana))
    seen = {
        title: [title in text for text in (emma, rita, hana)]
        for title in ["For everybody", "For Retail", "Gone", "Not yet"]
    }
    assert seen == {
        "For everybody": [True, True, True],
        "For Retail": [False, True, True],
        "Gone": [True, True, True],
        "Not yet": [False, False, False],
    }
    assert "2 policies" in emma


def test_an_empty_library_says_so(cast, as_):
    assert "No policies yet" in page(as_(cast.emma), "/policies/")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("topic=paid", ["Advertising"]),
        ("state=in_force", ["Advertising", "Signed", "Unsigned"]),
        ("state=announced", ["Announced"]),
        ("state=withdrawn", ["Withdrawn"]),
        ("mine=to-sign", ["Unsigned"]),
        ("mine=signed", ["Signed"]),
        ("topic=none", []),
        ("topic=paid&state=withdrawn", []),
        ("sort=newest", ["Withdrawn", "Unsigned", "Signed", "Announced", "Advertising"]),
        ("page=x", ["Advertising", "Announced", "Signed", "Unsigned", "Withdrawn"]),
    ],
)
def test_filters_live_in_the_address(cast, as_, query, expected):
    paid = make_topic(name="Paid", slug="paid")
    other = make_topic(name="Other")
    make_published(cast=cast, title="Advertising", topic=paid)
    make_published(cast=cast, title="Announced", topic=other, effective_on=days(3))
    sign(person=cast.emma, version=make_published(cast=cast, title="Signed", topic=other, must_sign=True))
    make_published(cast=cast, title="Unsigned", topic=other, must_sign=True)
    make_withdrawn(cast=cast, title="Withdrawn", topic=other)
    answer = as_(cast.emma).get(f"/policies/?{query}")
    assert [version.policy.title for version in answer.context["rows"]] == expected
    if not expected and "page" not in query:
        assert "No policy matches" in answer.content.decode()


def test_the_library_turns_pages_and_keeps_the_filters(cast, as_, monkeypatch):
    monkeypatch.setattr("policies.views.library.PER_PAGE", 2)
    for number in range(5):
        make_published(cast=cast, title=f"Policy {number}")
    client = as_(cast.emma)
    titles = [
        [version.policy.title for version in client.get(f"/policies/?state=in_force&page={number}").context["rows"]]
        for number in (1, 2, 3)
    ]
    assert titles == [["Policy 0", "Policy 1"], ["Policy 2", "Policy 3"], ["Policy 4"]]
    text = page(client, "/policies/?state=in_force&page=2")
    assert "?state=in_force&amp;page=1" in text
    assert "?state=in_force&amp;page=3" in text
    assert "5 policies" in text


def test_the_library_marks_what_is_to_sign_and_by_when(cast, as_):
    make_published(cast=cast, title="Rules", must_sign=True, sign_within_days=10)
    text = page(as_(cast.emma), "/policies/")
    assert "For you to sign" in text
    with time_machine.travel(clock.midnight(days(12)), tick=False):
        assert "Signature overdue" in page(as_(cast.emma), "/policies/")


def test_lists_and_pages_cost_the_same_with_one_and_with_three(cast, as_, django_assert_max_num_queries):
    client = as_(cast.emma)
    first = make_published(cast=cast, must_sign=True)
    url = first.policy.get_absolute_url()
    one = counted(client, "/policies/"), counted(client, url)
    make_published(cast=cast, must_sign=True)
    make_published(cast=cast, must_sign=True)
    make_published(cast=cast, policy=first.policy, clauses=[clause(str(n)) for n in range(3)])
    make_published(cast=cast, policy=first.policy, effective_on=days(9))
    three = counted(client, "/policies/"), counted(client, url)
    assert one == three
    assert one[0] <= 5
    assert one[1] <= 7


# --- A policy --------------------------------------------------------------------------------------------------------


def test_a_policy_shows_its_clauses_at_permanent_addresses(cast, as_):
    version = make_published(
        cast=cast, title="Rules", clauses=[clause("Say so", body="Be **clear**."), clause("You may", force="may")]
    )
    text = page(as_(cast.emma), version.policy.get_absolute_url())
    assert 'id="c-say-so"' in text
    assert "<strong>clear</strong>" in text
    assert 'data-force="must">Must' in text
    assert 'data-force="may">May' in text


def test_a_representative_asks_for_a_service_from_a_clause_and_anybody_else_the_hub(cast, as_):
    make_published(cast=cast, title="Rules", clauses=[clause("Say so")])
    question, request = "/questions/ask/?policy=rules:say-so", "/services/?clause=rules:say-so"

    def offered(person):
        text = page(as_(person), "/policies/rules/")
        return [address for address in (question, request) if f'href="{address}"' in text]

    for name, person in cast.everybody().items():
        expected = {"rita": [request], "dora": [request], "otto": [request], "audra": []}
        assert offered(person) == expected.get(name, [question]), name
    # From the day her term is over she asks as everybody does, without anybody doing anything.
    cast.rita.terms.update(ends_on=days(3))
    with time_machine.travel(clock.midnight(days(4)), tick=False):
        assert offered(cast.rita) == [question]


@pytest.mark.parametrize("address", ["", "versions/", "versions/1/", "compare/1/2/", "sign/", "on/2026-01-01/"])
def test_what_is_not_for_this_person_is_not_there(cast, as_, address):
    policy = make_published(cast=cast, title="Rules", must_sign=True, audiences=[cast.retail.group]).policy
    make_published(cast=cast, policy=policy)
    client = as_(cast.emma)
    assert client.get(f"/policies/rules/{address}").status_code == 404
    assert client.get(f"/policies/nothing/{address}").status_code == 404
    assert as_(cast.rita).get(f"/policies/rules/{address}").status_code == 200


@pytest.mark.parametrize("state", ["draft", "in_review", "approved", "scheduled"])
def test_nobody_reads_what_is_not_published(cast, as_, state):
    version = make_in_state(state, cast=cast, title="Rules")
    for person in [cast.emma, cast.hana]:
        assert as_(person).get("/policies/rules/").status_code == 404
    make_published(cast=cast, policy=make_policy(cast=cast))
    published = make_published(cast=cast, title="Other").policy
    number = make_in_state(state, cast=cast, policy=published).number
    client = as_(cast.hana)
    assert client.get(f"/policies/other/versions/{number}/").status_code == 404
    assert client.get(f"/policies/other/compare/1/{number}/").status_code == 404
    assert version.number == 1


def test_a_former_address_leads_to_the_new_one(cast, as_):
    policy = make_published(cast=cast, title="Rules").policy
    actions.change_policy(policy=policy, slug="new-rules", by=cast.paul)
    client = as_(cast.emma)
    answer = client.get("/policies/rules/versions/1/?a=b")
    assert (answer.status_code, answer["Location"]) == (301, "/policies/new-rules/versions/1/?a=b")
    assert client.get("/policies/rules/")["Location"] == "/policies/new-rules/"
    actions.change_policy(policy=policy, audiences=[cast.retail.group], by=cast.paul)
    assert client.get("/policies/rules/").status_code == 404


def test_an_announced_version_is_pointed_out_while_the_old_one_holds(cast, as_):
    policy = make_published(cast=cast, title="Rules", clauses=[clause(body="Old.", key="one")]).policy
    make_published(cast=cast, policy=policy, clauses=[clause(body="New.", key="one")], effective_on=days(5))
    client = as_(cast.emma)
    text = page(client, "/policies/rules/")
    assert "Version 2 is announced" in text
    assert "Old." in text
    assert "New." not in text
    text = page(client, "/policies/rules/versions/2/")
    assert "Not in force yet" in text
    assert "New." in text


def test_a_late_job_never_shows_a_wrong_rule(cast, as_):
    policy = make_published(cast=cast, title="Rules", clauses=[clause(body="Old.", key="one")]).policy
    make_published(cast=cast, policy=policy, clauses=[clause(body="New.", key="one")], effective_on=days(5))
    make_published(cast=cast, title="Later", publish_on=days(5), clauses=[clause(body="Surprise.")])
    with time_machine.travel(clock.midnight(days(5)) + timedelta(minutes=1), tick=False):
        client = as_(cast.emma)
        text = page(client, "/policies/rules/")
        assert "New." in text
        assert "Old." not in text
        assert "In force" in text
        assert "Surprise." in page(client, "/policies/later/")
        assert [row.number for row in client.get("/policies/").context["rows"]] == [1, 2]
        assert "not the one in force" in page(client, "/policies/rules/versions/1/")
    assert policy.versions.get(number=2).status == "announced"


def test_each_version_says_since_when_or_from_when(cast, as_):
    old = make_published(cast=cast, title="Rules")
    new = make_published(cast=cast, policy=old.policy)
    make_published(cast=cast, policy=old.policy, effective_on=days(5))
    found = {version.number: version.since_words for version in old.policy.versions.all()}
    assert found == {old.number: "in force from", new.number: "in force since", new.number + 1: "binds from"}
    page = as_(cast.emma).get("/policies/rules/versions/").content.decode()
    assert (page.count("in force since"), page.count("binds from")) == (1, 1)


def test_an_older_version_says_that_it_is_old(cast, as_):
    policy = make_published(cast=cast, title="Rules").policy
    make_published(cast=cast, policy=policy)
    text = page(as_(cast.emma), "/policies/rules/versions/1/")
    assert "not the one in force" in text
    assert "Superseded" in text


def test_a_withdrawn_policy_says_why_and_where_to_go(cast, as_):
    other = make_published(cast=cast, title="The other").policy
    version = make_published(cast=cast, title="Rules", must_sign=True)
    actions.withdraw(version=version, reason="merged", into=other, by=cast.hana)
    text = page(as_(cast.emma), "/policies/rules/versions/1/")
    assert "Merged into another policy" in text
    assert "/policies/the-other/" in text
    assert "Sign version" not in text


def test_what_was_published_without_approval_is_flagged_until_looked_at(cast, as_):
    version = publish_now(make_draft(cast=cast, title="Rules"), by=cast.hana)
    assert "A recall." in page(as_(cast.emma), "/policies/rules/")
    actions.look_at(version=version, by=cast.lena)
    assert "A recall." not in page(as_(cast.emma), "/policies/rules/")


def test_the_text_of_a_day(cast, as_):
    policy = make_policy(cast=cast, title="Rules")
    for day, body in [(-100, "Then."), (-10, "Now.")]:
        actions.record_history(
            policy=policy,
            clauses=[clause(body=body, key="one")],
            change_note="x",
            significance="material",
            written_by=cast.paul,
            approved_by=cast.lena,
            publish_on=days(day),
            effective_on=days(day),
            by=cast.hana,
        )
    client = as_(cast.emma)
    assert "Then." in page(client, f"/policies/rules/on/{days(-11)}/")
    assert "Now." in page(client, f"/policies/rules/on/{days(-10)}/")
    assert "Nothing was in force" in page(client, f"/policies/rules/on/{days(-101)}/")
    page(client, "/policies/rules/on/yesterday/", 404)


def test_reading_writes_nothing(cast, as_):
    policy = make_published(cast=cast, title="Rules", must_sign=True).policy
    make_published(cast=cast, policy=policy)
    client = as_(cast.emma)
    Redline.objects.all().delete()
    addresses = ["", "versions/", "versions/1/", "compare/1/2/", "sign/", f"on/{days(0)}/"]
    with CaptureQueriesContext(connection) as queries:
        for address in addresses:
            page(client, f"/policies/rules/{address}")
    writes = [query["sql"] for query in queries if not query["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]
    assert writes == []


def test_where_a_clause_is_used_stands_beside_it(cast, as_):
    make_published(cast=cast, title="Rules", clauses=[clause("Say so")])

    def uses(thing, reader):
        return [
            slots.Use(kind="playbook", title="A playbook", url="/playbooks/a/", part="say-so"),
            slots.Use(kind="playbook", title="All of it", url="/playbooks/b/"),
        ]

    with slots.where_used.only(uses):
        answer = as_(cast.emma).get("/policies/rules/")
    assert [use.title for use in answer.context["clauses"][0].uses] == ["A playbook"]
    assert [use.title for use in answer.context["uses"]] == ["All of it"]


def test_hostile_words_stay_words(cast, as_):
    evil = "<script>alert(1)</script>{{ 1 }}"
    make_published(
        cast=cast, title=f"Rules {evil}", slug="rules", clauses=[clause(evil, body=evil, key="one")], note=evil
    )
    client = as_(cast.emma)
    for address in ["/policies/", "/policies/rules/", "/policies/rules/versions/"]:
        text = page(client, address)
        assert "<script>alert" not in text


# --- Comparing -------------------------------------------------------------------------------------------------------


def test_any_two_versions_can_be_compared(cast, as_):
    policy = make_published(cast=cast, title="Rules", clauses=[clause(body="Ask first.", key="one")]).policy
    make_published(cast=cast, policy=policy, clauses=[clause(body="Ask later.", key="one")], note="Calmer.")
    client = as_(cast.emma)
    text = page(client, "/policies/rules/compare/1/2/")
    assert "first" in text
    assert "<ins>" in text
    assert "<del>" in text
    assert "Calmer." in text
    assert client.get("/policies/rules/compare/2/1/")["Location"] == "/policies/rules/compare/1/2/"
    assert client.get("/policies/rules/compare/2/2/")["Location"] == "/policies/rules/versions/2/"
    page(client, "/policies/rules/compare/1/3/", 404)
    answer = client.get("/policies/rules/versions/?older=2&newer=1")
    assert answer["Location"] == "/policies/rules/compare/2/1/"
    assert "Compare" in page(client, "/policies/rules/versions/?older=9&newer=x")


def test_a_stored_redline_is_read_and_not_made_again(cast, as_, monkeypatch):
    policy = make_published(cast=cast, title="Rules").policy
    make_published(cast=cast, policy=policy)
    monkeypatch.setattr("policies.actions.text.compare", lambda old, new: pytest.fail("made again"))
    client = as_(cast.emma)
    page(client, "/policies/rules/compare/1/2/")
    assert counted(client, "/policies/rules/compare/1/2/") <= 5


def test_a_redline_names_what_came_went_and_moved(cast, as_):
    policy = make_published(
        cast=cast,
        title="Rules",
        clauses=[clause("A", key="a"), clause("B", key="b"), clause("C", key="c"), clause("D", key="d")],
    ).policy
    make_published(
        cast=cast,
        policy=policy,
        clauses=[
            clause("B", key="b", force="should"),
            clause("D", key="d"),
            clause("E"),
            clause("A", key="a"),
        ],
    )
    redline = Redline.objects.get()
    assert (redline.added, redline.removed, redline.moved) == (1, 1, 1)
    text = page(as_(cast.emma), "/policies/rules/compare/1/2/")
    for words in ["New clause", "Clause taken out", "Moved, same words", "This clause did not change"]:
        assert words in text


# --- Signing ---------------------------------------------------------------------------------------------------------


def signature_form(version):
    return {"version": version.number, "text": version.content_hash}


def test_reading_and_signing_takes_one_press(cast, as_):
    version = make_published(cast=cast, title="Rules", must_sign=True)
    client = as_(cast.emma)
    text = page(client, "/policies/rules/")
    assert version.content_hash in text
    answer = client.post("/policies/rules/sign/", signature_form(version), follow=True)
    assert "Thank you" in answer.content.decode()
    assert "That was the last one" in answer.content.decode()
    assert Acknowledgement.objects.get().person == cast.emma
    text = page(client, "/policies/rules/")
    assert "You have signed" in text
    assert version.content_hash not in text


def test_thanks_lead_on_to_the_next_one(cast, as_):
    version = make_published(cast=cast, title="Rules", must_sign=True)
    make_published(cast=cast, title="Another", must_sign=True)
    client = as_(cast.emma)
    answer = client.post("/policies/rules/sign/", signature_form(version), follow=True)
    assert "/policies/another/sign/" in answer.content.decode()


def test_who_signed_before_sees_what_changed_since(cast, as_):
    policy = make_published(
        cast=cast, title="Rules", must_sign=True, clauses=[clause(body="Ask first.", key="one")]
    ).policy
    sign(person=cast.emma, version=policy.versions.get())
    make_published(cast=cast, policy=policy, note="Small words.", significance="editorial")
    make_published(
        cast=cast,
        policy=policy,
        clauses=[clause(body="Ask later.", key="one")],
        note="Big change.",
        significance="material",
    )
    text = page(as_(cast.emma), "/policies/rules/sign/")
    assert text.index("Big change.") < text.index("Small words.")
    assert "What changed since you last signed" in text
    assert "<ins>" in text
    assert "Ask" in page(as_(cast.rita), "/policies/rules/sign/")


def test_a_text_that_changed_while_reading_is_shown_instead_of_signed(cast, as_):
    old = make_published(cast=cast, title="Rules", must_sign=True)
    new = make_published(cast=cast, policy=old.policy, clauses=[clause(body="Fresh.", key="one")])
    client = as_(cast.emma)
    answer = client.post("/policies/rules/sign/", signature_form(old))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "took the place of this text" in text
    assert "Fresh." in text
    assert new.content_hash in text
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"version": "x"}, {"version": "99"}, {"version": "99999999"}, {"version": "2"}])
def test_nonsense_signs_nothing(cast, as_, sent):
    policy = make_published(cast=cast, title="Rules", must_sign=True).policy
    make_draft(cast=cast, policy=policy)
    answer = as_(cast.emma).post("/policies/rules/sign/", sent)
    assert (answer.status_code, answer["Location"]) == (302, "/policies/rules/sign/")
    assert not Acknowledgement.objects.exists()


def test_an_announced_version_can_be_signed_early(cast, as_):
    old = make_published(cast=cast, title="Rules", must_sign=True)
    sign(person=cast.emma, version=old)
    new = make_published(cast=cast, policy=old.policy, effective_on=days(5), significance="material")
    client = as_(cast.emma)
    assert "Sign it early" in page(client, "/policies/rules/")
    assert new.content_hash in page(client, "/policies/rules/versions/2/")
    client.post("/policies/rules/sign/", signature_form(new))
    assert Acknowledgement.objects.filter(person=cast.emma, version=new).exists()
    assert "Sign it early" not in page(client, "/policies/rules/")


def test_the_sign_page_of_a_policy_nobody_signs_says_so(cast, as_):
    make_published(cast=cast, title="Rules")
    assert "Reading it is enough" in page(as_(cast.emma), "/policies/rules/sign/", 403)
    version = make_withdrawn(cast=cast, title="Gone", must_sign=True)
    assert "Nothing to sign here" in page(as_(cast.emma), "/policies/gone/sign/")
    assert version.withdrawn_on


def test_the_day_to_sign_counts_from_when_it_began_to_bind_this_person(cast, as_):
    make_published(cast=cast, title="All", must_sign=True, sign_within_days=10)
    make_published(cast=cast, title="Retail", must_sign=True, sign_within_days=10, audiences=[cast.retail.group])
    cast.rita.joined_on = days(-400)
    cast.rita.save()
    cast.rita.memberships.update(starts_on=days(-100))
    with time_machine.travel(clock.midnight(days(3)), tick=False):
        due = {item.title: item.due_on for item in slots.waiting_items.gather(cast.rita)}
    assert due == {"Sign: All": days(10), "Sign: Retail": days(10)}
    cast.rita.memberships.update(starts_on=clock.today() + timedelta(days=2))
    due = {item.title: item.due_on for item in slots.waiting_items.gather(cast.rita)}
    assert due == {"Sign: All": days(10), "Sign: Retail": days(12)}


def test_whoever_owns_it_says_that_it_is_still_true(cast, as_):
    policy = hand_to(cast.emma, make_published(cast=cast, title="Rules").policy)
    client = as_(cast.emma)
    assert "It is still true" not in page(client, "/policies/rules/")
    actions.change_policy(policy=policy, review_on=days(5), by=cast.paul)
    assert "It is still true" in page(client, "/policies/rules/")
    assert "It is still true" not in page(as_(cast.rita), "/policies/rules/")
    answer = as_(cast.rita).post("/policies/rules/still-true/")
    assert answer.status_code == 403
    answer = as_(cast.emma).post("/policies/rules/still-true/")
    assert answer.status_code == 302
    policy.refresh_from_db()
    assert policy.review_on == clock.add_months(clock.today(), 12)


def test_pages_refuse_other_methods(cast, as_):
    make_published(cast=cast, title="Rules", must_sign=True)
    client = as_(cast.emma)
    for address in ["/policies/", "/policies/rules/", "/policies/rules/versions/", "/policies/rules/compare/1/1/"]:
        assert client.post(address).status_code == 405
    assert client.get("/policies/rules/still-true/").status_code == 405
    assert client.delete("/policies/rules/sign/").status_code == 405


def test_nobody_reads_without_signing_in(cast, client):
    make_published(cast=cast, title="Rules")
    for address in ["/policies/", "/policies/rules/", "/policies/rules/sign/"]:
        assert client.get(address)["Location"].startswith("/accounts/login/")


def test_topics_without_policies_are_no_filter(cast, as_):
    make_published(cast=cast, title="Rules")
    Topic.objects.create(name="Lonely", slug="lonely")
    assert "Lonely" not in page(as_(cast.emma), "/policies/")


def test_clauses_that_stayed_are_named_together(cast, as_):
    same = [clause("A", key="a"), clause("B", key="b")]
    policy = make_published(cast=cast, title="Rules", clauses=same).policy
    make_published(cast=cast, policy=policy, clauses=[*same, clause("C")])
    text = page(as_(cast.emma), "/policies/rules/compare/1/2/")
    assert "These 2 clauses did not change:" in text
    assert text.count('id="c-a"') == text.count('id="c-b"') == 1, "a link from a clause that changed leads here"


def test_a_signature_counts_although_the_job_is_late(client, cast):
    version = make_published(cast=cast, must_sign=True, publish_on=days(1))
    client.force_login(cast.emma)
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        shown = client.get(f"/policies/{version.policy.slug}/sign/").context["version"]
        client.post(f"/policies/{version.policy.slug}/sign/", {"version": shown.number, "text": shown.content_hash})
    assert Acknowledgement.objects.get().version == version


def test_a_draft_cannot_be_signed_before_its_day(client, cast):
    version = make_published(cast=cast, must_sign=True)
    later = make_published(cast=cast, policy=version.policy, significance="material", publish_on=days(3))
    client.force_login(cast.emma)
    client.post(f"/policies/{version.policy.slug}/sign/", {"version": later.number, "text": later.content_hash})
    assert not Acknowledgement.objects.exists()


def test_a_page_beyond_the_last_leads_back(client, cast):
    make_published(cast=cast)
    client.force_login(cast.emma)
    response = client.get("/policies/?sort=newest&page=9")
    assert (response.status_code, response.url) == (302, "/policies/?sort=newest")
    assert client.get("/policies/?page=9", follow=True).context["total"] == 1


def test_a_press_on_a_page_with_the_former_address_is_not_lost(client, cast):
    version = make_published(cast=cast, must_sign=True)
    old = version.policy.slug
    actions.change_policy(policy=version.policy, slug="a-new-address", by=cast.hana)
    client.force_login(cast.emma)
    data = {"version": version.number, "text": version.content_hash}
    response = client.post(f"/policies/{old}/sign/", data, follow=True)
    assert response.redirect_chain[0] == ("/policies/a-new-address/sign/", 308)
    assert Acknowledgement.objects.get().version == version
    assert client.get(f"/policies/{old}/").status_code == 301


def test_a_redline_side_by_side_shows_each_text_by_itself(cast, as_):
    old = make_published(
        cast=cast,
        title="Rules",
        clauses=[clause("Ask", key="ask", body="- One\n- Two\n\nEnd."), clause("Gone", key="gone", body="Old.")],
    )
    text = [clause("Ask", key="ask", body="- One\n- Three four\n\nEnd now."), clause("Fresh", key="new", body="New.")]
    make_published(cast=cast, policy=old.policy, clauses=text)
    client = as_(cast.emma)
    assert 'href="/policies/rules/compare/1/2/?view=sides"' in page(client, "/policies/rules/compare/1/2/")
    sides = page(client, "/policies/rules/compare/1/2/?view=sides")
    assert sides.count('data-side="old"') == sides.count('data-side="new"') == 3
    for words in ("Before", "Now", "Not there before", "Not there any more"):
        assert words in sides
    # An older row without it is made anew.
    Redline.objects.update(side_html="")
    assert page(client, "/policies/rules/compare/1/2/?view=sides").count('data-side="old"') == 3
