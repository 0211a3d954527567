"""Asking the index. Two statements a search: documents with their counts, then their passages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from . import engines, marks, places, question, vocabulary, weights
from .documents import Hit, Results, Suggestion
from .engines import Engine, Scope, Sql, number
from .question import Question
from .tokens import clean, fold, is_unspaced, pairs, surfaces

EMPTY_FACETS: dict[str, dict[str, int]] = {"kind": {}, "topic": {}}


@dataclass
class Candidate:
    """A document found, before and after the second look."""

    id: int
    kind: str
    topic_slug: str
    score: float
    has_all: bool
    object_id: int
    title: str
    title_tokens: str
    body: str
    url: str
    language: str
    updated_at: datetime
    verified: bool
    places: str
    faded: bool
    position: int = 0
    passages_more: int = 0
    held: float = 0.0
    has_every: bool = False
    sure: float = 0.0


def search(
    text: str,
    *,
    group_ids: Sequence[int] | None,
    kinds: Sequence[str] = (),
    topics: Sequence[str] = (),
    limit: int = 20,
    offset: int = 0,
) -> Results:
    """What answers `text`, best first, among what members of `group_ids` may find (None: everything).

    Never fails on any text: an empty one finds nothing. At most two statements, three when a filter is on and the
    words are very common, and up to three more once in a while to read the index's words again.
    """
    started = time.perf_counter()
    limit, offset = max(0, min(limit, 100)), max(0, min(offset, weights.CANDIDATES))
    words = vocabulary.current()
    asked = question.parse(text, words)
    if not asked.groups:
        return Results(did_you_mean=None, took_ms=_since(started))
    engine = engines.of(connection)
    rights = None if group_ids is None else tuple(sorted(set(group_ids)))
    kinds, topics = tuple(kinds), tuple(topics)
    wanted = max(weights.SECOND_LOOK, offset + limit)

    counts, found = _documents(engine, asked, Scope(rights), kinds, topics, wanted)
    everything = sum(counts.values())
    is_floor = everything >= weights.CANDIDATES
    if is_floor and (kinds or topics):
        # The bound cut before the filter did: filter first, so that what was asked for is not lost.
        counts, found = _documents(engine, asked, Scope(rights, kinds, topics), kinds, topics, wanted)
        everything = sum(counts.values())
        is_floor = everything >= weights.CANDIDATES

    head = found[: weights.SECOND_LOOK]
    _look_again(asked, head)
    found[: len(head)] = head
    shown = found[offset : offset + limit]
    for candidate in shown[max(0, len(head) - offset) :]:
        _read(candidate, asked)
    passages = _fetch_passages(shown)
    return Results(
        hits=[_hit(candidate, passages.get((candidate.kind, candidate.object_id)), asked) for candidate in shown],
        total=sum(
            documents
            for (kind, topic), documents in counts.items()
            if (not kinds or kind in kinds) and (not topics or topic in topics)
        ),
        facets=_facets(counts, kinds, topics),
        did_you_mean=asked.did_you_mean,
        total_is_floor=is_floor,
        is_sure=any(one.sure >= weights.SURE * asked.whole_weight for one in head[: weights.SURE_AMONG]),
        took_ms=_since(started),
    )


def suggest(text: str, *, group_ids: Sequence[int] | None, limit: int = 8) -> list[Suggestion]:
    """Documents whose title goes on from what was typed; titles that begin with it come first. One statement."""
    words = vocabulary.current()
    text = question.tidy(text)
    typed = list(surfaces(text))[: weights.QUERY_WORDS]
    if not typed:
        return []
    *whole, last = typed
    groups = [[(token,) for token in question.stems(word, words.languages)] for word in whole]
    finished = [words.token_of[word] for word in words.finish(last, 12)]
    prefixes = list(dict.fromkeys([last, *question.stems(last, words.languages), *finished]))
    rights = None if group_ids is None else tuple(sorted(set(group_ids)))
    inner = engines.of(connection).title_prefix(groups, prefixes, Scope(rights))
    sql = Sql()
    sql.add("SELECT e.kind, e.object_id, e.document_title, e.url, e.language FROM (")
    sql.extend(inner)
    sql.add(
        ") e ORDER BY CASE WHEN LOWER(e.document_title) LIKE %s ESCAPE '!' THEN 0 ELSE 1 END,"
        " e.popularity DESC, LENGTH(e.document_title), e.document_title, e.object_id LIMIT %s",
        _like(text.lower()) + "%",
        max(0, min(limit, 50)),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.values)
        rows = cursor.fetchall()
    return [
        Suggestion(kind, object_id, title, _mark_start(title, typed), url, language)
        for kind, object_id, title, url, language in rows
    ]


def _documents(
    engine: Engine, asked: Question, scope: Scope, kinds: tuple, topics: tuple, wanted: int
) -> tuple[Counter, list[Candidate]]:
    """({(kind, topic): documents found}, the best `wanted` after the filters)."""
    # A word that every document holds weighs next to nothing; never divide by that.
    whole = max(asked.whole_weight, 0.001)
    bases = " ".join(f"WHEN {g} THEN {number(group.weight)}" for g, group in enumerate(asked.groups))
    sql = Sql()
    sql.add("WITH b AS (")
    for i, branch in enumerate(engine.branches(asked, scope)):
        if i:
            sql.add("UNION ALL")
        sql.extend(branch)
    sql.add(
        f"""), m AS MATERIALIZED (SELECT id, SUM(w) AS words, SUM(base) AS held,
            CASE WHEN MIN(g) < 0 OR COUNT(*) = {len(asked.groups)} THEN 1 ELSE 0 END AS has_all
            FROM (SELECT id, g, MAX(w) AS w, CASE g {bases} ELSE {number(0)} END AS base FROM b GROUP BY id, g) best
            GROUP BY id),
        c AS MATERIALIZED (SELECT m.id, e.kind, e.topic_slug,
            m.has_all, m.words * CASE WHEN m.has_all = 1 THEN {number(1)}
                ELSE {number(0.3)} + {number(0.7)} * m.held / {number(whole)} END
            + {number(whole)} * (CASE WHEN e.verified THEN {number(weights.VERIFIED)} ELSE {number(0)} END
                + CASE WHEN e.popularity >= {number(weights.POPULAR_FULL_AT)} THEN {number(weights.POPULAR)}
                  ELSE e.popularity * {number(weights.POPULAR / weights.POPULAR_FULL_AT)} END
                - {number(0.002)} * LENGTH(e.document_title)) AS score
            FROM m JOIN {engine.narrow} ON e.id = m.id AND e.part_key = ''
            WHERE m.has_all = 1 OR (m.held >= {number(whole * weights.LEAST_COVERAGE)}
                AND (SELECT SUM(has_all) FROM m) < {weights.ENOUGH_WITH_ALL}))
        SELECT best.id, best.kind, best.topic_slug, best.score, best.has_all, e.object_id, e.document_title,
            e.title_tokens, e.body, e.url, e.language, e.updated_at, e.verified, e.places, e.faded
        FROM (SELECT e.id, e.kind, e.topic_slug, e.score, e.has_all FROM c e WHERE 1 = 1"""
    )
    Scope(None, kinds, topics).add_to(sql)
    sql.add(
        f"""ORDER BY e.score * CASE WHEN e.has_all = 1 THEN {number(weights.EVERY_FIRST)} ELSE {number(1)} END DESC,
        e.id DESC LIMIT %s) best JOIN hub_searchentry e ON e.id = best.id
        UNION ALL
        SELECT NULL, kind, topic_slug, COUNT(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM c GROUP BY kind, topic_slug""",
        wanted,
    )
    counts: Counter = Counter()
    found = []
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.values)
        for row in cursor.fetchall():
            if row[0] is None:
                counts[row[1], row[2]] = int(row[3])
            else:
                found.append(
                    Candidate(
                        *row[:3],
                        float(row[3]),
                        bool(row[4]),
                        *row[5:11],
                        _instant(row[11]),
                        bool(row[12]),
                        row[13],
                        bool(row[14]),
                    )
                )
    found.sort(key=lambda one: (-one.score * (weights.EVERY_FIRST if one.has_all else 1), -one.id))
    return counts, found


def _look_again(asked: Question, head: list[Candidate]) -> None:
    """Order documents by their passages, in place."""
    now = timezone.now()
    for candidate in head:
        best = _read(candidate, asked)
        candidate.score = weights.PASSAGE * best + weights.FIRST * candidate.score
        candidate.score *= (candidate.held / max(asked.whole_weight, 0.001)) ** weights.HELD
        if candidate.has_every:
            candidate.score *= weights.EVERY
        candidate.score += asked.whole_weight * (
            weights.TITLE_WHOLE * _title_match(candidate, asked)
            + weights.TITLE_IN_FULL * _title_holds_in_full(candidate, asked)
            + weights.FRESH * 0.5 ** (max(0.0, (now - candidate.updated_at).days) / weights.FRESH_HALF_LIFE_DAYS)
            - weights.FADED * candidate.faded
        )
    head.sort(key=lambda candidate: (-round(candidate.score, 3), candidate.kind, candidate.object_id))


def _read(candidate: Candidate, asked: Question) -> float:
    """Find the document's best passage; gives what that passage is worth."""
    sizes = places.lengths(candidate.places)
    title = set(candidate.title_tokens.split())
    worth: dict[int, float] = {}
    each: list[tuple[float, float, dict[int, float]]] = []
    context = held = 0.0
    for group in asked.groups:
        where: dict[int, float] = {}
        in_title = anywhere = 0.0
        ways = [((token,), group.weight) for token in group.tokens]
        ways += zip(group.others, group.others_weights, strict=True)
        for phrase, weight in ways:
            at = places.of_phrase(candidate.places, phrase)
            anywhere = max(anywhere, weight if at else 0.0)
            for position, (times, in_heading) in at.items():
                length = 1 - weights.PASSAGE_LENGTH + weights.PASSAGE_LENGTH * sizes[position] / weights.PASSAGE_TOKENS
                value = weight * times * (1 + weights.OFTEN) / (times + weights.OFTEN * length)
                if in_heading:
                    value = max(value, weight) * weights.PASSAGE_HEADING
                if value > where.get(position, 0.0):
                    where[position] = value
            if weight > in_title and all(token in title for token in phrase):
                in_title = weight
        context += in_title * weights.PASSAGE_TITLE
        held += max(in_title, anywhere)
        each.append((group.weight, in_title, where))
        for position, value in where.items():
            worth[position] = worth.get(position, 0.0) + value
    candidate.held = held
    candidate.has_every = held >= 0.999 * asked.whole_weight
    best = 0.0
    if worth:
        candidate.position, best = min(worth.items(), key=lambda item: (-item[1], item[0]))
    candidate.sure = sum(
        min(weight, max(in_title, where.get(candidate.position, 0.0))) for weight, in_title, where in each
    )
    candidate.passages_more = max(0, sum(value >= 0.7 * best for value in worth.values()) - 1)
    return best + context


def _title_match(candidate: Candidate, asked: Question) -> float:
    """0 to 1: how nearly the title and the question are the same words."""
    title = candidate.title_tokens.split()
    held = [group for group in asked.groups if any(token in title for token in group.tokens)]
    if not held or not asked.whole_weight:
        return 0.0
    recall = sum(group.weight for group in held) / asked.whole_weight
    precision = min(1.0, len(held) / len(title))
    return recall * recall * (0.5 + 0.5 * precision)


def _title_holds_in_full(candidate: Candidate, asked: Question) -> bool:
    """Whether the title has every word as typed, those too that tell nothing by themselves."""
    title = candidate.title_tokens.split()
    return bool(asked.in_full) and all(any(token in title for token in tokens) for tokens in asked.in_full)


def _fetch_passages(shown: Sequence[Candidate]) -> dict[tuple[str, int], tuple[str, str, str]]:
    """{(kind, object_id): (heading, body, url)} of the chosen passages."""
    wanted = [(c.kind, c.object_id, c.position) for c in shown if c.position]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, object_id, heading, body, url FROM hub_searchentry WHERE part_key <> '' AND ("
            + " OR ".join(["(kind = %s AND object_id = %s AND position = %s)"] * len(wanted))
            + ")",
            [value for row in wanted for value in row],
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}


def _hit(candidate: Candidate, passage: tuple[str, str, str] | None, asked: Question) -> Hit:
    tokens = asked.tokens
    heading, body, url = "", candidate.body, candidate.url
    if passage:
        heading, body, url = passage
        if _title_match(candidate, asked) >= 0.5 and not marks.spans(heading, tokens, candidate.language):
            # The title is what was asked for: lead to the top, not into the middle.
            heading, body, url = "", candidate.body or body, candidate.url
    return Hit(
        kind=candidate.kind,
        object_id=candidate.object_id,
        title_html=marks.mark(candidate.title, tokens, candidate.language),
        heading_html=marks.mark(heading, tokens, candidate.language),
        snippet_html=marks.snippet(body, tokens, candidate.language),
        url=url,
        document_url=candidate.url,
        passages_more=candidate.passages_more,
        topic_slug=candidate.topic_slug,
        updated_at=candidate.updated_at,
        verified=candidate.verified,
        language=candidate.language,
        score=round(candidate.score, 3),
    )


def _facets(counts: Counter, kinds: tuple, topics: tuple) -> dict[str, dict[str, int]]:
    by_kind: Counter = Counter()
    by_topic: Counter = Counter()
    for (kind, topic), found in counts.items():
        if not topics or topic in topics:
            by_kind[kind] += found
        if topic and (not kinds or kind in kinds):
            by_topic[topic] += found
    return {"kind": dict(by_kind.most_common()), "topic": dict(by_topic.most_common())}


def _mark_start(title: str, typed: Sequence[str]):
    """The title with the words marked that begin as one of the typed words."""
    starts = tuple(typed)
    found = {
        surface
        for surface in surfaces(clean(title))
        if surface.startswith(starts) or (is_unspaced(surface) and surface in pairs(fold(surface)))
    }
    found = {surface for surface in found if not is_unspaced(surface) or surface in typed}
    return marks.mark(title, found, "")


def _like(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _instant(value) -> datetime:
    """SQLite gives instants as text, in UTC."""
    if isinstance(value, str):
        value = parse_datetime(value)
    return value if timezone.is_aware(value) else value.replace(tzinfo=UTC)


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
