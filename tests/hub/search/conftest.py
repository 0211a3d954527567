import pytest

from hub.search import vocabulary


@pytest.fixture(autouse=True)
def fresh_words():
    """Words are kept in the process; each test begins and ends without."""
    vocabulary.forget()
    yield
    vocabulary.forget()
