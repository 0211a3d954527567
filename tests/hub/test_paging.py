"""Paging by key: every row once, in order, forwards and back, whatever the marks say."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from engagements.models import EngagementRequest
from hub.models import JobRun
from hub.paging import first_rows, key_page
from policies.models import Policy

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def runs():
    """Ten runs: two of each start, every third without an end."""
    for number in range(10):
        JobRun.objects.create(
            job="a" if number % 2 else "b",
            started_at=NOW + timedelta(hours=number // 2),
            finished_at=None if number % 3 == 0 else NOW + timedelta(days=number),
        )


def test_the_order_is_one_that_an_index_can_give():
    """PostgreSQL walks no index for an order that says where empty values stand when it is not where they are."""
    rows = first_rows(EngagementRequest.objects.all(), keys=("-is_urgent", "next_due_at", "pk"), size=5)
    assert 'is_urgent" DESC, ' in str(rows.query) and 'next_due_at" ASC NULLS LAST' in str(rows.query)
    rows = first_rows(EngagementRequest.objects.filed(), keys=("-submitted_at!", "-pk"), size=5)
    assert 'submitted_at" DESC, ' in str(rows.query)


def test_the_first_page_may_be_read_otherwise(runs):
    """What is prepared stands for the first page only."""
    prepared = list(first_rows(JobRun.objects.all(), keys=("started_at", "pk"), size=4))
    first = key_page(None, QueryDict(""), keys=("started_at", "pk"), size=4, first=lambda: prepared)
    assert [run.pk for run in first] == [run.pk for run in prepared[:4]]
    second = key_page(
        JobRun.objects.all, QueryDict(first.next_url[1:]), keys=("started_at", "pk"), size=4, first=lambda: 1 / 0
    )
    assert second.rows[0].pk == prepared[4].pk


def pages(keys, size):
    query, found, seen = QueryDict("q=x"), [], 0
    while True:
        page = key_page(JobRun.objects.all(), query, keys=keys, size=size)
        found.append(page)
        if not page.next_url:
            return found
        assert page.next_url.startswith("?q=x&after=")
        query = QueryDict(page.next_url[1:])
        seen += 1
        assert seen < 20


@pytest.mark.parametrize(
    "keys",
    [("-started_at", "-pk"), ("-started_at!", "pk"), ("finished_at", "pk"), ("-finished_at", "pk"), ("job", "-pk")],
)
@pytest.mark.parametrize("size", [1, 3, 5, 10, 25])
def test_every_row_once_in_order_and_back_again(runs, keys, size):
    forwards = pages(keys, size)
    rows = [row.pk for page in forwards for row in page]
    (whole,) = pages(keys, 100)
    assert rows == [row.pk for row in whole]
    assert len(set(rows)) == 10
    back, page = [forwards[-1]], forwards[-1]
    while page.previous_url:
        page = key_page(JobRun.objects.all(), QueryDict(page.previous_url[1:]), keys=keys, size=size)
        back.append(page)
    assert [row.pk for page in reversed(back) for row in page] == rows


def test_rows_without_a_value_stand_last(runs):
    (page,) = pages(("finished_at", "pk"), 100)
    assert [row.finished_at is None for row in page] == [False] * 6 + [True] * 4


def test_a_new_row_does_not_shift_the_next_page(runs):
    first = key_page(JobRun.objects.all(), QueryDict(), keys=("-started_at", "-pk"), size=5)
    JobRun.objects.create(job="new", started_at=NOW + timedelta(days=9))
    second = key_page(JobRun.objects.all(), QueryDict(first.next_url[1:]), keys=("-started_at", "-pk"), size=5)
    assert not {row.pk for row in first} & {row.pk for row in second}
    assert len(second) == 5


@pytest.mark.parametrize(
    "mark",
    [
        "x",
        "é",
        "W10",
        "bnVsbA",
        "WzEsMl0",  # [1,2]: a number where an instant belongs
        "WyJzb29uIiwxXQ",  # ["soon",1]
        "WyIyMDI2LTAzLTAyVDEyOjAwOjAwIiwxXQ",  # an instant without a zone
        "WyIyMDI2LTAzLTAyVDEyOjAwOjAwKzAwOjAwIiwieCJd",  # a text where a number belongs
        "W1s" * 20_000,
    ],
)
def test_a_mark_somebody_made_up_gives_the_first_page(runs, mark):
    query = QueryDict(mutable=True)
    query["after"] = mark
    page = key_page(JobRun.objects.all(), query, keys=("-started_at", "-pk"), size=4)
    assert len(page) == 4
    assert page.previous_url == ""


@pytest.mark.parametrize("mark", ["WyJhXHUwMDAwIiwxXQ", "W3t9LDFd", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAsMV0"])
def test_values_no_column_holds_are_not_asked_for(runs, mark):
    query = QueryDict(mutable=True)
    query["after"] = mark
    assert len(key_page(JobRun.objects.all(), query, keys=("job", "pk"), size=4)) == 4


ENDS_OF_THE_CALENDAR = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        *((("-started_at", "-pk"), [instant, 1]) for instant in ENDS_OF_THE_CALENDAR),
        (("job", "pk"), ["a\ud800", 1]),
        (("job", "pk"), ["a", True]),
    ],
)
def test_values_that_would_break_on_the_way_to_the_database_give_the_first_page(runs, keys, values):
    query = QueryDict(mutable=True)
    query["after"] = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    page = key_page(JobRun.objects.all(), query, keys=keys, size=4)
    assert (len(page), page.previous_url) == (4, "")


@pytest.mark.parametrize("value", ["abc", 7, None, [], "true"])
def test_a_yes_or_no_that_is_neither_gives_the_first_page(value):
    query = QueryDict(mutable=True)
    query["after"] = base64.urlsafe_b64encode(json.dumps([value, None, 1]).encode()).decode()
    rows = EngagementRequest.objects.all()
    assert key_page(rows, query, keys=("-is_urgent", "next_due_at", "pk"), size=4).previous_url == ""


@pytest.mark.parametrize("value", ["someday", 7, [], True, "2026-13-01", "2026-01-01T00:00:00"])
def test_a_day_that_is_none_gives_the_first_page(db, value):
    query = QueryDict(mutable=True)
    query["after"] = base64.urlsafe_b64encode(json.dumps([value, 1]).encode()).decode()
    assert key_page(Policy.objects.all(), query, keys=("review_on", "pk"), size=4).previous_url == ""


def test_an_empty_list_has_no_neighbours():
    page = key_page(JobRun.objects.all(), QueryDict(), keys=("-pk",), size=4)
    assert (list(page), page.previous_url, page.next_url) == ([], "", "")
