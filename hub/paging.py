"""Paging by key: the page after a row is found by the row's own values, so page 4,000 costs what page 1 does."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime

from django.db.models import F, Q

# NUL and half a character: no database takes them.
NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class KeyPage:
    """One page of a list, with the addresses of its neighbours; `{% pagination page %}` draws it."""

    rows: list
    previous_url: str = ""
    next_url: str = ""
    where: str = ""

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


def key_page(queryset, query, *, keys, size, first=None):
    """The page of a queryset (or of what builds it) that `query` (a request's GET) asks for with `after` or `before`.

    `keys` are field names in order, "-" before a descending one, "!" after one that no row leaves empty: PostgreSQL
    walks its index only then. The last must be unique. Rows without a value stand last. A mark that cannot be read
    gives the first page. `first` gives the rows of that page where they are prepared. One query.
    """
    fields = _fields(keys)
    after, before = _read(query.get("after"), fields), _read(query.get("before"), fields)
    backwards = before is not None and after is None
    mark = before if backwards else after
    if mark is None and first:
        rows = first()
    else:
        found = queryset() if callable(queryset) else queryset
        found = found if mark is None else found.filter(_beyond(fields, mark, backwards))
        rows = list(_in_order(found, fields, size, backwards))
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_previous = more if backwards else mark is not None
    has_next = True if backwards else more
    return KeyPage(
        rows=rows,
        previous_url=_url(query, "before", rows[0], fields) if rows and has_previous else "",
        next_url=_url(query, "after", rows[-1], fields) if rows and has_next else "",
    )


def first_rows(queryset, *, keys, size):
    """What `key_page` reads for its first page: a row more than the page has."""
    return _in_order(queryset, _fields(keys), size)


def _fields(keys):
    """(name, whether it descends, whether no row leaves it empty)"""
    names = [key.strip("-!") for key in keys]
    return [
        (name, key[0] == "-", key[-1] == "!" or name == "pk" or name.startswith("is_"))
        for name, key in zip(names, keys, strict=True)
    ]


def _in_order(queryset, fields, size, backwards=False):
    order = (_order(name, down != backwards, filled, backwards) for name, down, filled in fields)
    return queryset.order_by(*order)[: size + 1]


def _order(name, down, filled, backwards):
    if filled:
        return F(name).desc() if down else F(name).asc()
    nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
    return F(name).desc(**nulls) if down else F(name).asc(**nulls)


def _beyond(fields, mark, backwards):
    """Rows that stand after the mark in the order, or before it when going backwards."""
    condition = Q(pk__in=[])
    same = Q()
    for (name, down, filled), value in zip(fields, mark, strict=True):
        condition |= same & _past(name, value, down != backwards, filled, backwards)
        same &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
    return condition


def _past(name, value, down, filled, backwards):
    if value is None:
        return Q(**{f"{name}__isnull": False}) if backwards else Q(pk__in=[])
    past = Q(**{f"{name}__{'lt' if down else 'gt'}": value})
    return past if backwards or filled else past | Q(**{f"{name}__isnull": True})


def _value(row, name):
    value = row
    for part in name.split("__"):
        value = getattr(value, part)
    return value


def _url(query, word, row, fields):
    values = [_value(row, name) for name, _down, _filled in fields]
    text = json.dumps([value.isoformat() if isinstance(value, date) else value for value in values])
    query = query.copy()
    query.pop("after", None)
    query.pop("before", None)
    query[word] = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"?{query.urlencode()}"


def _read(text, fields):
    """The values in a mark, or None if there is none or somebody made it up."""
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != len(fields):
        return None
    return values if all(_fits(value, name) for value, (name, *_how) in zip(values, fields, strict=True)) else None


def _fits(value, name):
    if name == "pk":
        return type(value) is int and abs(value) < 2**63
    if name.endswith("_at"):
        return value is None or _is_instant(value)
    if name.endswith("_on"):
        return value is None or _is_day(value)
    if name.startswith("is_"):
        return isinstance(value, bool)
    if isinstance(value, str):
        return not NO_TEXT.search(value)
    return value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**31)


def _is_day(value):
    try:
        return isinstance(value, str) and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _is_instant(value):
    """Whether it names an instant that every zone has: at either end of the calendar some have none."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant is not None and instant.tzinfo is not None and 1 < instant.astimezone(UTC).year < MAXYEAR
    except (ValueError, OverflowError):
        return False
