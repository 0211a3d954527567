"""What people read when they sign up, forget a password or change how they sign in."""

from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.template.loader import render_to_string

from hub.models import OutboxMessage
from tests.factories import make_person

FOLDERS = ["account/email", "mfa/email"]
# Sign-in by code and by passkey are not switched on.
OFF = ("login_code", "password_reset_code", "webauthn")


def names():
    for folder in FOLDERS:
        for path in sorted((Path(allauth.__file__).parent / "templates" / folder).glob("*.txt")):
            if not path.name.startswith(OFF):
                yield f"{folder}/{path.name}"


@pytest.mark.parametrize("name", list(names()))
def test_every_message_is_in_our_words(name):
    assert (settings.BASE_DIR / "templates" / name).exists()


def last(address):
    return OutboxMessage.objects.filter(to_address=address).latest("pk")


@pytest.mark.django_db
def test_a_forgotten_password(client):
    make_person(name="Emma", email="emma@larkfield.example")

    client.post("/accounts/password/reset/", {"email": "emma@larkfield.example"})

    message = last("emma@larkfield.example")
    assert message.subject == "A new password"
    assert "Choose it here:\n\nhttp://" in message.text
    assert message.text.endswith("Social Media Center of Excellence\nhttp://portal.test/")
    assert "&" not in message.text


@pytest.mark.django_db
def test_a_forgotten_password_of_nobody_looks_the_same_and_says_so_by_mail(client):
    make_person(name="Emma", email="emma@larkfield.example")
    known = client.post("/accounts/password/reset/", {"email": "emma@larkfield.example"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@larkfield.example"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    message = last("nobody@larkfield.example")
    assert message.subject == "No account has this address"
    assert "Make your account" not in message.text, "sign-up is closed"


def test_a_name_is_not_escaped_in_text():
    text = render_to_string(
        "account/email/email_changed_message.txt",
        {"from_email": "o'neill@x.example", "to_email": "b&c@x.example", "user_agent": "A & B", "ip": "::1"},
    )

    assert "from o'neill@x.example to b&c@x.example" in text
    assert "A & B" in text
