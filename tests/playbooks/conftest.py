import pytest

from tests.factories import make_cast


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def as_(client):
    """A client signed in as somebody."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in
