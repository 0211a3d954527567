"""Which part of a new text was which part of the old one.

    matches, gone = match(old, new)

Parts are compared by the words readers see: word pairs tell what was copied, words and headings what was rewritten.
All pairs that have something in common are weighed at once and the assignment with the highest total wins, so that one
good guess never takes away the right answer for another. Then splits and mergers are looked for in what is left.
The same texts always give the same answer.
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from django.utils.translation import gettext as _

from hub.text.markdown import clean, plain, render
from hub.text.redline import SPACE_FREE, WORD, longest_rising

# From this share of its words and word pairs a text was taken from another. A word that was changed on the way takes
# the two pairs it stood in with it, so half of the words are less than half of this.
TAKEN_OVER = 0.4
# A word or pair in more parts than this tells nothing about where a part came from.
TOO_COMMON = 40
# Other parts that one part is weighed against.
MOST_CANDIDATES = 8
# Marks that stand above, below or inside letters of Arabic and Hebrew and are written or left out at will.
_POINTS = re.compile("[\u0591-\u05c7\u064b-\u065f\u0670\u0640]")
_NUMBERING = re.compile(r"\s*(?:§\s*)?(?:\(?\d{1,3}(?:\.\d{1,3})*[.):]?|[ivxlIVXL]{1,6}[.)]|[a-zA-Z][.)])\s+(?=\S)")
_IS_SPACE_FREE = re.compile(f"[{SPACE_FREE}]")

_WEIGHT_OF_WORDS, _WEIGHT_OF_HEADING, _WEIGHT_OF_PLACE = 0.6, 0.36, 0.04
_LIKELY_ENOUGH = 0.26  # a pair below this is no pair


@dataclass(frozen=True)
class Part:
    """One part of a text, as Markdown. `key` is its permanent key: of an old part its own, of a new part the one
    it brought along ("" for none)."""

    heading: str
    body: str
    key: str = ""


@dataclass(frozen=True)
class Match:
    """What a new part was. `old` and `new` are positions; `old` is None for something new.

    `kind` is "same" (readers see no difference), "changed", "rewritten" (few of its words are left under its heading),
    "renamed" (another heading, whatever became of the text) or "new". `confidence` goes from 0 to 1. `split_from`
    is the old part whose text a new one took over; `merged` are the old parts that went into this one.
    """

    new: int
    old: int | None
    kind: Literal["same", "changed", "rewritten", "renamed", "new"]
    confidence: float
    reason: str
    moved: bool = False
    split_from: int | None = None
    merged: tuple[int, ...] = ()


@dataclass(frozen=True)
class Gone:
    """An old part that no new one continues; `into` is the new part that took over its text, None if none did."""

    old: int
    into: int | None
    reason: str


# --- Words -------------------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """The words of a plain text; in a script without spaces, its characters."""
    return [key for key, _space in WORD.findall(_POINTS.sub("", text.casefold())) if key and key[0].isalnum()]


def without_number(heading: str) -> str:
    """A heading on one line without the number that somebody typed before it."""
    return " ".join(_NUMBERING.sub("", clean(heading), count=1).split())


def heading_words(heading: str) -> tuple[str, ...]:
    """The words of a heading without the number before it."""
    return tuple(words_of(without_number(heading))) or tuple(words_of(clean(heading)))


@dataclass(slots=True)
class _Weighed:
    """A part as it is compared. `features` are its words and word pairs with how often they occur."""

    heading: tuple[str, ...]
    words: list[str]
    features: Counter = field(default_factory=Counter)
    weight: float = 0.0


def _weighed(part: Part, seen: dict[str, list[str]]) -> _Weighed:
    body = seen.get(part.body)
    if body is None:
        body = seen[part.body] = words_of(plain(part.body))
    features: Counter = Counter(pairwise(body))
    # Single words tell of a rewritten text; a single character of a script without spaces tells nothing.
    features.update(word for word in body if not _IS_SPACE_FREE.match(word))
    return _Weighed(heading_words(part.heading), body, features)


def _information(parts: Sequence[_Weighed]) -> dict:
    """How much each feature tells: much if few parts have it. A pair tells more than a word."""
    times: Counter = Counter()
    for part in parts:
        times.update(part.features.keys())
    every = max(2, len(parts))
    return {
        feature: (1.0 if isinstance(feature, tuple) else 0.5) * math.log(1 + every / count)
        for feature, count in times.items()
    }


def _common(one: Sequence[str], other: Sequence[str]) -> float:
    """Share of common words of two headings, 0 to 1."""
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    if any(_IS_SPACE_FREE.match(word) for word in (*one, *other)):
        one, other = list(pairwise(one)) or one, list(pairwise(other)) or other
    shared = (Counter(one) & Counter(other)).total()
    return 2 * shared / (len(one) + len(other))


# --- Evidence ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Evidence:
    """What speaks for a pair. `shared` is the weight of what both have; the shares are of the old and the new text."""

    shared: float
    of_old: float
    of_new: float
    heading: float
    score: float = 0.0

    @property
    def words(self) -> float:
        total = self.of_old + self.of_new
        return 2 * self.of_old * self.of_new / total if total else 0.0


class _Comparison:
    def __init__(self, old: Sequence[Part], new: Sequence[Part]) -> None:
        seen: dict[str, list[str]] = {}
        self.old = [_weighed(part, seen) for part in old]
        self.new = [_weighed(part, seen) for part in new]
        self.information = _information([*self.old, *self.new])
        for part in (*self.old, *self.new):
            part.weight = sum(self.information[feature] * count for feature, count in part.features.items())
        self.headings = Counter(part.heading for part in self.old), Counter(part.heading for part in self.new)
        self.pairs: dict[tuple[int, int], _Evidence] = {}
        self.by_old: dict[int, list[tuple[int, _Evidence]]] = defaultdict(list)
        self.by_new: dict[int, list[tuple[int, _Evidence]]] = defaultdict(list)
        for at, to in self._candidates():
            evidence = self.pairs[at, to] = self.evidence(at, to)
            self.by_old[at].append((to, evidence))
            self.by_new[to].append((at, evidence))

    def _candidates(self) -> Iterable[tuple[int, int]]:
        """Pairs worth weighing: each new part with the old ones it has most in common with, by text and heading."""
        by_feature, by_word, by_heading = defaultdict(list), defaultdict(list), defaultdict(list)
        for at, part in enumerate(self.old):
            for feature in part.features:
                by_feature[feature].append(at)
            for word in set(part.heading):
                by_word[word].append(at)
            by_heading[part.heading].append(at)
        for to, part in enumerate(self.new):
            votes: Counter = Counter()
            for feature, count in part.features.items():
                places = by_feature.get(feature, ())
                if 0 < len(places) <= TOO_COMMON:
                    worth = self.information[feature] * count
                    for at in places:
                        votes[at] += worth
            called: Counter = Counter()
            for word in set(part.heading):
                places = by_word.get(word, ())
                if len(places) <= TOO_COMMON:
                    called.update(places)
            alike = self._nearest(by_heading.get(part.heading, ()), to)
            for at in sorted({*self._most_voted(votes, to), *self._most_voted(called, to), *alike}):
                yield at, to

    def _most_voted(self, votes: Counter, to: int) -> list[int]:
        return sorted(votes, key=lambda at: (-votes[at], abs(self._place(at, to)), at))[:MOST_CANDIDATES]

    def _nearest(self, places: Sequence[int], to: int) -> list[int]:
        return sorted(places, key=lambda at: (abs(self._place(at, to)), at))[:MOST_CANDIDATES]

    def _place(self, at: int, to: int) -> float:
        """How far apart two parts stand, each in its text: -1 to 1."""
        return (at + 0.5) / len(self.old) - (to + 0.5) / len(self.new)

    def evidence(self, at: int, to: int) -> _Evidence:
        old, new = self.old[at], self.new[to]
        small, large = sorted((old.features, new.features), key=len)
        shared = sum(
            self.information[feature] * min(count, large[feature])
            for feature, count in small.items()
            if feature in large
        )
        heading = _common(old.heading, new.heading)
        evidence = _Evidence(
            shared,
            shared / old.weight if old.weight else 0.0,
            shared / new.weight if new.weight else 0.0,
            heading,
        )
        # A heading that several parts have tells less about each of them.
        times = max(self.headings[0][old.heading], self.headings[1][new.heading])
        said = heading / math.sqrt(times) if heading == 1 else heading
        words = 1.0 if old.words == new.words else evidence.words
        place = 1 - abs(self._place(at, to))
        evidence.score = _WEIGHT_OF_WORDS * words + _WEIGHT_OF_HEADING * said + _WEIGHT_OF_PLACE * place
        return evidence

    def is_likely(self, evidence: _Evidence) -> bool:
        """Whether a pair may be the same part at all."""
        if evidence.heading == 1:
            return True
        if max(evidence.of_old, evidence.of_new) >= TAKEN_OVER:
            return True
        return evidence.score >= _LIKELY_ENOUGH and evidence.words >= 0.12


# --- Assignment ------------------------------------------------------------------------------------------------------


def assign(gains: Sequence[dict[int, float]]) -> list[int | None]:
    """For each row the column that it gets, or None: the assignment with the highest total gain, each column once.

    Shortest augmenting paths over the pairs there are; a row may always stay alone for nothing.
    """
    column_of: list[int | None] = [None] * len(gains)
    row_of: dict[int, int] = {}
    price: dict[int, float] = defaultdict(float)
    # Leaving a row alone is a column of its own: -1 - row.
    costs = [{**{column: -gain for column, gain in row.items()}, -1 - index: 0.0} for index, row in enumerate(gains)]
    own = [min(row.values()) for row in costs]
    waiting = []
    for row, edges in enumerate(costs):
        best = min(edges, key=lambda column: (edges[column], column))
        if best in row_of:
            waiting.append(row)
        else:
            row_of[best], column_of[row] = row, best
    for start in waiting:
        _augment(start, costs, own, price, row_of, column_of)
    return [column if column is not None and column >= 0 else None for column in column_of]


def _augment(start, costs, own, price, row_of, column_of):
    distance: dict[int, float] = {}
    came_from: dict[int, int] = {}
    done: set[int] = set()
    queue: list[tuple[float, int]] = []
    rows = {start: 0.0}
    row, so_far = start, 0.0
    while True:
        for column, cost in costs[row].items():
            if column not in done:
                length = so_far + cost - own[row] - price[column]
                if length < distance.get(column, math.inf) - 1e-12:
                    distance[column], came_from[column] = length, row
                    heapq.heappush(queue, (length, column))
        while True:
            so_far, column = heapq.heappop(queue)
            if column not in done:
                break
        if column not in row_of:
            break
        done.add(column)
        row = row_of[column]
        rows[row] = so_far
    for passed, length in rows.items():
        own[passed] += so_far - length
    for passed in done:
        price[passed] -= so_far - distance[passed]
    while True:
        row = came_from[column]
        row_of[column], column_of[row], column = row, column, column_of[row]
        if row == start:
            return


# --- Matching --------------------------------------------------------------------------------------------------------


def match(old: Sequence[Part], new: Sequence[Part]) -> tuple[list[Match], list[Gone]]:
    """What each new part was, in their order, and the old parts that are gone, in theirs."""
    found, by_key = _by_their_keys(old, new)
    _fix_equal(old, new, found)
    rest_old = [at for at in range(len(old)) if at not in set(found.values())]
    comparison = _Comparison(old, new)
    free_old, free_new = set(rest_old), {to for to in range(len(new)) if to not in found}
    gains: list[dict[int, float]] = [{} for _part in new]
    for (at, to), evidence in comparison.pairs.items():
        if at in free_old and to in free_new and comparison.is_likely(evidence):
            gains[to][at] = evidence.score
    for to, at in enumerate(assign(gains)):
        if at is not None:
            found[to] = at
    _let_the_largest_keep_the_key(comparison, found, by_key)
    _pair_what_stands_alone(comparison, found)
    return _described(old, new, comparison, found, by_key)


def _by_their_keys(old, new):
    """New parts that brought a key along, as our own exports do; the first to bring a key has it."""
    place = {part.key: at for at, part in enumerate(old) if part.key}
    found: dict[int, int] = {}
    for to, part in enumerate(new):
        if part.key in place:
            found[to] = place.pop(part.key)
    return found, set(found)


def _fix_equal(old, new, found):
    """Parts with the same heading and the same text; of several alike the first is the first."""
    taken = set(found.values())
    waiting = defaultdict(list)
    for at, part in enumerate(old):
        if at not in taken:
            waiting[heading_words(part.heading), part.body].append(at)
    for to, part in enumerate(new):
        if to not in found and (places := waiting.get((heading_words(part.heading), part.body))):
            found[to] = places.pop(0)


def _let_the_largest_keep_the_key(comparison, found, by_key):
    """Of the parts a text was split into, the one with most of it goes on; of several merged into one, the largest.

    One that goes on under the same heading gives way only to another with more than twice as much of the text.
    """
    used = set(found.values())
    partner = {at: to for to, at in found.items()}
    for at in sorted(used):  # split: new parts without a partner that were taken from an old part with one
        to = partner[at]
        if to in by_key:
            continue
        mine = _claim(comparison, at, to)
        heirs = [
            (evidence.shared, -other)
            for other, evidence in comparison.by_old[at]
            if other not in found and evidence.of_new >= TAKEN_OVER and evidence.shared > mine
        ]
        if heirs:
            heir = -max(heirs)[1]
            del found[to]
            found[heir], partner[at] = at, heir
    for to in sorted(found):  # merged: old parts without a partner whose text went into a new part with one
        if to in by_key:
            continue
        at = found[to]
        mine = _claim(comparison, at, to)
        used = set(found.values())
        parts = [
            (evidence.shared, -other)
            for other, evidence in comparison.by_new[to]
            if other not in used and evidence.of_old >= TAKEN_OVER and evidence.shared > mine
        ]
        if parts:
            found[to] = -max(parts)[1]


def _claim(comparison, at, to):
    evidence = comparison.pairs.get((at, to))
    return evidence.shared * (2 if evidence.heading == 1 else 1) if evidence else 0.0


def _pair_what_stands_alone(comparison, found):
    """One old and one new part between the same neighbours, with something in common: renamed and rewritten at once."""
    taken = {at: to for to, at in found.items()}
    last = len(comparison.old)
    for to in range(len(comparison.new)):
        if to in found:
            continue
        before = found.get(to - 1, -1 if to == 0 else None)
        after = found.get(to + 1, last if to + 1 == len(comparison.new) else None)
        if before is None or after is None or after - before != 2:
            continue
        at = before + 1
        evidence = comparison.pairs.get((at, to))
        if at not in taken and evidence and (evidence.words >= 0.06 or evidence.heading >= 0.4):
            found[to] = at
            taken[at] = to


def _described(old, new, comparison, found, by_key):
    used = set(found.values())
    order = [found[to] for to in sorted(found)]
    settled = {order[k] for k in longest_rising(order)}
    merged, gone = defaultdict(list), []
    for at in range(len(old)):
        if at in used:
            continue
        into = [
            (evidence.of_old, -to)
            for to, evidence in comparison.by_old[at]
            if evidence.of_old >= TAKEN_OVER and comparison.old[at].words
        ]
        to = -max(into)[1] if into else None
        if to is not None:
            merged[to].append(at)
            reason = _("Most of its text is in “%(heading)s” now.") % {"heading": new[to].heading}
        else:
            reason = _("No part of the new text continues it.")
        gone.append(Gone(at, to, reason))
    matches = []
    for to, part in enumerate(new):
        at = found.get(to)
        if at is None:
            matches.append(_new(comparison, old, to, tuple(merged[to])))
            continue
        evidence = comparison.pairs.get((at, to)) or comparison.evidence(at, to)
        kind = _kind(old[at], part, comparison, at, to, evidence)
        confidence, reason = _why(kind, evidence, to in by_key)
        matches.append(Match(to, at, kind, confidence, reason, moved=at not in settled, merged=tuple(merged[to])))
    return matches, gone


def _new(comparison, old, to, merged):
    sources = [
        (evidence.of_new, -at)
        for at, evidence in comparison.by_new[to]
        if evidence.of_new >= TAKEN_OVER and comparison.new[to].words
    ]
    if sources:
        share, at = max(sources)[0], -max(sources)[1]
        reason = _("Its text was part of “%(heading)s”, which goes on elsewhere.") % {"heading": old[at].heading}
        return Match(to, None, "new", round(min(0.95, share), 2), reason, split_from=at, merged=merged)
    best = max((evidence.score for _at, evidence in comparison.by_new[to]), default=0.0)
    return Match(
        to, None, "new", round(max(0.5, 1 - best), 2), _("Nothing in the text so far is like it."), merged=merged
    )


def reads_the_same(one: str, other: str, *, from_word: bool = False) -> bool:
    """Whether readers see no difference between two Markdown texts, however they were typed.

    `from_word` leaves out what does not survive the reading of a Word file: how columns are aligned, with what figure
    a list begins, what a link says when one points at it.
    """
    if one == other or clean(one).strip() == clean(other).strip():
        return True
    shown = (_shown(one), _shown(other))
    if from_word:
        shown = tuple(_NOT_FROM_WORD.sub("", html) for html in shown)
    return shown[0] == shown[1]


_AROUND_BLOCKS = re.compile(
    r"\s*(</?(?:p|ul|ol|li|table|thead|tbody|tr|td|th|blockquote|h\d|pre|div|hr|br)\b[^>]*>)\s*"
)
# Items of a list with more room between them read the same.
_NOT_FROM_WORD = re.compile(r' (?:title="[^"]*"|start="\d+"|class="align-\w+")')
_ROOM = re.compile(r"(?<=<li>)<p>|</p>(?=</li>|<ul>|<ol>)")


def _shown(body: str) -> str:
    html = render(body).replace(' dir="auto"', "")
    return _ROOM.sub("", _AROUND_BLOCKS.sub(r"\1", " ".join(html.split())))


def _kind(old, new, comparison, at, to, evidence):
    if comparison.old[at].heading != comparison.new[to].heading:
        return "renamed"
    if clean(old.heading).split() == clean(new.heading).split() and reads_the_same(old.body, new.body):
        return "same"
    return "changed" if evidence.words >= 0.4 or comparison.old[at].words == comparison.new[to].words else "rewritten"


def _why(kind, evidence, by_key):
    share = {"percent": round(100 * evidence.words)}
    if by_key:
        return 1.0, _("The file names this clause.")
    if kind == "same":
        return 1.0, _("Heading and text are the same.")
    if kind == "changed":
        return round(min(0.99, 0.6 + 0.4 * evidence.words), 2), (
            _("Same heading, and %(percent)d %% of the text is the same.") % share
        )
    if kind == "rewritten":
        return round(0.45 + 0.4 * evidence.words, 2), (
            _("Same heading, but only %(percent)d %% of the text is the same.") % share
        )
    if evidence.words >= 0.999:
        return 0.97, _("Another heading over the same text.")
    confidence = max(evidence.words, 0.8 * max(evidence.of_old, evidence.of_new), 0.6 * evidence.heading)
    if evidence.words < 0.3 and evidence.heading < 0.5 and max(evidence.of_old, evidence.of_new) < TAKEN_OVER:
        return round(max(0.2, confidence), 2), _("It stands in the same place and has some of the same words.")
    return round(min(0.95, 0.25 + 0.7 * confidence), 2), (
        _("Another heading, and %(percent)d %% of the text is the same.") % share
    )
