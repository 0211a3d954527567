"""Sign-in, sign-up and reset as strangers and colleagues meet them."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from hub.models import OutboxMessage, Role, User
from tests.factories import PASSWORD, make_person, make_root


@pytest.fixture(autouse=True)
def empty_cache(db):
    cache.clear()


@pytest.fixture
def emma(db):
    return make_person(name="Emma", password=PASSWORD)


def sign_in(client, email, password=PASSWORD, **values):
    return client.post("/accounts/login/", {"login": email, "password": password, **values})


def test_the_cache_has_its_table_after_the_migrations(db):
    assert "portal_cache" in connection.introspection.table_names()
    call_command("createcachetable", verbosity=0)


@pytest.mark.parametrize("address", ["/accounts/logout/", "/admin/logout/"])
def test_signing_out_leaves_nothing_for_the_back_button(client, address):
    client.force_login(make_person(name="Paul", role=Role.STAFF))
    assert "Clear-Site-Data" not in client.get("/settings/").headers
    assert client.post(address).headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in client.get("/accounts/login/").headers


def test_no_page_may_use_camera_or_position(client, emma):
    client.force_login(emma)
    for address in ("/accounts/login/", "/settings/", "/nowhere/", "/static/nowhere.css"):
        policy = client.get(address).headers["Permissions-Policy"]
        assert {"camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"} <= set(policy.split(", "))


def test_a_colleague_signs_in_and_out(client, emma):
    assert sign_in(client, "EMMA@larkfield.example").status_code == 302
    assert client.get("/settings/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/settings/").status_code == 302


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_on_stays_here(client, emma, after):
    response = sign_in(client, emma.email, next=after)
    assert response.url == "/"


def test_whoever_left_stays_outside(client, emma):
    sign_in(client, emma.email)
    User.objects.filter(pk=emma.pk).update(is_active=False)
    assert client.get("/settings/").status_code == 302
    sign_in(client, emma.email)
    assert client.get("/settings/").status_code == 302


def test_a_wrong_password_is_told_in_our_words(client, emma):
    assert (
        "This address and this password do not belong together." in sign_in(client, emma.email, "no").content.decode()
    )


def test_guessing_is_slowed_down(client, emma):
    for _guess in range(12):
        response = sign_in(client, emma.email, "wrong password here")
    assert response.status_code in (200, 429)
    # Even the right password waits now.
    sign_in(client, emma.email)
    assert client.get("/settings/").status_code == 302


def test_sign_up_is_closed_without_domains(client, db, settings):
    settings.SIGNUP_DOMAINS = []
    assert "password1" not in client.get("/accounts/signup/").content.decode()


def sign_up(client, email):
    data = {"name": "Zoe Ünal", "email": email, "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/accounts/signup/", data)


def test_sign_up_is_for_our_own_addresses(client, db, settings):
    settings.SIGNUP_DOMAINS = ["larkfield.example"]
    response = sign_up(client, "zoe@elsewhere.example")
    assert "@larkfield.example" in response.content.decode()
    assert not User.objects.filter(name="Zoe Ünal").exists()
    sign_up(client, "Zoe@Larkfield.example")
    zoe = User.objects.get(name="Zoe Ünal")
    assert (zoe.email, zoe.role, zoe.is_active) == ("zoe@larkfield.example", Role.EMPLOYEE, True)
    assert client.get("/settings/").status_code == 302  # not before the address is confirmed
    message = OutboxMessage.objects.get(kind="sign_in")
    link = re.search(r"http://\S+/accounts/confirm-email/\S+", message.text).group()
    client.post(link)
    assert EmailAddress.objects.get(user=zoe).verified


def test_a_reset_goes_through_the_outbox_and_tells_nobody_who_is_here(client, emma):
    known = client.post("/accounts/password/reset/", {"email": emma.email})
    unknown = client.post("/accounts/password/reset/", {"email": "ghost@larkfield.example"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    rows = OutboxMessage.objects.filter(kind="sign_in").order_by("pk")
    assert [row.to_address for row in rows] == [emma.email, "ghost@larkfield.example"]
    link = re.search(r"http://\S+/accounts/password/reset/key/\S+", rows[0].text).group()
    page = client.get(link, follow=True)
    new = "a new password of hers"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    sign_in(client, emma.email, new)
    assert client.get("/settings/").status_code == 200


def test_the_admin_has_no_door_of_its_own(client, db):
    response = client.get("/admin/login/")
    assert (response.status_code, response.url.partition("?")[0]) == (302, "/accounts/login/")
    posted = client.post("/admin/login/", {"username": make_root().email, "password": "x"})
    assert posted.url.partition("?")[0] == "/accounts/login/"


@pytest.mark.parametrize(
    "path", ["/accounts/sessions/", "/accounts/2fa/", "/accounts/email/", "/accounts/password/change/"]
)
def test_ones_own_pages_are_there(client, emma, path):
    sign_in(client, emma.email)
    assert client.get(path).status_code in (200, 302)


def test_the_cast_is_offered_in_sample_mode_only(client, db, settings):
    emma = make_person(name="Emma")
    assert b"sample/sign-in" not in client.get("/accounts/login/").content
    assert client.post(f"/sample/sign-in/{emma.pk}/").status_code == 404
    settings.SAMPLE_MODE = True
    assert f"/sample/sign-in/{emma.pk}/" in client.get("/accounts/login/").content.decode()
    client.post(f"/sample/sign-in/{emma.pk}/")
    assert client.get("/settings/").status_code == 200


@pytest.mark.parametrize(
    ("domains", "address", "taken"),
    [
        ([], "emma@elsewhere.example", False),
        ([], "e.castell@larkfield.example", True),
        (["larkfield.test"], "emma@larkfield.example", False),
        (["larkfield.test"], "emma@larkfield.test", True),
    ],
)
def test_another_address_is_one_of_the_companys_too(client, settings, domains, address, taken):
    settings.SIGNUP_DOMAINS = domains
    emma = make_person(name="Emma Castell", email="emma.castell@larkfield.example", password=PASSWORD)
    sign_in(client, emma.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = client.post("/accounts/email/", {"action_add": "", "email": address})
    assert EmailAddress.objects.filter(email=address).exists() == taken
    assert taken or "Use your work address" in answer.content.decode()
