"""What the index needs in the database beyond its tables, made by a migration and by `rebuild_search`.

PostgreSQL: two partial GIN indexes over the vectors of whole documents.
SQLite: an FTS5 table without content of its own, kept true by triggers, so that it cannot drift from the rows
whoever deletes them. Django makes a SQLite table anew when a column changes, and its triggers go with the old one:
a migration that alters SearchEntry must run `create` again (a test holds that the triggers are there).
"""

from __future__ import annotations

FTS = "hub_searchfts"
COLUMNS = ("title_tokens", "heading_tokens", "key_tokens", "body_tokens")

_POSTGRESQL = (
    "CREATE INDEX IF NOT EXISTS hub_searchentry_lead ON hub_searchentry"
    " USING gin (lead_vector) WITH (fastupdate = off) WHERE part_key = ''",
    "CREATE INDEX IF NOT EXISTS hub_searchentry_words ON hub_searchentry"
    " USING gin (body_vector) WITH (fastupdate = off) WHERE part_key = ''",
)
_POSTGRESQL_DROP = (
    "DROP INDEX IF EXISTS hub_searchentry_lead",
    "DROP INDEX IF EXISTS hub_searchentry_words",
)

_NAMES = ", ".join(COLUMNS)


def _values(row: str) -> str:
    return ", ".join([f"{row}.id", *(f"{row}.{column}" for column in COLUMNS)])


_FORGET = f"INSERT INTO {FTS}({FTS}, rowid, {_NAMES}) VALUES ('delete', {_values('old')});"
_LEARN = f"INSERT INTO {FTS}(rowid, {_NAMES}) VALUES ({_values('new')});"
TRIGGERS = {
    "hub_searchentry_added": f"AFTER INSERT ON hub_searchentry WHEN new.part_key = '' BEGIN {_LEARN} END",
    "hub_searchentry_gone": f"AFTER DELETE ON hub_searchentry WHEN old.part_key = '' BEGIN {_FORGET} END",
    "hub_searchentry_was": (
        f"BEFORE UPDATE OF id, part_key, {_NAMES} ON hub_searchentry WHEN old.part_key = '' BEGIN {_FORGET} END"
    ),
    "hub_searchentry_now": (
        f"AFTER UPDATE OF id, part_key, {_NAMES} ON hub_searchentry WHEN new.part_key = '' BEGIN {_LEARN} END"
    ),
}


def create(apps, schema_editor) -> None:
    """For RunPython. Safe to run again; on SQLite the index is then filled from the rows."""
    ensure(schema_editor.connection)


def drop(apps, schema_editor) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL_DROP:
                cursor.execute(statement)
        elif connection.vendor == "sqlite":
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"DROP TABLE IF EXISTS {FTS}")


def ensure(connection) -> None:
    """Make whatever is missing, on this connection."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement)
        elif connection.vendor == "sqlite":
            cursor.execute(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {FTS} USING fts5({_NAMES}, content='', "
                """tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'")"""
            )
            for name, rule in TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {rule}")
            cursor.execute(f"INSERT INTO {FTS}({FTS}) VALUES ('delete-all')")
            cursor.execute(
                f"INSERT INTO {FTS}(rowid, {_NAMES}) SELECT id, {_NAMES} FROM hub_searchentry WHERE part_key = ''"
            )
        else:
            raise NotImplementedError(f"search knows PostgreSQL and SQLite, not {connection.vendor}")
