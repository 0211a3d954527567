"""Fixtures for all tests; what a machine can run is decided in tests/plugins/machine.py."""

import pytest

from engagements.reports import desk_counts
from tests.plugins.machine import (  # noqa: F401 (pytest finds hooks and fixtures by name)
    browser,
    page,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
    redis_url,
)


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Keys of one test's database are those of the next one's."""
    desk_counts.kept.clear()
