import pytest

from tests.access.world import make_world
from tests.factories import make_cast


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture
def cast(db):
    return make_cast()
