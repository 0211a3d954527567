"""Pages about the portal itself."""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.html import strip_tags

from engagements.workflow import Status
from tests.engagements.factories import make_in, make_request
from tests.factories import make_cast
from tests.policies.factories import make_published


@pytest.fixture
def cast(db):
    return make_cast()


def test_who_we_are_and_how_long_the_queue_is(client, cast):
    make_request(cast=cast)
    make_in(Status.CLOSED, cast=cast)
    client.force_login(cast.emma)

    response = client.get("/hub/")

    assert [person.name for person in response.context["people"]] == ["Hana", "Lena", "Paul"]
    assert "We work on one request." in response.content.decode()
    assert response.context["services"][0].waiting == 1


def test_robots_are_asked_to_stay_away(client, db):
    response = client.get("/robots.txt")

    assert response.content == b"User-agent: *\nDisallow: /\n"


def test_security_txt_says_whom_to_tell(client, db, settings):
    settings.SECURITY_CONTACT = "security@larkfield.example"

    response = client.get("/.well-known/security.txt")

    lines = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert lines["Contact"] == "mailto:security@larkfield.example"
    assert lines["Canonical"] == "http://portal.test/.well-known/security.txt"
    expires = datetime.strptime(lines["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=30) < expires - datetime.now(UTC) < timedelta(days=366)


def test_no_contact_no_security_txt(client, db, settings):
    settings.SECURITY_CONTACT = ""

    assert client.get("/.well-known/security.txt").status_code == 404


def test_the_accessibility_statement_needs_no_sign_in(client, cast):
    assert "WCAG" in client.get("/accessibility/").content.decode()
    client.force_login(cast.emma)
    assert "/questions/ask/" in client.get("/accessibility/").content.decode()


def test_the_icon_is_found_where_browsers_look(client, db):
    assert client.get("/favicon.ico").url.endswith("/img/icon.svg")


def test_what_is_not_there_has_a_page(client, cast):
    client.force_login(cast.emma)
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert b"<h1" in response.content


@pytest.mark.parametrize("who", ["hana", "rita", "emma", "sam", "audra"])
def test_every_place_in_the_navigation_and_the_foot_exists(client, cast, who):
    client.force_login(getattr(cast, who))
    context = client.get("/hub/").context

    for place in [*context["navigation"], *context["user_menu"], *context["footer_links"]]:
        assert client.get(place.url).status_code == 200, place.url


LINK = re.compile(r'<a\b[^>]*href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL)


def links_of(client, address):
    """(address without its query, words) of each link on a page."""
    text = client.get(address).content.decode()
    return [(url.partition("?")[0], " ".join(strip_tags(words).split())) for url, words in LINK.findall(text)]


@pytest.mark.parametrize("name", ["emma", "rita", "hana"])
def test_one_word_leads_to_one_place(client, cast, name):
    make_published(cast=cast, title="Rules")
    client.force_login(getattr(cast, name))
    places = defaultdict(set)
    for (
        address
    ) in "/ /services/ /questions/ /requests/ /may-i-post/ /hub/ /policies/rules/ /search/?q=zeppelin".split():
        for url, words in links_of(client, address):
            if url in {"/services/", "/questions/ask/"}:
                places[re.sub(r" about clause \d$", "", words)].add(url)
    assert places.pop("Ask the hub") == {"/questions/ask/"}
    assert places.pop("Services") == {"/services/"}
    assert places == {"Ask for a service": {"/services/"}}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/runs/", "/playbooks/"),
        ("/suggestions/", "/playbooks/"),
        ("/cases/", "/playbooks/"),
        ("/others/", "/policies/"),
        ("/policies/", "/policies/"),
    ],
)
def test_what_has_an_address_of_its_own_is_marked_where_it_belongs(client, cast, address, place):
    client.force_login(cast.emma)
    assert [one.url for one in client.get(address).context["navigation"] if one.current] == [place]
