"""Where in a document each of its tokens is, as one text that ranking reads without taking all of it apart.

" #:20,120,43 token:0a,4C,7b ": first how many tokens each passage has (passage 0 is the summary), then for each token
the passages it is in, with a letter for how often (a once, h eight times or more; A to I when it is in the heading, A
for in the heading only).
"""

from __future__ import annotations

_MOST = 8
# {letter: (times in the text, whether in the heading)}
_HOW = {chr(ord("a") + n - 1): (n, False) for n in range(1, _MOST + 1)}
_HOW |= {chr(ord("A") + n): (n, True) for n in range(_MOST + 1)}
_MARK = {how: letter for letter, how in _HOW.items()}


def place_mark(times: int, in_heading: bool) -> str:
    return _MARK[min(times, _MOST), in_heading]


def lengths(places: str) -> list[float]:
    return [float(length) for length in _after(places, "#")]


def of_token(places: str, token: str) -> dict[int, tuple[int, bool]]:
    """{passage: (times in its text, whether in its heading)}"""
    return {int(at[:-1]): _HOW[at[-1]] for at in _after(places, token)}


def of_phrase(places: str, phrase: tuple[str, ...]) -> dict[int, tuple[int, bool]]:
    """The passages that hold every token of the phrase; in the heading only if all are."""
    found = of_token(places, phrase[0])
    for token in phrase[1:]:
        if not found:
            break
        here = of_token(places, token)
        found = {
            at: (min(found[at][0], here[at][0]), found[at][1] and here[at][1]) for at in found.keys() & here.keys()
        }
    return found


def _after(places: str, token: str) -> list[str]:
    start = places.find(f" {token}:")
    if start < 0:
        return []
    start += len(token) + 2
    return places[start : places.index(" ", start)].split(",")
