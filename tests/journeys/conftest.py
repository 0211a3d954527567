import pytest

from policies.tasks import reindex as reindex_policy
from tests.factories import make_cast


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def published():
    """What the worker does within seconds of a publication."""
    return lambda policy: reindex_policy(policy.pk)
