"""Two accounts: that of a person in the portal, and one of the company on a platform."""

import re

import pytest

from hub.models import OutboxMessage, User
from spokes.models import SocialAccount
from tests.journeys.browser import Browser

PASSWORD = "violet harbour sings 7"
REVIEW = ["review-still_ours", "review-owner_right", "review-mfa_checked"]


def link_in(message, path):
    found = re.search(rf"http://\S*({path}\S*)", message.text)
    assert found, message.text
    return found.group(1)


@pytest.fixture
def sign_up_is_open(settings):
    settings.SIGNUP_DOMAINS = ["larkfield.example"]


def test_a_person_signs_up_chooses_her_home_and_comes_back(cast, sign_up_is_open):
    nora = Browser()

    # Strangers see the sign-in page, whatever they ask for.
    assert "/accounts/login/" in nora.open("/policies/").url
    nora.open("/accounts/signup/")
    nora.submit(name="Nora Vane", email="nora@elsewhere.example", password1=PASSWORD, password2=PASSWORD)
    assert "Use your work address" in nora.text
    nora.submit(name="Nora Vane", email="nora@larkfield.example", password1=PASSWORD, password2=PASSWORD)

    # The address is confirmed by a link in a message that went through the outbox.
    confirmation = OutboxMessage.objects.get(to_address="nora@larkfield.example")
    nora.open(link_in(confirmation, "/accounts/confirm-email/")).submit()
    if "/accounts/login/" in nora.url:
        nora.submit(login="nora@larkfield.example", password=PASSWORD)

    # The first page asks where she works.
    nora.open("/")
    assert nora.url.startswith("/welcome/")
    nora.submit(department=cast.retail.slug)
    person = User.objects.get(email="nora@larkfield.example")
    assert (person.name, person.memberships.get().spoke) == ("Nora Vane", cast.retail)
    assert "Nora" in nora.open("/").text

    # She forgets her password.
    nora = Browser()
    nora.open("/accounts/password/reset/").submit(email="nora@larkfield.example")
    message = OutboxMessage.objects.filter(to_address="nora@larkfield.example").latest("pk")
    nora.open(link_in(message, "/accounts/password/reset/key/"))
    nora.submit(password1=f"{PASSWORD} new", password2=f"{PASSWORD} new")
    nora = Browser().open("/accounts/login/")
    nora.submit(login="nora@larkfield.example", password=f"{PASSWORD} new")
    assert "Nora" in nora.open("/").text


def test_a_company_account_is_planned_opened_looked_at_and_archived(cast):
    rita, otto = Browser(cast.rita), Browser(cast.otto)

    rita.open("/register/add/")
    rita.submit(account="https://www.instagram.com/larkfieldgarden/", spoke=cast.retail.slug, purpose="Gardens.")
    account = SocialAccount.objects.get()
    assert (account.platform, account.handle, account.spoke) == ("instagram", "larkfieldgarden", cast.retail)
    address = f"/register/{account.pk}/"
    assert "larkfieldgarden" in rita.open("/register/").text

    rita.open(address).submit("/move/", to="active")
    rita.open(address).submit("/review/", **dict.fromkeys(REVIEW, "on"))
    account.refresh_from_db()
    assert account.status == "active" and account.last_reviewed_on and account.mfa_checked_on

    # Everybody reads the register; another department changes nothing there.
    assert "larkfieldgarden" in otto.open(address).text
    assert not any(form["action"].endswith("/move/") for form in otto.forms)
    assert otto.client.post(f"{address}move/", {"to": "archived"}).status_code == 403

    rita.open(address).submit("/move/", to="archived")
    account.refresh_from_db()
    assert account.status == "archived"
