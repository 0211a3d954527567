"""Redlines: what changed between two texts, block by block and then word by word.

Both texts are rendered to safe HTML first and cut into *pieces* (a paragraph, a list item, a table row, or a few
sentences of a long paragraph). Equal pieces are aligned first; what lies between them is paired by the word pairs
they share; only paired pieces are compared word by word. So the cost grows with the size of the change and a rewritten
text costs no more than reading it. Structure (lists, tables, headings, links) is that of the new text.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape, unescape
from itertools import chain, groupby, pairwise, zip_longest
from operator import attrgetter
from typing import Literal, NamedTuple
from zlib import crc32

from diff_match_patch import diff_match_patch
from django.utils.translation import gettext as _

from hub.text.markdown import _TAG, attributes_of, clean, is_external, safe_html

# Seconds after which a comparison settles for a coarser answer. Far above what real texts need.
LONGEST_COMPARISON = 0.25

SPACE_FREE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# A word (with the apostrophes, dots and hyphens inside it), one character of a script without spaces and the marks
# that belong to it, or one sign. The white space after it travels along but is never compared.
_LETTER = rf"[^\W{SPACE_FREE}]"
WORD = re.compile(
    rf"({_LETTER}+(?:(?:[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]+|['’.\-@](?={_LETTER})){_LETTER}*)*"
    rf"|[{SPACE_FREE}][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a]*|[^\w\s]|(?=\s))(\s*)"
)

_INLINE = frozenset(
    "a abbr b cite code del dfn em i ins kbd mark q s samp small span strong sub sup time u var".split()
)
_KEPT_MARKS = frozenset("a b code em i kbd mark q s strong sub sup u var".split())
_CONTAINERS = frozenset("ul ol blockquote table".split())
_ITEMS = frozenset("li p h1 h2 h3 h4 h5 h6 pre".split())
_AS_PARAGRAPH = frozenset("dt dd summary caption figcaption".split())
_CELLS = frozenset(("td", "th"))
_SENTENCE_END = frozenset(".!?…。！？؟")

_LONG = 120  # tokens; a longer paragraph is cut into sentences, so that one edit does not touch all of it
_ALIKE = 0.4  # share of common words from which two pieces may stand for each other
_FEW = 100  # comparisons
_WORTH_JOINING = 800  # tokens of a gap
_SHORT_SENTENCES = 12  # tokens a cut piece has at least


# A line break on screen, told apart from a newline in preformatted text. `clean` lets no NUL through.
_BREAK = "\0\n"
_marks_of = attrgetter("marks")


class Token(NamedTuple):
    key: str  # what is compared
    text: str  # what is shown, white space after it included
    marks: tuple[str, ...]  # open inline tags around it, as start tags


class Frame(NamedTuple):
    tag: str
    serial: int
    attributes: str


@dataclass(slots=True)
class Piece:
    frames: tuple[Frame, ...]  # from the outermost block to the one the words stand in
    cells: list[list[Token]]  # one list; a table row has one for each cell
    cell_tags: tuple[str, ...] = ()
    key: tuple = ()
    words: tuple[str, ...] = ()

    def close(self) -> "Piece":
        self.words = tuple([token[0] for cell in self.cells for token in cell])
        self.key = (self.frames[-1].tag if self.frames else "", len(self.cell_tags), self.words)
        return self

    @property
    def kind(self) -> str:
        tag = self.frames[-1].tag if self.frames else "p"
        return "row" if self.cell_tags else "heading" if tag[0] == "h" and tag != "hr" else "text"


@dataclass(frozen=True)
class Change:
    """One outermost block of a redline. `html` is complete in itself, so unchanged runs can be folded away."""

    kind: Literal["same", "changed", "added", "removed"]
    html: str
    words_added: int = 0
    words_removed: int = 0


# --- Cutting into pieces -----------------------------------------------------------------------------------------


def _tokens(text: str, marks: tuple[str, ...]) -> list[Token]:
    make = tuple.__new__  # a third of the time of Token(...), and this is where the time goes
    return [make(Token, (key or " ", key + space, marks)) for key, space in WORD.findall(text)]


class _Cutter:
    """Walks sanitised HTML once and collects its pieces."""

    def __init__(self, html: str, serials: Iterator[int]) -> None:
        self.serials = serials
        self.pieces: list[Piece] = []
        self.frames: list[Frame] = []
        self.marks: list[tuple[str, str]] = []  # tag, start tag
        self.links: list[str] = []
        self.run: list[Token] = []
        self.row: Piece | None = None
        self.tables = 0
        self.preformatted = False
        position = 0
        for match in _TAG.finditer(html):
            if match.start() > position:
                self.text(html[position : match.start()])
            self.tag(*match.groups())
            position = match.end()
        if position < len(html):
            self.text(html[position:])
        self.flush()

    def text(self, raw: str) -> None:
        if not self.run and not self.preformatted:
            raw = raw.lstrip()
        if not raw:
            return
        if raw.isspace() and not self.preformatted:
            self.space()
            return
        marks = tuple(start for _tag, start in self.marks)
        text = unescape(raw)
        if text[0].isspace() and not self.preformatted:
            self.space()
            text = text.lstrip()
        self.run.extend(_tokens(text, marks))

    def space(self) -> None:
        if self.run and not self.run[-1].text[-1:].isspace():
            self.run[-1] = self.run[-1]._replace(text=self.run[-1].text + " ")

    def tag(self, closing: str, tag: str, raw: str) -> None:
        if tag in _INLINE:
            self.inline(bool(closing), tag, raw)
        elif tag == "br":
            self.space()
            if self.run:
                self.run.append(Token("\n", _BREAK, ()))
        elif tag == "img":
            alt = unescape(attributes_of(raw).get("alt", "")).strip()
            self.text(escape(_("[picture: %s] ") % alt if alt else _("[picture] ")))
        elif self.tables and tag != "table":
            self.in_table(bool(closing), tag)
        elif tag == "hr":
            self.flush()
            self.pieces.append(Piece((*self.frames, Frame("hr", next(self.serials), "")), [[]]).close())
        else:
            self.block(bool(closing), tag, raw)

    def inline(self, closing: bool, tag: str, raw: str) -> None:
        if not closing:
            start = f"<{tag}>"
            if tag == "a":
                href = attributes_of(raw).get("href", "")
                self.links.append(unescape(href))
                rel = ' rel="noopener noreferrer"' if is_external(href) else ""
                start = f'<a href="{href}"{rel}>' if href else ""
            self.marks.append((tag, start if tag in _KEPT_MARKS else ""))
            return
        for index in range(len(self.marks) - 1, -1, -1):
            if self.marks[index][0] == tag:
                del self.marks[index]
                break
        if tag == "a" and self.links:
            url = self.links.pop()
            if self.run and url and url.removeprefix("mailto:") != self.run[-1].key:
                # The address is compared but shown only where it changed. A space moves behind it.
                last = self.run[-1]
                self.run.append(Token("\0" + url, "", ()))
                if last.text[-1:].isspace():
                    self.run[-1] = self.run[-1]._replace(text=" ")
                    self.run[-2] = last._replace(text=last.text.rstrip())

    def in_table(self, closing: bool, tag: str) -> None:
        if self.tables > 1:  # a table inside a cell reads as its words
            self.space()
        elif tag == "tr":
            self.end_row()
            if not closing:
                self.row = Piece(tuple(self.frames), [])
        elif tag in _CELLS and self.row is not None:
            if closing:
                self.row.cells.append(self.run)
                self.row.cell_tags += (tag,)
            self.run = []
            self.marks.clear()
        else:
            self.space()
            if self.run and closing and tag in ("p", "li", "pre", "div"):
                self.run.append(Token("\n", _BREAK, ()))

    def end_row(self) -> None:
        if self.row is not None and self.row.cells:
            for cell in self.row.cells:
                while cell and cell[-1].key == "\n":
                    cell.pop()
            self.pieces.append(self.row.close())
        self.row, self.run = None, []

    def block(self, closing: bool, tag: str, raw: str) -> None:
        if tag in _AS_PARAGRAPH:
            tag, raw = "p", ""
        if tag == "table" and self.tables and not (closing and self.tables == 1):
            self.tables += -1 if closing else 1
            return
        self.flush()
        if tag not in _CONTAINERS and tag not in _ITEMS:
            return  # div, details, dl: only their content matters here
        if closing:
            while self.frames and self.frames.pop().tag != tag:
                pass
            self.marks.clear()
        else:
            attributes = attributes_of(raw)
            kept = {name: attributes[name] for name in ("dir", "start", "lang") if name in attributes}
            if tag in _ITEMS:
                kept.setdefault("dir", "auto")
            dressed = "".join(f' {name}="{value}"' for name, value in kept.items())
            self.frames.append(Frame(tag, next(self.serials), dressed))
        self.preformatted = tag == "pre" and not closing
        if tag == "table":
            self.tables = 0 if closing else 1

    def flush(self) -> None:
        if self.tables:
            self.end_row()
        run, self.run = self.run, []
        while run and not run[-1].key.strip():
            run.pop()
        if not run:
            return
        frames = tuple(self.frames)
        if not frames or frames[-1].tag in ("blockquote", "ul", "ol"):
            frames = (*frames, Frame("p", next(self.serials), ' dir="auto"'))
        for part in _cut_long(run):
            self.pieces.append(Piece(frames, [part]).close())


def _cut_long(run: list[Token]) -> Iterator[list[Token]]:
    """Sentences of a long run. Where there are none, cuts fall where the words themselves say so (a hash), which
    keeps them at the same words when something is put in before them."""
    if len(run) <= _LONG:
        yield run
        return
    start = 0
    for index, token in enumerate(run, 1):
        size = index - start
        if size < _SHORT_SENTENCES:
            continue
        ended = token.key in _SENTENCE_END and (token.text[-1:].isspace() or token.key in "。！？")
        if ended or token.key == "\n" or (size > 32 and crc32(token.key.encode()) % 32 == 0):
            yield run[start:index]
            start = index
    if start < len(run):
        yield run[start:]


# --- Aligning ------------------------------------------------------------------------------------------------------


def _engine() -> diff_match_patch:
    engine = diff_match_patch()
    engine.Diff_Timeout = LONGEST_COMPARISON
    return engine


def _diff(old: Sequence, new: Sequence, *, readable: bool) -> Iterator[tuple[int, int]]:
    """(operation, length) pairs: -1 removed, 0 same, 1 added. Every distinct item becomes one character."""
    codes: dict = {}

    def encode(items: Sequence) -> str:
        out = []
        for item in items:
            code = codes.setdefault(item, len(codes) + 1)
            out.append(chr(code if code < 0xD800 else code + 0x800))
        return "".join(out)

    engine = _engine()
    found = engine.diff_main(encode(old), encode(new), False)
    if readable:
        engine.diff_cleanupSemantic(found)
    for operation, run in found:
        yield operation, len(run)


def _align(old: list[Piece], new: list[Piece]) -> Iterator[tuple[Piece | None, Piece | None]]:
    """Pairs in reading order; None stands where the other side has nothing of the kind."""
    common = {piece.key for piece in old} & {piece.key for piece in new}
    old_places = [i for i, piece in enumerate(old) if piece.key in common]
    new_places = [i for i, piece in enumerate(new) if piece.key in common]
    anchors: list[tuple[int, int]] = []
    i = j = 0
    for operation, length in _diff([old[p].key for p in old_places], [new[p].key for p in new_places], readable=False):
        if operation == 0:
            anchors += zip(old_places[i : i + length], new_places[j : j + length], strict=True)
        i += length if operation <= 0 else 0
        j += length if operation >= 0 else 0
    i = j = 0
    for at, to in [*anchors, (len(old), len(new))]:
        if at > i or to > j:
            yield from _pair(old[i:at], new[j:to])
        if at < len(old):
            yield old[at], new[to]
        i, j = at + 1, to + 1


def _alike(one: Piece, other: Piece) -> float:
    """Share of common words, 0 to 1, of pieces that may be paired at all."""
    if one.kind != other.kind or not one.words or not other.words:
        return 0
    shared = (Counter(one.words) & Counter(other.words)).total()
    return 2 * shared / (len(one.words) + len(other.words))


def _pair(old: list[Piece], new: list[Piece]) -> Iterator[tuple[Piece | None, Piece | None]]:
    """Pairs the pieces of one gap that share word pairs, keeping the order; the rest is removed or added."""
    if not old or not new:
        yield from ((piece, None) for piece in old)
        yield from ((None, piece) for piece in new)
        return
    if max(sum(len(piece.words) for piece in side) for side in (old, new)) <= _WORTH_JOINING:
        old, new = _joined(old), _joined(new)
    where: dict[tuple[str, str], int] = {}
    for index, piece in enumerate(old):
        for pair in pairwise(piece.words):
            where[pair] = -1 if where.get(pair, index) != index else index  # -1: stands in several, says nothing
    candidates: list[tuple[int, int]] = []
    for index, piece in enumerate(new):
        votes = Counter(map(where.get, pairwise(piece.words)))
        votes.pop(None, 0)
        votes.pop(-1, 0)
        if votes:
            best, count = votes.most_common(1)[0]
            if count * 8 >= min(len(piece.words), len(old[best].words)) and _alike(old[best], piece) >= 0.35:
                candidates.append((best, index))
    chosen = [candidates[k] for k in longest_rising([at for at, _to in candidates])]
    i = j = 0
    for at, to in [*chosen, (len(old), len(new))]:
        yield from _leftover(old[i:at], new[j:to])
        if at < len(old):
            yield old[at], new[to]
        i, j = at + 1, to + 1


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring sentences of one paragraph in one piece again: sentences are split and merged by editors."""
    joined: list[Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if before and not piece.cell_tags and before.frames and before.frames == piece.frames:
            joined[-1] = Piece(piece.frames, [before.cells[0] + piece.cells[0]]).close()
        else:
            joined.append(piece)
    return joined


def _leftover(old: list[Piece], new: list[Piece]) -> Iterator[tuple[Piece | None, Piece | None]]:
    """What no word pair tied together: a few pieces are weighed against each other, of many only those in one place."""
    chosen: list[tuple[int, int]] = []
    if len(old) * len(new) <= _FEW:
        chosen = _best_pairs([[_alike(one, other) for other in new] for one in old], len(new))
    elif len(old) == len(new):
        chosen = [(k, k) for k in range(len(old)) if _alike(old[k], new[k]) >= _ALIKE]
    i = j = 0
    for at, to in [*chosen, (len(old), len(new))]:
        yield from ((piece, None) for piece in old[i:at])
        yield from ((None, piece) for piece in new[j:to])
        if at < len(old):
            yield old[at], new[to]
        i, j = at + 1, to + 1


def _best_pairs(alike: list[list[float]], width: int) -> list[tuple[int, int]]:
    """Pairs in order with the highest total of likeness, none below `_ALIKE`."""
    best = [[0.0] * (width + 1) for _row in range(len(alike) + 1)]
    for i in range(len(alike) - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] >= _ALIKE else 0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(alike) and j < width:
        if alike[i][j] >= _ALIKE and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def longest_rising(values: Sequence[int]) -> list[int]:
    """Positions of a longest strictly rising subsequence."""
    tails: list[int] = []
    tail_values: list[int] = []
    before: list[int] = []
    for position, value in enumerate(values):
        at = bisect_left(tail_values, value)
        before.append(tails[at - 1] if at else -1)
        if at == len(tails):
            tails.append(position)
            tail_values.append(value)
        else:
            tails[at] = position
            tail_values[at] = value
    found = []
    position = tails[-1] if tails else -1
    while position >= 0:
        found.append(position)
        position = before[position]
    return found[::-1]


# --- Writing -------------------------------------------------------------------------------------------------------


def _count(tokens: Sequence[Token]) -> int:
    return sum([token[0][0].isalnum() for token in tokens])


def count_words(text: str) -> int:
    """How many words (signs, in scripts without spaces) a plain text has, counted as a redline counts them."""
    return _count(_tokens(text, ()))


def _marked(tokens: Sequence[Token], *, show_addresses: bool) -> str:
    """Tokens as HTML with their inline tags."""
    out: list[str] = []
    for marks, run in groupby(tokens, _marks_of):
        out.extend(marks)
        texts = "".join([_address(token, show_addresses) if token.key[0] == "\0" else token.text for token in run])
        out.append(escape(texts, quote=False).replace(_BREAK, "<br>"))
        out.append(_closing(marks))
    return "".join(out)


def _address(token: Token, shown: bool) -> str:
    return (f" ({token.key[1:]})" if shown else "") + token.text


def _closing(marks: tuple[str, ...]) -> str:
    return "".join(f"</{mark[1:-1].partition(' ')[0]}>" for mark in reversed(marks) if mark)


def _wrapped(tag: str, tokens: Sequence[Token], *, show_addresses: bool = False) -> str:
    inner = _marked(tokens, show_addresses=show_addresses)
    if not inner:
        return ""
    said = _("[added]") if tag == "ins" else _("[removed]")
    return f'<{tag}><span class="visually-hidden">{escape(said)} </span>{inner}</{tag}>'


class _Writer:
    """Puts pieces back into blocks. A frame stays open while pieces of the same block follow."""

    def __init__(self, *, mark_sides: bool = False) -> None:
        self.out: list[str] = []
        # tag, serial in the old text, serial in the new text, where its start tag stands, which texts its words are of
        self.open: list[list] = []
        self.mark_sides = mark_sides
        self.changes: list[Change] = []
        self.kinds: set[str] = set()
        self.added = self.removed = 0

    def write(self, old: Piece | None, new: Piece | None) -> None:
        shown = new if new is not None else old
        old_frames = old.frames if old is not None else ()
        paired = old is not None and new is not None
        kept = 0
        for depth, frame in enumerate(shown.frames):
            if depth >= len(self.open) or not self.fits(self.open[depth], frame, new is not None):
                break
            kept = depth + 1
        self.close_to(kept)
        for depth, frame in enumerate(shown.frames):
            partner = old_frames[depth] if paired and depth < len(old_frames) else None
            old_serial = frame.serial if new is None else partner.serial if partner else None
            new_serial = frame.serial if new is not None else None
            if depth < kept:
                state = self.open[depth]
                state[1] = old_serial if old_serial is not None else state[1]
                state[2] = new_serial if new_serial is not None else state[2]
                continue
            if frame.tag == "table":
                label = escape(_("Table"))
                self.out.append(f'<div class="table-scroll" tabindex="0" role="region" aria-label="{label}">')
            self.open.append([frame.tag, old_serial, new_serial, len(self.out), set()])
            self.out.append(f"<{frame.tag}{frame.attributes}>")
        for state in self.open:
            state[4] |= {"old"} if new is None else {"new"} if old is None else {"old", "new"}
        if shown.cell_tags:
            self.row(old, new)
        else:
            self.out.append(self.words(old.cells[0] if old else None, new.cells[0] if new else None))

    @staticmethod
    def fits(state: list, frame: Frame, is_new: bool) -> bool:
        tag, old_serial, new_serial = state[:3]
        if tag != frame.tag:
            return False
        serial = new_serial if is_new else old_serial
        if tag in _CONTAINERS:
            return serial is None or serial == frame.serial
        return serial == frame.serial

    def close_to(self, depth: int) -> None:
        while len(self.open) > depth:
            tag, _old, _new, place, texts = self.open.pop()
            if self.mark_sides and len(texts) == 1:
                self.out[place] = f'{self.out[place][:-1]} data-only="{next(iter(texts))}">'
            if tag != "hr":
                self.out.append(f"</{tag}>")
            if tag == "table":
                self.out.append("</div>")
        if not self.open and self.out:
            kind = self.kinds.pop() if len(self.kinds) == 1 else "changed"
            self.changes.append(Change(kind, "".join(self.out), self.added, self.removed))
            self.out, self.kinds, self.added, self.removed = [], set(), 0, 0

    def row(self, old: Piece | None, new: Piece | None) -> None:
        shown = new if new is not None else old
        only = ' data-only="old"' if new is None else ' data-only="new"' if old is None else ""
        self.out.append(f"<tr{only if self.mark_sides else ''}>")
        old_cells = old.cells if old else []
        new_cells = new.cells if new else []
        tags = shown.cell_tags
        for index, (before, after) in enumerate(zip_longest(old_cells, new_cells)):
            tag = tags[index] if index < len(tags) else tags[-1]
            self.out.append(f'<{tag} dir="auto">{self.words(before, after)}</{tag}>')
        self.out.append("</tr>")

    def words(self, old: list[Token] | None, new: list[Token] | None) -> str:
        if old is None:
            self.kinds.add("added")
            self.added += _count(new)
            return _wrapped("ins", new)
        if new is None:
            self.kinds.add("removed")
            self.removed += _count(old)
            return _wrapped("del", old)
        out = []
        old_keys, new_keys = [t.key for t in old], [t.key for t in new]
        if old_keys == new_keys:
            self.kinds.add("same")
            return _marked(new, show_addresses=False)
        self.kinds.add("changed")
        i = j = 0
        for operation, length in _diff(old_keys, new_keys, readable=True):
            if operation == 0:
                out.append(_marked(new[j : j + length], show_addresses=False))
                i, j = i + length, j + length
            elif operation < 0:
                self.removed += _count(old[i : i + length])
                out.append(_wrapped("del", old[i : i + length], show_addresses=True))
                i += length
            else:
                self.added += _count(new[j : j + length])
                out.append(_wrapped("ins", new[j : j + length], show_addresses=True))
                j += length
        return "".join(out)


def changes(old: str, new: str, *, heading_level: int = 3, mark_sides: bool = False) -> list[Change]:
    """The outermost blocks of the comparison of two Markdown texts, in reading order.

    With `mark_sides`, what stands in one text alone says so (`data-only="old"`), so that a style sheet can show either
    text by itself.
    """
    serials = iter(range(1, 1 << 60))
    pieces = [_Cutter(safe_html(text), serials).pieces for text in (old, new)]
    _shift_headings(chain(*pieces), heading_level)
    writer = _Writer(mark_sides=mark_sides)
    for one, other in _align(*pieces):
        writer.write(one, other)
    writer.close_to(0)
    return writer.changes


def _shift_headings(pieces: Iterator[Piece], heading_level: int) -> None:
    found = [piece for piece in pieces if piece.kind == "heading"]
    outermost = min((int(piece.frames[-1].tag[1]) for piece in found), default=1)
    for piece in found:
        last = piece.frames[-1]
        level = min(6, int(last.tag[1]) - outermost + heading_level)
        piece.frames = (*piece.frames[:-1], last._replace(tag=f"h{level}"))


def redline(old: str, new: str, *, heading_level: int = 3) -> str:
    """HTML of the new Markdown text with `<ins>` and `<del>` for what differs from the old one."""
    return "".join(change.html for change in changes(old, new, heading_level=heading_level))


def redline_line(old: str, new: str) -> str:
    """A redline of one line of plain text (a heading, a title)."""
    return _redline_line(old, new)[0]


def _redline_line(old: str, new: str) -> tuple[str, int, int]:
    old_tokens = _tokens(clean(old).strip(), ())
    new_tokens = _tokens(clean(new).strip(), ())
    writer = _Writer()
    html = writer.words(old_tokens or None, new_tokens or None) if old_tokens or new_tokens else ""
    return html, writer.added, writer.removed


# --- Clauses -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClauseText:
    """One clause of a version, as far as a reader sees it. `key` never changes across versions.

    `audience` are the names of those it is addressed to; none means everybody who is meant by the whole text.
    """

    key: str
    number: str
    heading: str
    force: str
    body: str
    audience: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClauseChange:
    """What became of one clause. `moved` is also True for a changed clause that stands in another place now."""

    kind: Literal["same", "changed", "added", "removed", "moved"]
    key: str
    old: ClauseText | None
    new: ClauseText | None
    moved: bool = False
    heading_level: int = 3

    @property
    def force_change(self) -> tuple[str, str] | None:
        """(old, new) where a clause became more or less binding."""
        if self.old and self.new and self.old.force != self.new.force:
            return self.old.force, self.new.force
        return None

    @property
    def audience_change(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """(old, new) where a clause came to be addressed to others."""
        if self.old and self.new and self.old.audience != self.new.audience:
            return self.old.audience, self.new.audience
        return None

    @property
    def is_addressed_anew(self) -> bool:
        """Its words stayed; only those it is addressed to changed."""
        return self.audience_change is not None and _words_stayed(self.old, self.new)

    @cached_property
    def _heading(self) -> tuple[str, int, int]:
        return _redline_line(self.old.heading if self.old else "", self.new.heading if self.new else "")

    @cached_property
    def body_changes(self) -> list[Change]:
        """The body's blocks; made when first asked for."""
        old = self.old.body if self.old else ""
        new = self.new.body if self.new else ""
        return changes(old, new, heading_level=self.heading_level, mark_sides=True)

    @property
    def heading_html(self) -> str:
        return self._heading[0]

    @property
    def body_html(self) -> str:
        return "".join(change.html for change in self.body_changes)

    @property
    def words_added(self) -> int:
        if self.kind in ("same", "moved"):
            return 0
        return self._heading[1] + sum(change.words_added for change in self.body_changes)

    @property
    def words_removed(self) -> int:
        if self.kind in ("same", "moved"):
            return 0
        return self._heading[2] + sum(change.words_removed for change in self.body_changes)


def _reads_the_same(one: ClauseText, other: ClauseText) -> bool:
    return one.audience == other.audience and _words_stayed(one, other)


def _words_stayed(one: ClauseText, other: ClauseText) -> bool:
    return (
        one.force == other.force
        and clean(one.heading).split() == clean(other.heading).split()
        and (one.body == other.body or clean(one.body).strip() == clean(other.body).strip())
    )


def compare_clauses(
    old: Sequence[ClauseText], new: Sequence[ClauseText], *, heading_level: int = 3
) -> list[ClauseChange]:
    """What became of every clause, in the new order; a removed clause follows the one it used to follow.

    Clauses are matched by their key alone. A new number is no change: numbers follow from the order.
    """
    before = {clause.key: clause for clause in old}
    place = {clause.key: index for index, clause in enumerate(old)}
    after = {clause.key for clause in new}
    kept = [clause.key for clause in new if clause.key in before]
    settled = {kept[k] for k in longest_rising([place[key] for key in kept])}

    removed_after: dict[str | None, list[ClauseChange]] = {}
    anchor = None
    for clause in old:
        if clause.key in after:
            anchor = clause.key
            continue
        gone = ClauseChange("removed", clause.key, clause, None, heading_level=heading_level)
        removed_after.setdefault(anchor, []).append(gone)

    found = list(removed_after.get(None, ()))
    for clause in new:
        was = before.get(clause.key)
        if was is None:
            kind, moved = "added", False
        else:
            moved = clause.key not in settled
            kind = "changed" if not _reads_the_same(was, clause) else "moved" if moved else "same"
        found.append(ClauseChange(kind, clause.key, was, clause, moved, heading_level))
        found += removed_after.get(clause.key, ())
    return found
