"""Fixtures for all tests; what a machine can run is decided in tests/plugins/machine.py."""

from tests.plugins.machine import (  # noqa: F401 (pytest finds hooks and fixtures by name)
    browser,
    page,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
    redis_url,
)
