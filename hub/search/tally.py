"""Searches counted without the person: gathered in memory, handed on to a job in sets, never written by a page.

A process that ends loses what it gathered in the last few seconds, which is allowed: these are figures, not records.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable

from .question import tidy
from .tokens import stem, telling_surfaces

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 5.0
MOST_WAITING = 200
LONGEST_TEXT, LONGEST_KEY = 200, 300
# An address or a long number is somebody's, and nothing that a library could answer.
_PERSONAL = re.compile(r"\S@\S|\d[\d ()./-]{5,}\d")

Row = tuple[str, str, int, int, int]  # key, text, searches, of these without an answer, results opened


def key_of(text: str) -> str:
    """The same for the same words in any order and with other endings; "" for what is not to be counted."""
    text = tidy(text)
    if len(text) > LONGEST_TEXT or _PERSONAL.search(text):
        return ""
    return " ".join(sorted({stem(word, "en") for word in telling_surfaces(text, "en")}))[:LONGEST_KEY]


class Tally:
    """`hand_on(rows)` is called in a thread of its own, some seconds after the first count it brings."""

    def __init__(self, hand_on: Callable[[list[Row]], None]) -> None:
        self._hand_on = hand_on
        self._lock = threading.Lock()
        self._rows: dict[str, list] = {}
        self._timer: threading.Timer | None = None

    def searched(self, text: str, *, answered: bool) -> None:
        self._add(text, 1, 0 if answered else 1, 0)

    def opened(self, text: str) -> None:
        self._add(text, 0, 0, 1)

    def _add(self, text: str, *numbers: int) -> None:
        key = key_of(text)
        if not key:
            return
        with self._lock:
            if key not in self._rows and len(self._rows) >= MOST_WAITING:
                return
            row = self._rows.setdefault(key, [tidy(text), 0, 0, 0])
            row[1:] = [old + new for old, new in zip(row[1:], numbers, strict=True)]
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        with self._lock:
            rows, self._rows = self._rows, {}
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        if rows:
            try:
                self._hand_on([(key, *row) for key, row in rows.items()])
            except Exception as error:  # whatever the broker's client raises: figures are not worth more
                logger.warning("Searches were not counted (%s).", error)
