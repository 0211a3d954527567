"""Text to tokens, the same for both engines.

A word is folded (NFKC, case, diacritics) and stemmed in its document's language. Scripts that write no spaces
become overlapping pairs of characters. A token holds letters, marks and digits only, never more than MAX_TOKEN.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from . import stopwords

MAX_TOKEN = 40

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

# Marks that a reader leaves out when typing: Latin, Hebrew and Arabic. Indic and Thai marks are letters in effect.
_STRIPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0903"
    "\u093a-\u094f\u0951-\u0957\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a4d\u0a81-\u0acd\u0b01-\u0b57\u0b82-\u0bcd"
    "\u0c00-\u0c56\u0c81-\u0cd6\u0d00-\u0d57\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc"
    "\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"
)
# Han, kana, Hangul, Thai, Lao, Burmese, Khmer. Korean has spaces, but glues its particles to the word.
_UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ecd\u1000-\u104f\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003134f"
)
_WORD = re.compile(f"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])(?:[^\\W_]|[{_MARKS}]))+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_NOT_TOKEN = re.compile(f"[^\\w{_MARKS}]|_")
_HYPHENS = "-\u2010\u2011"
_APOSTROPHES = "'\u2019\u02bc"
_NOISE = re.compile("[\x00\ud800-\udfff\u00ad\ufeff\u2060\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ZERO_WIDTH_SPACE = re.compile("[\u200b\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Word(NamedTuple):
    """A word of a text, as written, with its place."""

    text: str
    start: int
    end: int


def clean(text: str) -> str:
    """Text that any database stores: NFC, without NUL, lone surrogates, direction overrides and soft hyphens."""
    return unicodedata.normalize("NFC", _ZERO_WIDTH_SPACE.sub(" ", _NOISE.sub("", text)))


def base_language(code: str) -> str:
    return code.lower().replace("_", "-").split("-")[0] or "en"


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """One word without case and diacritics; "" if nothing of it is left."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word).casefold())
    folded = unicodedata.normalize("NFC", _STRIPPED.sub("", decomposed))
    return _NOT_TOKEN.sub("", folded)[:MAX_TOKEN]


# British and American spelling become one. That other words change too (promise, promize) does no harm: all do.
_SPELLINGS = (
    (re.compile(r"(?<=\w{3})([iy])s(?=(?:e|ed|es|er|ers|ing|ation|ations|able)$)"), r"\1z"),
    (re.compile(r"(?<=\w{2})our(?=(?:s|ed|ing|ite|ites|able|al|ful|less|er|ers|ly)?$)"), "or"),
    (re.compile(r"(?<=\w{3})(?<!l)ll(?=(?:ed|ing|er|ers)$)"), "l"),
    (re.compile(r"(?<=\w{3})tre(?=s?$)"), "ter"),
    (re.compile(r"(?<=licen)c(?=e|es|ed|ing$)"), "s"),
    (re.compile(r"^programme(?=s?$)"), "program"),
)

_local = threading.local()


@lru_cache(maxsize=131_072)
def stem(folded: str, language: str) -> str:
    """The stem of a folded word in a base language; the word itself in a language without stemmer."""
    name = STEMMERS.get(language)
    if name is None or len(folded) < 3:
        return folded
    # A stemmer keeps the word it works on in itself, so each thread has its own.
    stemmers = _local.__dict__.setdefault("stemmers", {})
    if name not in stemmers:
        stemmers[name] = snowballstemmer.stemmer(name)
    if language == "en":
        for spelling, usual in _SPELLINGS:
            folded = spelling.sub(usual, folded)
    return fold(stemmers[name].stemWord(folded)) or folded


def is_unspaced(word: str) -> bool:
    return bool(_IS_UNSPACED.match(word))


def words(text: str) -> Iterator[Word]:
    """The words of a clean text; a run of an unspaced script is one word."""
    for match in _WORD.finditer(text):
        yield Word(match.group(), match.start(), match.end())


def pairs(run: str) -> list[str]:
    """The overlapping pairs of a run of characters; a single one stands for itself."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def surfaces(text: str) -> Iterator[str]:
    """The folded words of a clean text in order, with e-mail as e, mail, email and don't as dont."""
    previous: Word | None = None
    previous_folded = ""
    for word in words(text):
        folded = fold(word.text)
        if not folded:
            continue
        if is_unspaced(word.text):
            yield from pairs(folded)
            previous = None
            continue
        glue = text[previous.end] if previous and word.start == previous.end + 1 else ""
        if glue and glue in _APOSTROPHES:
            # "l'image" -> l image, "don't" -> don dont, "team's" -> team: the short part says nothing.
            if len(folded) > 2:
                yield folded
            elif folded != "s":
                yield previous_folded + folded
        else:
            yield folded
            if glue and glue in _HYPHENS:
                yield (previous_folded + folded)[:MAX_TOKEN]
        previous, previous_folded = word, folded


def tokens(text: str, language: str) -> list[str]:
    """All tokens of a clean text, in order. `language` is a base code."""
    return [stem(surface, language) for surface in surfaces(text)]


def telling_surfaces(text: str, language: str) -> list[str]:
    """The folded words of a clean text without the language's stop words."""
    left_out = stopwords.of(language)
    return [surface for surface in surfaces(text) if surface not in left_out]


def column(parts: list[str]) -> str:
    """Tokens as a column holds them: a space before, between and after."""
    return f" {' '.join(parts)} " if parts else ""
