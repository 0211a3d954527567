"""What every import shares: a plan of acts with the errors that forbid it, and the reading of headings and cells."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from hub.tables import RowError, UnreadableTable

GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass(slots=True)
class Act:
    """One thing a plan would do. `row` is 0 for what follows from a row that is missing."""

    row: int
    verb: str
    name: str
    detail: str = ""
    values: dict = field(default_factory=dict)
    target: object = None


@dataclass
class Plan:
    """`errors` forbid the whole plan. `counts` also counts what needs no act; `question` must be confirmed by name."""

    acts: list[Act] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    notes: list[RowError] = field(default_factory=list)
    question: str = ""

    def add(self, act):
        self.acts.append(act)
        self.counts[act.verb] += 1

    def refuse(self, row, column, reason):
        self.errors.append(RowError(row, column, str(reason)))


def columns_of(table, known, *, given=None, required=()):
    """{our name: index in the table} from the headings; `known` is {our name: other spellings}.

    `given` maps our names to the file's own headings and wins. Raises UnreadableTable for headings that are not there.
    """
    spelled = {name: index for index, name in enumerate(_plain(column) for column in table.columns)}
    found = {}
    for name, others in known.items():
        for spelling in (name, *others):
            if _plain(spelling) in spelled:
                found[name] = spelled[_plain(spelling)]
                break
    for name, heading in (given or {}).items():
        if not heading:
            continue
        if _plain(heading) not in spelled:
            raise UnreadableTable(
                _("There is no column “%(heading)s”. The file has: %(columns)s.")
                % {"heading": heading, "columns": ", ".join(filter(None, table.columns))}
            )
        found[name] = spelled[_plain(heading)]
    missing = [name for name in required if name not in found]
    if missing:
        raise UnreadableTable(
            _("The file needs a column “%(name)s”. It has: %(columns)s.")
            % {"name": missing[0], "columns": ", ".join(filter(None, table.columns))}
        )
    return found


def _plain(heading):
    return re.sub(r"[\s_\-]+", " ", heading).strip().lower()


def day_of(text):
    """The date in a cell, or None for an empty one. Raises ValueError with a sentence."""
    if not text:
        return None
    match = GERMAN_DATE.fullmatch(text)
    try:
        if match:
            return date(int(match[3]), int(match[2]), int(match[1]))
        return datetime.fromisoformat(text).date() if len(text) > 10 else date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("“%(text)s” is not a date. Write dates as 2026-11-30.") % {"text": text[:40]}) from None
