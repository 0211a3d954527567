"""Tables on their way in: what a file would do, worked out before anything is done.

`plan_for(kind, data, options, by=...)` reads a file and answers with a `Plan`; `store` carries one out.
"""

from spokes.models import TableImport

from . import accounts, departments, people
from .plan import Act, Plan

IMPORTERS = {
    TableImport.Kind.PEOPLE: people,
    TableImport.Kind.DEPARTMENTS: departments,
    TableImport.Kind.ACCOUNTS: accounts,
}


def plan_for(kind, data, options, *, by):
    """Raises hub.tables.UnreadableTable for a file that cannot be read at all."""
    return IMPORTERS[kind].plan(data, options, by=by)


def store(kind, plan, *, by, about, progress):
    """Carries a plan out in chunks; `progress(done)` is called within each chunk's transaction."""
    IMPORTERS[kind].store(plan, by=by, about=about, progress=progress)


__all__ = ["Act", "Plan", "plan_for", "store"]
