"""Two texts that came from one, brought together line by line (a three-way merge, as diff3 does it)."""

from dataclasses import dataclass
from difflib import SequenceMatcher

# The comparison grows with the square of what differs; longer texts are left to the person.
MOST_LINES = 3_000


@dataclass(frozen=True)
class Clash:
    """Lines that both sides changed, each in another way."""

    ours: str
    theirs: str


@dataclass(frozen=True)
class Merged:
    """`text` holds what either side changed, and ours where both did; `clashes` are those places, in order."""

    text: str
    clashes: tuple[Clash, ...]


def merge(base, ours, theirs):
    """Brings together `ours` and `theirs`, which both came from `base`."""
    if base == ours or ours == theirs:
        return Merged(theirs, ())
    if base == theirs:
        return Merged(ours, ())
    old, mine, other = base.split("\n"), ours.split("\n"), theirs.split("\n")
    if max(len(old), len(mine), len(other)) > MOST_LINES:
        return Merged(ours, (Clash(ours, theirs),))
    in_mine, in_other = _places(old, mine), _places(old, other)
    lines, clashes = [], []
    start, mine_start, other_start = 0, 0, 0
    for place in [*(n for n in range(len(old)) if n in in_mine and n in in_other), len(old)]:
        mine_end, other_end = in_mine.get(place, len(mine)), in_other.get(place, len(other))
        was, a, b = old[start:place], mine[mine_start:mine_end], other[other_start:other_end]
        if a not in (was, b) and b != was:
            clashes.append(Clash("\n".join(a), "\n".join(b)))
        lines += b if a == was else a
        lines += old[place : place + 1]
        start, mine_start, other_start = place + 1, mine_end + 1, other_end + 1
    return Merged("\n".join(lines), tuple(clashes))


def _places(old, new):
    """{number of a line in `old`: its number in `new`} of the lines that stayed."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {block.a + n: block.b + n for block in blocks for n in range(block.size)}
