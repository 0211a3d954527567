"""A prepared read answers as its queryset would, for everybody and on every day."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from hub.models import AuditEvent, Role, User
from hub.prepared import MOST_SHAPES, prepared
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def test_later_calls_put_their_own_values_in():
    @prepared()
    def named(name):
        return User.objects.filter(name=name).order_by("pk")

    anna, bert = make_person(name="Anna"), make_person(name="Bert")
    assert named(name="Anna") == [anna]
    assert named(name="Bert") == [bert]
    assert named(name="Nobody") == []
    assert len(named.plans) == 1


def test_the_queryset_is_built_once(django_assert_num_queries):
    built = []

    @prepared()
    def by_key(number):
        built.append(number)
        return User.objects.filter(pk=number)

    people = [make_person() for _ in range(3)]
    with django_assert_num_queries(3):
        assert [by_key(number=one.pk) for one in people] == [[one] for one in people]
    assert len(built) == 2  # once more, to see where the values go
    assert not set(built) & {one.pk for one in people}


def test_a_person_stands_for_her_key_and_related_rows_come_along(django_assert_num_queries):
    anna, bert = make_person(name="Anna"), make_person(name="Bert")
    for who in (anna, bert):
        AuditEvent.objects.create(at=timezone.now(), by=who, verb="tried", object_type="x", object_id=str(who.pk))

    @prepared()
    def tries_of(person):
        mine = AuditEvent.objects.filter(by=OuterRef("pk"), verb="tried")
        events = AuditEvent.objects.filter(by=person, verb="tried").select_related("by")
        return events.annotate(again=Exists(mine), label=F("by__name"))

    for who in (anna, bert):
        with django_assert_num_queries(1):
            (event,) = tries_of(person=who)
            assert (event.by, event.by.name, event.label, event.again) == (who, who.name, who.name, False)


def test_values_lists_and_unions_keep_their_form():
    @prepared()
    def rows(name, role):
        one = User.objects.filter(name=name).order_by().values_list("name", "email")
        return one.union(User.objects.filter(role=role).order_by().values_list("name", "email"), all=True)

    @prepared()
    def names(role):
        return User.objects.filter(role=role).order_by("name").values_list("name", flat=True)

    make_person(name="Anna", email="anna@larkfield.example")
    lena = make_person(name="Lena", email="lena@larkfield.example", role=Role.LEAD)
    assert sorted(rows(name="Anna", role=Role.LEAD.value)) == [
        ("Anna", "anna@larkfield.example"),
        ("Lena", "lena@larkfield.example"),
    ]
    assert names(role="lead") == [lena.name]


def test_dates_and_instants_are_written_as_the_database_wants_them():
    now = timezone.now()
    old = make_person(name="Old", joined_on=dt.date(2020, 1, 1))
    AuditEvent.objects.create(at=now, by=old, verb="tried", object_type="x", object_id="1")

    @prepared()
    def since(day, at):
        events = AuditEvent.objects.filter(at__gte=at, verb="tried")
        return User.objects.filter(joined_on__lte=day, pk__in=events.values("by"))

    assert since(day=dt.date(2021, 1, 1), at=now) == [old]
    assert since(day=dt.date(2019, 1, 1), at=now) == []
    assert since(day=dt.date(2021, 1, 1), at=now + dt.timedelta(microseconds=1)) == []


def test_who_reads_all_gets_a_statement_of_her_own():
    @prepared(shape=lambda user: user.reads_all)
    def seen(user):
        return User.objects.order_by("pk") if user.reads_all else User.objects.filter(pk=user.pk)

    emma, hana = make_person(name="Emma"), make_person(name="Hana", role=Role.LEAD)
    assert seen(user=emma) == [emma]
    assert emma in seen(user=hana) and hana in seen(user=hana)
    assert seen(user=emma) == [emma]
    assert len(seen.plans) == 2


def test_tuples_belong_to_the_shape():
    @prepared()
    def some(names, active):
        return User.objects.filter(name__in=names, is_active=active).order_by("name")

    anna, bert = make_person(name="Anna"), make_person(name="Bert")
    assert some(names=("Anna",), active=True) == [anna]
    assert some(names=("Anna", "Bert"), active=True) == [anna, bert]
    assert some(names=("Anna", "Bert"), active=False) == []


def test_another_day_is_another_statement():
    @prepared()
    def joined_by_today(name):
        return User.objects.filter(name=name, joined_on__lte=timezone.localdate())

    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        anna = make_person(name="Anna", joined_on=dt.date(2026, 3, 11))
        assert joined_by_today(name="Anna") == []
    with time_machine.travel("2026-03-11T12:00:00Z", tick=False):
        assert joined_by_today(name="Anna") == [anna]


def test_the_number_of_statements_is_bounded():
    @prepared()
    def some(numbers):
        return User.objects.filter(pk__in=numbers)

    for number in range(MOST_SHAPES + 5):
        assert some(numbers=(-number - 1,)) == []
    assert len(some.plans) <= MOST_SHAPES


def test_a_value_changed_on_its_way_is_refused():
    @prepared()
    def later(day):
        return User.objects.filter(joined_on__gte=day + dt.timedelta(days=1))

    with pytest.raises(ValueError, match="later: an argument is changed"):
        later(day=dt.date(2026, 3, 10))


def test_a_statement_that_depends_on_more_than_its_shape_is_refused():
    @prepared()
    def odd(number):
        return User.objects.order_by("name" if number % 2 else "email").filter(pk=number)

    with pytest.raises(ValueError, match="odd: the statement depends on more"):
        odd(number=1)


@prepared()
def _who(name, number, day, at):
    found = User.objects.filter(name=name, pk=number, joined_on__lte=day).exclude(last_login__gt=at)
    return found.exclude(name="100 % sure")


@prepared(skewed=True)
def _anybody(name):
    return User.objects.filter(name=name)


def _sent(django_assert_num_queries, read, **values):
    """The one statement that a second reading sends, and what it finds."""
    assert read(**values) == read(**values)
    with django_assert_num_queries(1) as sent:
        found = read(**values)
    return sent.captured_queries[0]["sql"].partition(" ")[0], found


@pytest.fixture
def kept(monkeypatch):
    """The connection is kept from request to request, as in production; tests close theirs."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)


@pytest.mark.postgresql
@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", ["Anna", "O'Hara", 'a " quote', "back\\slash", "%s %(x)s $1", "%", "grün 🙂"])
def test_postgresql_plans_a_statement_once_and_finds_the_same(django_assert_num_queries, name):
    one, values = make_person(name=name), {"day": timezone.localdate(), "at": timezone.now()}
    assert _sent(django_assert_num_queries, _who, name=name, number=one.pk, **values) == ("EXECUTE", [one])
    assert _who(name=name, number=one.pk + 1, **values) == _who(name=f"{name} ", number=one.pk, **values) == []


@pytest.mark.postgresql
@pytest.mark.usefixtures("kept")
def test_what_is_skewed_is_planned_each_time(django_assert_num_queries):
    anna = make_person(name="Anna")
    assert _sent(django_assert_num_queries, _anybody, name="Anna") == ("SELECT", [anna])


@pytest.mark.postgresql
@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("own", [{"DISABLE_SERVER_SIDE_CURSORS": True}, {"CONN_MAX_AGE": 0}])
def test_nothing_is_kept_on_connections_that_are_not(django_assert_num_queries, monkeypatch, own):
    for name, value in own.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    values = {"name": "Anna", "number": 1, "day": timezone.localdate(), "at": timezone.now()}
    assert _sent(django_assert_num_queries, _who, **values) == ("SELECT", [])


@pytest.mark.postgresql
@pytest.mark.usefixtures("kept")
@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_told_anew():
    values = {"number": make_person(name="Anna").pk, "day": timezone.localdate(), "at": timezone.now()}
    for _again in range(2):
        assert [one.name for one in _who(name="Anna", **values)] == ["Anna"]
        connection.close()


def test_what_cannot_be_prepared_is_refused():
    @prepared()
    def fetched(number):
        return User.objects.filter(pk=number).prefetch_related("groups")

    with pytest.raises(ValueError, match="prefetched"):
        fetched(number=1)
    with pytest.raises(ValueError, match="list cannot be prepared"):
        fetched(number=[1])
