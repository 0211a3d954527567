"""The tables of states are complete, and the page drawn from them is current."""

import pytest
from django.conf import settings

from coe_portal.states import LIVES, page


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.title)
def test_every_state_has_its_transitions_and_its_owner(life):
    assert set(life.transitions) == set(life.status)
    assert set(life.owner) == set(life.status)
    assert all(targets <= set(life.status) for targets in life.transitions.values())


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.title)
def test_every_state_can_be_reached(life):
    reached, front = set(), [next(iter(life.status))]
    while front:
        state = front.pop()
        if state not in reached:
            reached.add(state)
            front += life.transitions[state]
    assert reached == set(life.status)


def test_the_page_of_states_is_current():
    assert (settings.BASE_DIR / "docs" / "states.md").read_text() == page()
