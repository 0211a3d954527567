"""The two engines: each gives SQL that finds the documents for a question, the same way.

A branch is a SELECT of (id, g, w): document, number of the word, what finding it there is worth. Branches are
bounded, and hold the rights. `g` is -1 for documents that hold every word.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import weights
from .question import Question
from .schema import FTS

Phrases = Sequence[Sequence[str]]


@dataclass
class Sql:
    """SQL in the making, with its parameters in order."""

    parts: list[str] = field(default_factory=list)
    values: list = field(default_factory=list)

    def add(self, text: str, *values) -> None:
        self.parts.append(text)
        self.values.extend(values)

    def extend(self, other: Sql) -> None:
        self.parts.extend(other.parts)
        self.values.extend(other.values)

    @property
    def text(self) -> str:
        return " ".join(self.parts)


@dataclass(frozen=True)
class Scope:
    """Who asks and for what: `group_ids` None sees all."""

    group_ids: tuple[int, ...] | None
    kinds: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    def add_to(self, sql: Sql) -> None:
        """Append " AND ..." for the entry `e`."""
        if self.group_ids is not None:
            if self.group_ids:
                sql.add(
                    "AND (e.is_public_to_all OR EXISTS (SELECT 1 FROM hub_searchaudience a WHERE a.entry_id = e.id"
                    f" AND a.group_id IN ({_marks(self.group_ids)})))",
                    *self.group_ids,
                )
            else:
                sql.add("AND e.is_public_to_all")
        if self.kinds:
            sql.add(f"AND e.kind IN ({_marks(self.kinds)})", *self.kinds)
        if self.topics:
            sql.add(f"AND e.topic_slug IN ({_marks(self.topics)})", *self.topics)


def _marks(values: Sequence) -> str:
    return ", ".join(["%s"] * len(values))


def number(value: float) -> str:
    """A constant as SQL. Not bare: PostgreSQL would reckon in exact decimals, ten times slower."""
    return f"CAST({value:.5f} AS double precision)"


def _all_phrases(question: Question) -> list[Phrases]:
    return [[*((token,) for token in group.tokens), *group.others] for group in question.groups]


class Engine(ABC):
    # The document's row as ranking reads it.
    narrow = "hub_searchentry e"

    def branches(self, question: Question, scope: Scope) -> list[Sql]:
        groups = question.groups
        found = []
        rarest = min(range(len(groups)), key=lambda g: groups[g].frequency)
        # Where plenty hold every word, those that hold only some are not wanted, and need no looking for.
        plenty = len(groups) > 1 and question.expected_with_all >= weights.PLENTY
        for g, group in enumerate(groups):
            # A word that is nearly everywhere finds nothing; a rarer one does, and the second look counts it.
            with_body = not plenty and (g == rarest or group.frequency <= weights.COMMON)
            ways = [([(token,) for token in group.tokens], group.weight)]
            if group.others and group.own_frequency < weights.CANDIDATES:
                ways.append((group.others, group.others_weight))
            for phrases, weight in ways:
                found += self.word_branches(g, phrases, weight, scope, with_body=with_body)
        if len(groups) > 1:
            found += [self.all_words(question, scope), self.all_in_title(question, scope)]
        return found

    @abstractmethod
    def word_branches(self, g: int, phrases: Phrases, weight: float, scope: Scope, *, with_body: bool) -> list[Sql]:
        """SELECTs of what one group of words finds, by each of its ways."""

    @abstractmethod
    def all_words(self, question: Question, scope: Scope) -> Sql:
        """Documents that hold every word."""

    @abstractmethod
    def all_in_title(self, question: Question, scope: Scope) -> Sql:
        """Titles with every word as typed: among very common words the bound would lose them."""

    @abstractmethod
    def title_prefix(self, groups: Sequence[Phrases], prefixes: Sequence[str], scope: Scope) -> Sql:
        """A SELECT of ids whose title holds every group, and a word that begins with one of the prefixes."""


class Sqlite(Engine):
    # Left alone, SQLite reads a page of the wide table for each candidate.
    narrow = "hub_searchentry e INDEXED BY hub_searchentry_narrow"
    PLACES = (
        ("title_tokens", weights.TITLE),
        ("heading_tokens", weights.HEADING),
        ("key_tokens", weights.KEY),
        ("body_tokens", weights.BODY),
    )

    @staticmethod
    def _any(phrases: Phrases) -> str:
        # Tokens hold letters and digits only; quoted, none of them is a word of the query language.
        return " OR ".join(
            f'"{phrase[0]}"' if len(phrase) == 1 else "(" + " AND ".join(f'"{token}"' for token in phrase) + ")"
            for phrase in phrases
        )

    def _select(self, g: int, worth: float, match: str, scope: Scope) -> Sql:
        sql = Sql()
        if scope == Scope(group_ids=None):
            sql.add(
                f"SELECT * FROM (SELECT rowid AS id, {int(g)} AS g, {number(worth)} AS w FROM {FTS}"
                f" WHERE {FTS} MATCH %s",
                match,
            )
        else:
            sql.add(
                f"SELECT * FROM (SELECT f.rowid AS id, {int(g)} AS g, {number(worth)} AS w FROM {FTS} f"
                f" CROSS JOIN {self.narrow} ON e.id = f.rowid AND e.part_key = '' WHERE f.{FTS} MATCH %s",
                match,
            )
            scope.add_to(sql)
        sql.add(f"LIMIT {weights.CANDIDATES})")
        return sql

    def word_branches(self, g: int, phrases: Phrases, weight: float, scope: Scope, *, with_body: bool) -> list[Sql]:
        match = self._any(phrases)
        return [
            self._select(g, weight * worth, f"{{{place}}} : ({match})", scope)
            for place, worth in (self.PLACES if with_body else self.PLACES[:-1])
        ]

    def all_words(self, question: Question, scope: Scope) -> Sql:
        every = " AND ".join(f"({self._any(phrases)})" for phrases in _all_phrases(question))
        return self._select(-1, question.whole_weight * weights.BODY, f"{{body_tokens}} : ({every})", scope)

    def all_in_title(self, question: Question, scope: Scope) -> Sql:
        every = " AND ".join(f"({self._any([(token,) for token in group.tokens])})" for group in question.groups)
        return self._select(-1, question.whole_weight * weights.TITLE, f"{{title_tokens}} : ({every})", scope)

    def title_prefix(self, groups: Sequence[Phrases], prefixes: Sequence[str], scope: Scope) -> Sql:
        parts = [f"({self._any(phrases)})" for phrases in groups]
        parts.append("(" + " OR ".join(f'"{prefix}"*' for prefix in prefixes) + ")")
        sql = Sql()
        sql.add(
            f"SELECT e.* FROM {FTS} f CROSS JOIN hub_searchentry e ON e.id = f.rowid WHERE f.{FTS} MATCH %s",
            f"{{title_tokens}} : ({' AND '.join(parts)})",
        )
        scope.add_to(sql)
        sql.add("LIMIT 200")
        return sql


class Postgresql(Engine):
    @staticmethod
    def _any(phrases: Phrases, label: str = "") -> str:
        return " | ".join("(" + " & ".join(f"'{token}'{label}" for token in phrase) + ")" for phrase in phrases)

    def word_branches(self, g: int, phrases: Phrases, weight: float, scope: Scope, *, with_body: bool) -> list[Sql]:
        lead = Sql()
        lead.add(
            f"(SELECT e.id, {int(g)} AS g, CASE WHEN e.lead_vector @@ %s::tsquery THEN {number(weight * weights.TITLE)}"
            f" WHEN e.lead_vector @@ %s::tsquery THEN {number(weight * weights.HEADING)}"
            f" ELSE {number(weight * weights.KEY)} END AS w"
            " FROM hub_searchentry e WHERE e.part_key = '' AND e.lead_vector @@ %s::tsquery",
            self._any(phrases, ":A"),
            self._any(phrases, ":B"),
            self._any(phrases),
        )
        scope.add_to(lead)
        lead.add(f"LIMIT {weights.CANDIDATES})")
        return [lead, self._where("body", g, weight * weights.BODY, self._any(phrases), scope)] if with_body else [lead]

    def _where(self, vector: str, g: int, worth: float, query: str, scope: Scope) -> Sql:
        sql = Sql()
        sql.add(
            f"(SELECT e.id, {int(g)} AS g, {number(worth)} AS w FROM hub_searchentry e"
            f" WHERE e.part_key = '' AND e.{vector}_vector @@ %s::tsquery",
            query,
        )
        scope.add_to(sql)
        sql.add(f"LIMIT {weights.CANDIDATES})")
        return sql

    def all_words(self, question: Question, scope: Scope) -> Sql:
        every = " & ".join(f"({self._any(phrases)})" for phrases in _all_phrases(question))
        return self._where("body", -1, question.whole_weight * weights.BODY, every, scope)

    def all_in_title(self, question: Question, scope: Scope) -> Sql:
        every = " & ".join(f"({self._any([(token,) for token in group.tokens], ':A')})" for group in question.groups)
        return self._where("lead", -1, question.whole_weight * weights.TITLE, every, scope)

    def title_prefix(self, groups: Sequence[Phrases], prefixes: Sequence[str], scope: Scope) -> Sql:
        parts = [f"({self._any(phrases, ':A')})" for phrases in groups]
        parts.append("(" + " | ".join(f"'{prefix}':*A" for prefix in prefixes) + ")")
        sql = Sql()
        sql.add(
            "SELECT e.* FROM hub_searchentry e WHERE e.part_key = '' AND e.lead_vector @@ %s::tsquery",
            " & ".join(parts),
        )
        scope.add_to(sql)
        sql.add("LIMIT 200")
        return sql


def of(connection) -> Engine:
    return Postgresql() if connection.vendor == "postgresql" else Sqlite()
