"""The search page: what answers, narrowed by kind and topic, within the reader's rights."""

import pytest
from django.utils import timezone

from coe_portal.views import search as page
from engagements.tasks import reindex_service
from hub import search
from hub.search import Document, Passage, vocabulary
from policies.tasks import reindex
from tests.engagements.factories import make_offer
from tests.factories import make_cast, make_topic
from tests.policies.factories import clause, make_published


@pytest.fixture
def cast(db):
    page._names_in.cache_clear()
    yield make_cast()
    page._names_in.cache_clear()


def publish(cast, title, *, body="Ask before you post a photo.", key="ask", **fields):
    version = make_published(cast=cast, title=title, clauses=[clause("Ask first", key=key, body=body)], **fields)
    reindex(version.policy_id)
    vocabulary.forget()
    return version.policy


def found(client, query, person=None):
    if person:
        client.force_login(person)
    return client.get(f"/search/?{query}")


def titles(response):
    return [str(hit.title_html) for hit, _name, _kind in response.context["hits"]]


def test_an_empty_search_invites(client, cast):
    page_text = found(client, "", cast.emma).content.decode()

    assert "Ask as you would ask a colleague" in page_text
    assert found(client, "q=+++").status_code == 200


def test_a_hit_leads_to_its_clause_with_the_words_marked(client, cast):
    publish(cast, "Consent")

    text = found(client, "q=photo", cast.emma).content.decode()

    assert 'href="/policies/consent/#c-ask"' in text
    assert "<mark>photo</mark>" in text
    assert "Policy, in <bdi>Consent</bdi>" in text


def test_rights_hold_in_results_counts_and_suggestions(client, cast):
    publish(cast, "Canary", audiences=[cast.operations.group])

    response = found(client, "q=photo", cast.emma)
    assert titles(response) == []
    assert "Canary" not in response.content.decode()
    assert response.context["results"].total == 0
    assert "Canary" not in client.get("/search/suggest/?q=Cana").content.decode()

    assert titles(found(client, "q=photo", cast.otto)) == ["Canary"]
    assert "Cana" in client.get("/search/suggest/?q=Cana").content.decode()
    assert titles(found(client, "q=photo", cast.audra)) == ["Canary"]


def test_kinds_and_topics_narrow_and_stay_in_the_address(client, cast):
    crisis, other = make_topic(name="Crisis"), make_topic(name="Planning")
    for number in range(9):
        publish(cast, f"Photo rule {number}", topic=crisis if number % 2 else other)
    service = make_offer(cast=cast, title="Photo advice")
    reindex_service(service.pk)

    response = found(client, "q=photo", cast.emma)
    assert {choice.label: choice.count for choice in response.context["kinds"]} == {
        "Everything": 10,
        "Policies": 9,
        "Services": 1,
    }
    narrowed = found(client, "q=photo&kind=policy&topic=crisis")
    assert narrowed.context["results"].total == 4
    assert [choice.label for choice in narrowed.context["topics"]] == ["All topics", "Crisis"]
    assert 'href="?q=photo&amp;topic=crisis"' in narrowed.content.decode(), "the way back keeps the other filter"
    assert titles(found(client, "q=photo&kind=service")) == ["<mark>Photo</mark> advice"]


def test_a_typing_error_is_forgiven_and_named(client, cast):
    publish(cast, "Disclosure", body="Disclosure of partnerships comes first.")

    text = found(client, "q=disclosrue", cast.emma).content.decode()

    assert "Did you mean" in text and "?q=disclosure" in text


def test_nothing_found_offers_a_person(client, cast):
    make_offer(cast=cast, title="Campaign review")

    text = found(client, "q=zeppelin", cast.emma).content.decode()

    assert "Nothing found" in text
    assert "/questions/ask/?q=zeppelin" in text
    assert 'value="zeppelin"' in client.get("/questions/ask/?q=zeppelin").content.decode()
    assert "/questions/ask/" not in found(client, "q=zeppelin", cast.audra).content.decode()
    assert "Campaign review" in text


def test_what_comes_near_is_not_called_an_answer(client, cast):
    publish(cast, "Canteen", body="The canteen serves lunch.")
    make_offer(cast=cast, title="Campaign review")

    text = found(client, "q=canteen+lunch", cast.emma).content.decode()
    assert "seems to answer" not in text and "Campaign review" not in text

    text = found(client, "q=canteen+opening+zeppelin+quarterly+timetable", cast.emma).content.decode()
    assert "Nothing here seems to answer this" in text
    assert "Canteen" in text and "Campaign review" in text


def test_of_what_comes_near_only_the_nearest_are_shown(client, cast):
    for number in range(9):
        publish(cast, f"Canteen {number}", body="The canteen serves lunch.")
        publish(cast, f"Garden {number}", body="The garden is for everybody.")

    near = found(client, "q=canteen+opening+zeppelin+quarterly+timetable", cast.emma)
    assert not near.context["results"].is_sure and near.context["results"].total == 9
    assert len(titles(near)) == 5
    assert "results</span>" not in near.content.decode(), "how many come near says nothing"

    further = client.get("/search/?q=canteen+opening+zeppelin+quarterly+timetable&page=2")
    assert further.url == "/search/?q=canteen+opening+zeppelin+quarterly+timetable"
    assert len(titles(found(client, "q=canteen+lunch"))) == 9


def test_nothing_with_filters_offers_to_search_everything(client, cast):
    publish(cast, "Pictures")

    text = found(client, "q=photo&kind=question", cast.emma).content.decode()

    assert "Nothing found with these filters" in text
    assert 'href="?q=photo"' in text


def test_pages_go_on(client, cast):
    for number in range(23):
        search.index(
            Document(
                kind="policy", object_id=9000 + number, title=f"Photo {number}", url=f"/p/{number}/",
                updated_at=timezone.now(), passages=(Passage("a", "Heading", "A photo.", f"/p/{number}/#a"),),
            )
        )  # fmt: skip

    first = found(client, "q=photo", cast.emma)
    second = found(client, "q=photo&page=2")

    assert (len(titles(first)), len(titles(second))) == (20, 3)
    assert set(titles(first)).isdisjoint(titles(second))
    assert 'start="21"' in second.content.decode()
    assert "Page 2 of 2" in second.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "q=%00%00",
        "q=" + "a" * 3000,
        "q=%22%29%28%2A%3A%3F+OR+NEAR",
        "q=%F0%9F%98%80",
        "q=x&page=999999999999",
        "q=x&page=-1",
        "q=x&page=%D9%A3",
        "q=x&kind=nothing&topic=%00",
        "q=<script>alert(1)</script>",
    ],
)
def test_any_text_is_answered(client, cast, query):
    response = found(client, query, cast.emma)

    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    assert client.get(f"/search/suggest/?{query}").status_code == 200


def test_suggestions_are_a_piece_of_html(client, cast):
    publish(cast, "Pictures of people")
    client.force_login(cast.emma)

    text = client.get("/search/suggest/?q=pict").content.decode()

    assert "<html" not in text
    assert 'href="/policies/pictures-of-people/"' in text
    assert client.get("/search/suggest/").content.decode().strip() == ""


def test_topics_are_suggested_too(client, cast):
    make_topic(name="Crisis and outage")
    client.force_login(cast.emma)

    text = client.get("/search/suggest/?q=outa").content.decode()

    assert "Crisis and outage" in text and "topic=" in text
    assert "Crisis" not in client.get("/search/suggest/?q=tage").content.decode()


def test_a_stranger_searches_nothing(client, db):
    assert client.get("/search/?q=x").status_code == 302
    assert client.get("/search/suggest/?q=x").status_code == 302


def test_a_search_costs_the_same_for_one_and_three(client, cast, django_assert_num_queries):
    publish(cast, "Photo one")
    found(client, "q=photo", cast.emma)
    with django_assert_num_queries(5):
        client.get("/search/?q=photo")
    for number in range(3):
        publish(cast, f"Photo {number}")
    client.get("/search/?q=photo")
    with django_assert_num_queries(5):
        client.get("/search/?q=photo")


# What she searched for lately


def test_recent_searches_are_suggested_newest_first_and_each_once(client, cast):
    for words in ("photo rules", "crisis", "Photo Rules", "", "x" * 150):
        found(client, f"q={words}", cast.emma if words == "photo rules" else None)

    text = client.get("/search/").content.decode()
    assert text.index('href="/search/?q=Photo%20Rules"') < text.index('href="/search/?q=crisis"')
    assert "photo rules" not in text and "xxx" not in text
    suggested = client.get("/search/suggest/?q=rul").content.decode()
    assert "Photo Rules" in suggested and "crisis" not in suggested
    assert "Photo Rules" not in client.get("/search/suggest/?q=photo rules").content.decode()


def test_recent_searches_stay_few_and_end_with_the_browser(client, cast):
    client.force_login(cast.emma)
    for number in range(9):
        client.get(f"/search/?q=word{number}")
    assert [one for one in range(9) if f"word{one}" in client.get("/search/").content.decode()] == [4, 5, 6, 7, 8]
    assert client.cookies["recent_searches"]["max-age"] == "", "gone with the browser"
    assert client.cookies["recent_searches"]["path"] == "/search/"


def test_recent_searches_of_any_script_fit_into_a_cookie(client, cast):
    client.force_login(cast.emma)
    for number in range(5):
        response = client.get("/search/", {"q": f"{number}" + "🏮" * 99})
    assert len(response.cookies["recent_searches"].OutputString()) < 2500
    text = client.get("/search/").content.decode()
    assert "4🏮" in text and "3🏮" not in text, "the newest"


def test_recent_searches_are_hers_alone_and_forgotten_when_she_says_so_or_signs_out(client, cast):
    found(client, "q=crisis", cast.emma)
    client.force_login(cast.rita)
    assert "crisis" not in client.get("/search/").content.decode()

    found(client, "q=crisis", cast.emma)
    assert "Forgotten" in client.post("/search/forget/", follow=True).content.decode()
    assert "crisis" not in client.get("/search/").content.decode()

    found(client, "q=crisis")
    response = client.post("/accounts/logout/")
    assert response.cookies["recent_searches"].value == ""


@pytest.mark.parametrize("kept", ["nonsense", '"text"', "[1, 2]", "{"])
def test_a_spoilt_cookie_is_no_cookie(client, cast, kept):
    client.force_login(cast.emma)
    client.cookies["recent_searches"] = kept
    assert client.get("/search/").status_code == 200
    answer = page.HttpResponse()
    answer.set_signed_cookie("recent_searches", kept, salt=f"recent_searches:{cast.emma.pk}")
    client.cookies["recent_searches"] = answer.cookies["recent_searches"].value
    assert "lately" not in client.get("/search/").content.decode()
