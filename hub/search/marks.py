"""Marked and cut texts. All HTML is made here: escaped first, then <mark> around the words found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from itertools import islice

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from . import weights
from .tokens import Word, base_language, fold, is_unspaced, pairs, stem, words

_BLANKS = re.compile(r"\s+")
_OTHER_LETTERS = re.compile(r"[^\x00-\x7f\W]")
_LONGEST_WORD = 80


def spans(text: str, tokens: Set[str], language: str) -> list[tuple[int, int, str]]:
    """Where the tokens are in a text: [(start, end, token)]."""
    language = base_language(language)
    found = []
    for word in _worth_a_look(text, tokens, language):
        folded = fold(word.text)
        if is_unspaced(word.text):
            # Folding may change the length (half-width kana); then the places are unknown and nothing is marked.
            if len(folded) == len(word.text):
                for i, pair in enumerate(pairs(folded)):
                    if pair in tokens:
                        found.append((word.start + i, word.start + i + len(pair), pair))
            continue
        token = stem(folded, language)
        if token in tokens:
            found.append((word.start, word.end, token))
        elif folded in tokens:
            found.append((word.start, word.end, folded))
    return found


def _worth_a_look(text: str, tokens: Set[str], language: str) -> Iterable[Word]:
    """The words of a text that may have one of the tokens. In plain Latin letters a stem is the word's beginning."""
    lower = text.lower()
    if _OTHER_LETTERS.search(text) or len(lower) != len(text):
        return words(text)
    starts = set()
    for token in tokens:
        beginning = token if len(token) < 4 else token[:-1]
        at = lower.find(beginning)
        while at >= 0:
            if not at or not lower[at - 1].isalnum():
                starts.add(at)
            at = lower.find(beginning, at + 1)
    return [
        Word(word.text, at + word.start, at + word.end)
        for at in sorted(starts)
        for word in islice(words(text[at : at + _LONGEST_WORD]), 1)
    ]


def mark(text: str, tokens: Set[str], language: str) -> SafeString:
    """The whole text, escaped, with its words marked."""
    return _marked(text, spans(text, tokens, language), 0, len(text))


def snippet(text: str, tokens: Set[str], language: str, length: int = weights.SNIPPET_CHARACTERS) -> SafeString:
    """The part of a text that holds the most different words, cut between words, escaped and marked."""
    text = _BLANKS.sub(" ", text).strip()
    found = spans(text, tokens, language)
    start = _best_start(found, length) if found else 0
    start = max(0, start - length // 5)
    if len(text) - start < length:
        start = max(0, len(text) - length)
    end = min(len(text), start + length)
    if start:
        blank = text.find(" ", start, start + 25)
        start = blank + 1 if blank >= 0 else start
    if end < len(text):
        blank = text.rfind(" ", end - 25, end)
        end = blank if blank > start else end
    html = _marked(text, found, start, end)
    return mark_safe(f"{'… ' if start else ''}{html}{' …' if end < len(text) else ''}")


def _best_start(found: list[tuple[int, int, str]], length: int) -> int:
    best, best_start = 0, found[0][0]
    last = 0
    inside: dict[str, int] = {}
    reach = int(length * 0.8)
    for first in range(len(found)):
        while last < len(found) and found[last][1] - found[first][0] <= reach:
            inside[found[last][2]] = inside.get(found[last][2], 0) + 1
            last += 1
        worth = len(inside) * 10 + min(last - first, 9)
        if worth > best:
            best, best_start = worth, found[first][0]
        token = found[first][2]
        if inside.get(token, 0) <= 1:
            inside.pop(token, None)
        else:
            inside[token] -= 1
        last = max(last, first + 1)
    return best_start


def _marked(text: str, found: list[tuple[int, int, str]], start: int, end: int) -> SafeString:
    out = []
    at = start
    merged: list[list[int]] = []
    for first, last, _ in found:
        if last <= start or first >= end:
            continue
        first, last = max(first, start), min(last, end)
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(last, merged[-1][1])
        else:
            merged.append([first, last])
    for first, last in merged:
        out += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
        at = last
    out.append(escape(text[at:end]))
    return mark_safe("".join(out))
