"""What a process keeps in memory of the database, and looks again from time to time whether it still holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connection

T = TypeVar("T")


class Kept(Generic[T]):
    """`load()` once, and again when `version()` has changed; that is asked every `seconds`, and after `forget`."""

    def __init__(self, seconds: float, version: Callable[[], tuple], load: Callable[[], T]) -> None:
        self._seconds, self._version, self._load = seconds, version, load
        self._lock = threading.Lock()
        # One a database: the tests' and the portal's may live in one process.
        self._values: dict[str, tuple[float, tuple, T]] = {}

    def current(self) -> T:
        name = str(connection.settings_dict["NAME"])
        kept = self._values.get(name)
        if kept and time.monotonic() - kept[0] < self._seconds:
            return kept[2]
        with self._lock:
            version = self._version()
            value = kept[2] if kept and kept[1] == version else self._load()
            self._values[name] = (time.monotonic(), version, value)
        return value

    def forget(self) -> None:
        """Read again at the next question in this process."""
        self._values.pop(str(connection.settings_dict["NAME"]), None)
