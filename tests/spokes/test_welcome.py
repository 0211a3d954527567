"""The first visit: everybody without a home chooses one, once."""

import pytest

from spokes import actions
from tests.factories import PASSWORD, make_person


@pytest.fixture
def newcomer(cast):
    return make_person(name="Nina", email="nina@larkfield.example", password=PASSWORD)


def sign_in(client, person, after=""):
    return client.post("/accounts/login/", {"login": person.email, "password": PASSWORD, "next": after})


def test_a_newcomer_is_asked_wherever_she_wants_to_go(client, newcomer):
    sign_in(client, newcomer)
    response = client.get("/register/?platform=x")
    assert (response.status_code, response.url) == (302, "/welcome/?next=%2Fregister%2F%3Fplatform%3Dx")
    assert client.get("/settings/").status_code == 200
    assert client.get("/register/", headers={"HX-Request": "true"}).status_code == 200


def test_she_chooses_and_goes_on(client, newcomer, cast):
    sign_in(client, newcomer)
    page = client.get("/welcome/?next=/register/").content.decode()
    assert "Stores" in page and "This is my department" in page
    response = client.post("/welcome/", {"department": "stores", "next": "/register/"})
    assert (response.status_code, response.url) == (302, "/register/")
    assert newcomer.memberships.get().spoke == cast.stores
    assert client.get("/register/").status_code == 200
    assert client.get("/welcome/").url == "/"
    client.post("/welcome/", {"department": "retail"})
    assert newcomer.memberships.get().spoke == cast.stores


@pytest.mark.parametrize("value", ["", "nowhere", "shut"])
def test_only_an_open_department_counts(client, newcomer, cast, value):
    shut = actions.create_spoke(name="Shut", slug="shut", by=cast.root)
    actions.close_spoke(spoke=shut, by=cast.root)
    client.force_login(newcomer)
    response = client.post("/welcome/", {"department": value})
    assert (response.status_code, "Choose one department" in response.content.decode()) == (422, True)


def test_a_search_narrows_the_list(client, newcomer):
    client.force_login(newcomer)
    page = client.get("/welcome/?q=STOR").content.decode()
    assert "Stores" in page and "Customer Care" not in page
    assert "Try a shorter word" in client.get("/welcome/?q=zzz").content.decode()


def test_the_way_on_stays_here(client, newcomer):
    client.force_login(newcomer)
    assert client.post("/welcome/", {"department": "retail", "next": "https://evil.example/"}).url == "/"


def test_whoever_has_a_home_is_not_asked(client, newcomer, cast):
    actions.move_home(person=newcomer, spoke=cast.retail, by=newcomer)
    sign_in(client, newcomer)
    assert client.get("/register/").status_code == 200


def test_without_departments_nobody_is_held_up(client, db):
    person = make_person(name="Nina", email="nina@larkfield.example", password=PASSWORD)
    sign_in(client, person)
    assert client.get("/register/").status_code == 200
