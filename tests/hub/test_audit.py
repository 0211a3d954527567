"""What is kept while nobody does anything."""

from datetime import timedelta

import pytest
import time_machine

from hub import audit
from tests.factories import make_person

pytestmark = pytest.mark.django_db
NOON = "2026-03-10T12:00:00Z"


@pytest.fixture
def asked():
    return []


@pytest.fixture
def figures(asked):
    @audit.while_unchanged(seconds=60)
    def figures(person):
        asked.append(person)
        return len(asked)

    return figures


def test_it_is_found_once_while_nobody_does_anything(figures, asked, django_assert_num_queries):
    anna = make_person()
    with time_machine.travel(NOON, tick=False) as now:
        assert figures(anna) == 1
        now.shift(timedelta(seconds=59))
        with django_assert_num_queries(1):
            assert figures(anna) == 1
        now.shift(timedelta(seconds=1))
        assert figures(anna) == 2
    assert asked == [anna, anna]


def test_any_act_of_anybody_ends_it(figures):
    anna, bert = make_person(), make_person()
    with time_machine.travel(NOON, tick=False):
        assert figures(anna) == 1
        audit.record("tried", bert, by=bert)
        assert figures(anna) == 2


def test_each_person_has_her_own(figures, asked):
    anna, bert = make_person(), make_person()
    assert (figures(anna), figures(bert), figures(anna)) == (1, 2, 1)
    assert asked == [anna, bert]


def test_a_clock_that_is_set_back_keeps_nothing_too_long(figures):
    anna = make_person()
    with time_machine.travel(NOON, tick=False) as now:
        assert figures(anna) == 1
        now.shift(timedelta(days=-1))
        assert figures(anna) == 2


def test_what_is_kept_is_bounded(figures):
    for number in range(audit.MOST_KEPT + 3):
        figures(number)
    assert len(figures.kept) <= audit.MOST_KEPT
