"""The words of the index: how rare each is, how a word may be finished, what a mistyped word may have meant.

Only documents that every signed-in person may find lend their words, so that a correction never tells anybody a word
of a document she may not see. Each process keeps the words in memory and looks every RECHECK_SECONDS whether the
index has moved on.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from django.db import connection, models
from rapidfuzz import process
from rapidfuzz.distance import OSA

from hub.models.search import SearchEntry, SearchWord

from . import weights
from .kept import Kept
from .tokens import base_language, is_unspaced

RECHECK_SECONDS = 30.0
CHUNK = 2_000


class Vocabulary:
    """One reading of the index's words. Does not change."""

    def __init__(self, rows: Iterable[tuple[str, str, int]], *, documents: int, languages: Iterable[str]) -> None:
        """`languages` are base codes, the one with most documents first."""
        self.documents = max(documents, 1)
        self.languages = tuple(dict.fromkeys([*languages, "en"]))
        self.document_count: dict[str, int] = {}
        self.token_of: dict[str, str] = {}
        self.count: dict[str, int] = {}
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word, token, count in rows:
            if not word:
                self.document_count[token] = count
            elif count > self.count.get(word, 0):
                self.count[word], self.token_of[word] = count, token
        for word in self.count:
            if not is_unspaced(word):
                self._by_length[len(word)].append(word)
        self._sorted = sorted(self.count)
        self._corrections: dict[str, list[tuple[str, int]]] = {}

    def frequency(self, tokens: Iterable[str]) -> int:
        """About how many documents hold one of the tokens."""
        return min(sum(self.document_count.get(token, 0) for token in tokens), self.documents)

    def rarity(self, frequency: int) -> float:
        """Okapi's inverse document frequency, never negative."""
        return math.log(1 + (self.documents - frequency + 0.5) / (frequency + 0.5))

    def knows(self, word: str) -> bool:
        return word in self.count

    def finish(self, start: str, limit: int = 6) -> list[str]:
        """The most used words that begin so, the start itself left out."""
        first = bisect.bisect_left(self._sorted, start)
        found = []
        for i in range(first, min(first + 2_000, len(self._sorted))):
            word = self._sorted[i]
            if not word.startswith(start):
                break
            if word != start:
                found.append(word)
        found.sort(key=lambda word: (-self.count[word], word))
        return found[:limit]

    def correct(self, word: str) -> list[tuple[str, int]]:
        """Known words one or two typing errors away, [(word, errors)], the likeliest first."""
        if word in self._corrections:
            return self._corrections[word]
        allowed = 0 if len(word) < 4 or word.isdigit() or is_unspaced(word) else 1 if len(word) < 8 else 2
        found: list[tuple[str, int]] = []
        if allowed:
            choices = [
                known
                for length in range(len(word) - allowed, len(word) + allowed + 1)
                for known in self._by_length.get(length, ())
            ]
            for known, distance, _ in process.extract(
                word, choices, scorer=OSA.distance, score_cutoff=allowed, limit=12
            ):
                # Two errors and another first letter: more likely another word.
                if known != word and (distance < 2 or known[0] == word[0]):
                    found.append((known, int(distance)))
            # People rarely get the first letter wrong; among equals the commoner word is meant.
            found.sort(key=lambda item: (item[1] + (item[0][0] != word[0]), -self.count[item[0]], item[0]))
        if len(self._corrections) > 5_000:
            self._corrections.clear()
        self._corrections[word] = found[:3]
        return found[:3]


def _version() -> tuple:
    # Every change of the index writes new rows, so the highest key tells.
    return (SearchEntry.objects.aggregate(last=models.Max("id"))["last"],)


def _load() -> Vocabulary:
    rows = (
        SearchWord.objects.filter(count__gt=0)
        .order_by("-count", "word")
        .values_list("word", "token", "count")[: weights.VOCABULARY_WORDS]
    )
    documents = 0
    languages: Counter = Counter()
    for code, is_public, number in (
        SearchEntry.objects.filter(part_key="")
        .values_list("language", "is_public_to_all")
        .annotate(number=models.Count("id"))
        .order_by("language")
    ):
        languages[base_language(code)] += number
        documents += number if is_public else 0
    return Vocabulary(rows, documents=documents, languages=[code for code, _ in languages.most_common()])


_kept = Kept(RECHECK_SECONDS, _version, _load)
# The words as of at most RECHECK_SECONDS ago. One or two queries when that time is over, none before.
current = _kept.current
# Read the words again at the next search in this process.
forget = _kept.forget


def change(difference: Mapping[tuple[str, str], int]) -> None:
    """Add to the counts of (word, token) pairs. In one order always, so that two writers cannot lock each other."""
    rows = sorted((word, token, number) for (word, token), number in difference.items() if number)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            cursor.execute(
                "INSERT INTO hub_searchword (word, token, count) VALUES "
                + ", ".join(["(%s, %s, %s)"] * len(chunk))
                + " ON CONFLICT (word, token) DO UPDATE SET count = hub_searchword.count + excluded.count",
                [value for row in chunk for value in row],
            )


def replace(counts: Mapping[tuple[str, str], int]) -> None:
    """Set all counts anew, inside the caller's transaction."""
    SearchWord.objects.all().delete()
    rows = sorted(counts.items())
    for start in range(0, len(rows), CHUNK):
        SearchWord.objects.bulk_create(
            SearchWord(word=word, token=token, count=number) for (word, token), number in rows[start : start + CHUNK]
        )
