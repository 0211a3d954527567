"""Who asks for another host gets nothing of it: not in a redirect, not in a letter."""

import pytest

from hub.models import OutboxMessage

EVIL = "evil.example"


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/password/reset/", "/admin/", "/policies/"])
def test_an_unknown_host_is_refused(client, db, path):
    assert client.get(path, headers={"host": EVIL}).status_code == 400


def test_health_is_told_to_any_host(client, db):
    assert client.get("/healthz", headers={"host": EVIL}).status_code in {200, 503}


def test_letters_link_to_the_configured_address(client, cast):
    client.post(
        "/accounts/password/reset/",
        {"email": cast.emma.email},
        headers={"x-forwarded-host": EVIL, "x-forwarded-proto": "https", "forwarded": f"host={EVIL}"},
    )
    message = OutboxMessage.objects.get()
    assert EVIL not in message.text + message.html + message.subject
    assert "/accounts/password/reset/key/" in message.text


@pytest.mark.parametrize(
    "address",
    [
        f"https://{EVIL}/",
        f"//{EVIL}/",
        f"/\\{EVIL}",
        f"\\\\{EVIL}",
        f"https:{EVIL}",
        "javascript:alert(1)",
        f"http:///{EVIL}",
        f"/%0d%0aLocation:%20https://{EVIL}",
        f"/\r\nLocation: https://{EVIL}",
        f"\thttps://{EVIL}",
    ],
)
def test_next_stays_here(client, cast, address):
    """Signing in, choosing colours, choosing a department: each goes on to an address that it was given."""
    client.force_login(cast.emma)
    for path, data in (
        ("/settings/appearance/", {"scheme": "dark"}),
        ("/welcome/", {"department": "retail"}),
        ("/accounts/login/", {"login": cast.emma.email, "password": "x"}),
    ):
        answer = client.post(path, {**data, "next": address})
        if 300 <= answer.status_code < 400:
            location = answer.headers["Location"]
            assert location.startswith("/"), (path, location)
            assert not location.startswith(("//", "/\\")), (path, location)
            assert "\n" not in location and "\r" not in location
        answer = client.get(path, {"next": address})
        if 300 <= answer.status_code < 400:
            assert answer.headers["Location"].startswith("/")
            assert not answer.headers["Location"].startswith(("//", "/\\"))


def test_next_leads_to_our_own_pages(client, cast):
    """The other half: an address of ours is followed, so the tests above look at the right thing."""
    client.force_login(cast.emma)
    answer = client.post("/settings/appearance/", {"scheme": "dark", "next": "/policies/"})
    assert answer.headers["Location"] == "/policies/"
