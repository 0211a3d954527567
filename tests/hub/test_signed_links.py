"""Links that act for one person: good for one purpose, for a while, and for nobody who left."""

from datetime import timedelta

import pytest
from django.core import signing
from django.http import Http404

from hub import signed_links
from hub.actions import deactivate_person
from tests.factories import make_cast


@pytest.fixture
def cast(db):
    return make_cast()


def test_a_link_carries_what_it_was_made_for(cast):
    token = signed_links.token_for("a", person=cast.emma, about=7, state="2026-01-31")
    link = signed_links.read("a", token)
    assert (link.person, link.about, link.state, link.has_expired) == (cast.emma, 7, "2026-01-31", False)


@pytest.mark.parametrize(
    "spoil", [lambda token: token[:-1], lambda token: "x" + token, lambda token: "", lambda token: "\0"]
)
def test_a_link_that_somebody_changed_leads_nowhere(cast, spoil):
    token = signed_links.token_for("a", person=cast.emma, about=7)
    with pytest.raises(Http404):
        signed_links.read("a", spoil(token))


def test_a_link_is_good_for_its_purpose_alone(cast):
    token = signed_links.token_for("a", person=cast.emma, about=7)
    with pytest.raises(Http404):
        signed_links.read("b", token)
    with pytest.raises(Http404):
        signed_links.read("a", signing.dumps([cast.emma.pk, 7, ""]))


def test_another_secret_ends_all_links(cast, settings):
    token = signed_links.token_for("a", person=cast.emma, about=7)
    settings.SECRET_KEY = "x" * 60
    with pytest.raises(Http404):
        signed_links.read("a", token)


def test_a_link_expires(cast, monkeypatch):
    token = signed_links.token_for("a", person=cast.emma, about=7)
    monkeypatch.setattr(signed_links, "LASTS", timedelta(seconds=-1))
    assert signed_links.read("a", token).has_expired


def test_whoever_left_has_no_link(cast):
    token = signed_links.token_for("a", person=cast.emma, about=7)
    deactivate_person(person=cast.emma, by=cast.hana)
    with pytest.raises(Http404):
        signed_links.read("a", token)
