"""Words that mean about the same, kept by staff (`hub.SearchSynonym`) and in force some seconds after a change.

They are compared as stems, in each language of the library, and a document found by a synonym counts less than one
found as typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import models

from hub.models.search import SearchSynonym

from .kept import Kept
from .tokens import clean, stem, surfaces, telling_surfaces

Phrase = tuple[str, ...]
Table = dict[Phrase, tuple[Phrase, ...]]

LONGEST = 3
RECHECK_SECONDS = 5.0
STARTING_SET = Path(__file__).with_name("starting_synonyms.txt")


def starting_set() -> Iterable[tuple[str, str]]:
    """(words, what else they find) of each line; the second is blank where all of them find each other."""
    for line in STARTING_SET.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            words, _arrow, also = line.partition(">")
            yield words.strip(), also.strip()


def phrases(text: str) -> list[str]:
    """The words and phrases of a list with commas, blank ones left out."""
    return [phrase for phrase in (" ".join(part.split()) for part in clean(text).split(",")) if phrase]


def stems(phrase: str, language: str) -> Phrase:
    return tuple(stem(word, language) for word in surfaces(phrase))


def _sought(phrase: str, language: str) -> Phrase:
    """What of a phrase is looked for: its telling words; nothing where only one of several is left ("put up")."""
    every = stems(phrase, language)
    telling = tuple(stem(word, language) for word in telling_surfaces(phrase, language))
    return telling if len(telling) > 1 or len(every) == 1 else ()


def _table(rows: Sequence[tuple[str, str]], languages: Sequence[str]) -> Table:
    found: dict[Phrase, dict[Phrase, None]] = {}
    for words, also in rows:
        for language in languages:
            typed = [stems(phrase, language) for phrase in phrases(words)]
            meant = [sought for phrase in phrases(also or words) if (sought := _sought(phrase, language))]
            for phrase in typed:
                if 0 < len(phrase) <= LONGEST:
                    found.setdefault(phrase, {}).update((other, None) for other in meant if other != phrase)
    return {phrase: tuple(others) for phrase, others in found.items()}


class _Synonyms:
    """One reading of what staff wrote down, as stems of whatever languages are asked for."""

    def __init__(self) -> None:
        self._rows = list(SearchSynonym.objects.order_by("pk").values_list("words", "also_finds"))
        self._tables: dict[tuple[str, ...], Table] = {}

    def table(self, languages: Sequence[str]) -> Table:
        key = tuple(languages)
        if key not in self._tables:
            self._tables[key] = _table(self._rows, key)
        return self._tables[key]


def _version() -> tuple:
    newest = SearchSynonym.objects.aggregate(number=models.Count("pk"), last=models.Max("changed_at"))
    return newest["number"], newest["last"]


_kept = Kept(RECHECK_SECONDS, _version, _Synonyms)
forget = _kept.forget


def table(languages: Sequence[str]) -> Table:
    """{stems of a phrase: the stems of the phrases that it also finds}, as of RECHECK_SECONDS ago at the most."""
    return _kept.current().table(languages)
