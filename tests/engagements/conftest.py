from datetime import UTC, datetime

import pytest
import time_machine

from tests.factories import make_cast


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def cast_of_old(db):
    """The cast, with terms that already ran in the spring of 2026, for tests that travel there."""
    with time_machine.travel(datetime(2026, 2, 1, 12, tzinfo=UTC), tick=False):
        return make_cast()


@pytest.fixture
def as_(client):
    """A client signed in as somebody."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in
