"""Reads whose SQL is written once.

Django needs milliseconds to write a statement with a few `Exists` in it, and PostgreSQL tenths of one to answer it. A
page that asks the same thing for everybody pays for the writing only once:

    @prepared()
    def standing_of(slug, user):
        return Version.objects.for_audience_of(user).filter(policy__slug=slug)

    rows = standing_of(slug=slug, user=request.user)

The function is called with stand-ins, and later calls put their own values in the stand-ins' place. So whatever else
its statement depends on is its `shape`: two calls of one shape differ in their arguments alone. The hub's day is always
part of it, and so is what a model names in `STANDING`: a person's role decides what she may read.

It cannot give one reader what was meant for another by forgetting a shape: a stand-in knows nothing of whom it stands
for but its STANDING. Its other fields and its key are strange to the database and differ from one stand-in to the
next, so a statement that uses any but the key is refused when it is first built, and a rule that asks the database
about a stand-in finds nothing.

On a PostgreSQL connection that is kept, such a statement is also planned once (`PREPARE`): planning five `Exists` takes
ten times as long as answering them.
"""

import copy
import datetime as dt
import functools
import itertools
import threading
import weakref

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.utils import timezone
from psycopg2.extensions import AsIs

MOST_SHAPES = 64
TYPES = {int: "bigint", str: "text", dt.date: "date", dt.datetime: "timestamptz"}


def prepared(*, shape=None, skewed=False):
    """Makes a function that builds a queryset into one that gives its rows as a list.

    Arguments are passed by name and are strings, dates, instants, numbers or model instances (which stand for their
    primary key); tuples and truth values are passed on as they are and belong to the shape. Raises ValueError if one
    is changed before it reaches the statement. What is `skewed` is planned anew each time: where a value such as a
    person has either nothing or thousands of rows, no one plan suits both.
    """

    def wrap(build):
        plans, lock = {}, threading.Lock()

        @functools.wraps(build)
        def rows(**values):
            day = timezone.localdate(timezone=timezone.get_default_timezone())
            fixed = {name: value for name, value in values.items() if isinstance(value, bool | tuple)}
            kinds = (connections[DEFAULT_DB_ALIAS].vendor, *(type(value) for value in values.values()))
            standing = tuple(_standing(value) for value in values.values())
            key = (day, shape(**values) if shape else None, kinds, standing, *fixed.values())
            plan = plans.get(key)
            if plan is None:
                free = {name: value for name, value in values.items() if name not in fixed}
                plan = _Plan(functools.partial(build, **fixed), free, skewed)
                with lock:
                    if len(plans) >= MOST_SHAPES:
                        plans.clear()
                    plans[key] = plan
            return plan.rows(values)

        rows.plans = plans
        return rows

    return wrap


class _Plan:
    def __init__(self, build, values, skewed):
        first, second = (
            {name: _stand_in(value, at, n) for at, (name, value) in enumerate(values.items())} for n in (0, 1)
        )
        self.queryset = build(**first)
        if self.queryset._prefetch_related_lookups:
            raise ValueError(f"{build.func.__qualname__}: what is prefetched cannot be prepared")
        self.compiler, (self.sql, self.params) = _written(self.queryset)
        _compiler, (sql, params) = _written(build(**second))
        self.places = {}
        for place, pair in enumerate(zip(self.params, params, strict=True)):
            if pair[0] == pair[1]:
                continue
            name = next((name for name in values if pair in _pairs(first[name], second[name], self.compiler)), None)
            if name is None:
                raise ValueError(f"{build.func.__qualname__}: an argument is changed before it reaches the statement")
            self.places[place] = name
        if sql != self.sql:
            raise ValueError(f"{build.func.__qualname__}: the statement depends on more than its shape")
        self.on_server = None if skewed else _OnServer(self)

    def rows(self, values):
        compiler = copy.copy(self.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        params = list(self.params)
        for place, name in self.places.items():
            value = _plain(values[name])
            params[place] = value if type(value) is type(params[place]) else _adapted(value, compiler.connection)
        if self.on_server and _keeps_plans(compiler.connection):
            statement = self.on_server.statement(compiler.connection, params)
        else:
            statement = self.sql, tuple(params)
        compiler.as_sql = lambda *args, **kwargs: statement
        query = _Stands(self.queryset.query, get_compiler=lambda *args, **kwargs: compiler)
        return list(self.queryset._iterable_class(_Stands(self.queryset, query=query)))


def _keeps_plans(connection):
    """Not behind a pooler that may give each transaction another session, nor on connections of one request."""
    own = connection.settings_dict
    return connection.vendor == "postgresql" and own["CONN_MAX_AGE"] != 0 and not own.get("DISABLE_SERVER_SIDE_CURSORS")


class _OnServer:
    """A plan's statement as PostgreSQL keeps it: once for each connection, for as long as the connection lasts."""

    numbers = itertools.count()
    # connection: the names of the statements that it has
    had = weakref.WeakKeyDictionary()

    def __init__(self, plan):
        self.name = f"prepared_{next(self.numbers)}"
        self.sql, self.params = plan.sql, list(plan.params)
        # One parameter for each name: the first place it has is where its value is taken from.
        self.places = {name: place for place, name in reversed(plan.places.items())}
        numbers = {name: number for number, name in enumerate(self.places, start=1)}
        for place, name in plan.places.items():
            self.params[place] = AsIs(f"${numbers[name]}::{TYPES[type(self.params[place])]}")

    def statement(self, connection, params):
        """(sql, params) that run it, for values as the written statement takes them."""
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        had = self.had.setdefault(connection.connection, set())
        if self.name not in had:
            with connection.wrap_database_errors, connection.connection.cursor() as cursor:
                cursor.execute(f"PREPARE {self.name} AS {cursor.mogrify(self.sql, self.params).decode()}")
            had.add(self.name)
        values = tuple(params[place] for place in self.places.values())
        return f"EXECUTE {self.name}" + (f" ({', '.join(['%s'] * len(values))})" if values else ""), values


class _Stands:
    """Answers like another object, but for what it was given itself."""

    def __init__(self, other, **own):
        self._other = other
        self.__dict__.update(own)

    def __getattr__(self, name):
        return getattr(self._other, name)


def _written(queryset):
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    return compiler, compiler.as_sql()


def _plain(value):
    return value.pk if isinstance(value, models.Model) else value


def _pairs(first, second, compiler):
    """A pair of stand-ins as it may stand in two statements."""
    first, second = _plain(first), _plain(second)
    return [(first, second), (_adapted(first, compiler.connection), _adapted(second, compiler.connection))]


def _adapted(value, connection):
    """A value as this database's parameters hold it."""
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, dt.date):
        return connection.ops.adapt_datefield_value(value)
    return value


def _stand_in(value, at, n):
    """Another value of the same kind that no statement holds by chance; `n` tells two rounds of them apart."""
    number = 1_987_654_000 + 10 * at + n
    if isinstance(value, models.Model):
        return _stand_in_for(value, at, n, number)
    if isinstance(value, str):
        return f"stand-in-{number}"
    if isinstance(value, dt.datetime):
        return dt.datetime(1903, 2, 1 + at, n, tzinfo=dt.UTC)
    if isinstance(value, dt.date):
        return dt.date(1903, 3 + n, 1 + at)
    if type(value) is int:
        return number
    raise ValueError(f"{type(value).__name__} cannot be prepared")


def _standing(value):
    return tuple(getattr(value, name) for name in getattr(value, "STANDING", ()))


def _stand_in_for(instance, at, n, number):
    """An instance with this one's STANDING and nothing else of it: no field, no related object, nothing remembered."""
    own = {name: getattr(instance, name) for name in getattr(instance, "STANDING", ())}
    other = instance._meta.model(**own)
    for field in instance._meta.concrete_fields:
        if field.attname in own:
            continue
        if field.is_relation or isinstance(field, models.IntegerField):
            setattr(other, field.attname, number)
        elif isinstance(field, models.CharField | models.TextField):
            setattr(other, field.attname, _stand_in("", at, n))
    other.pk = number
    return other
