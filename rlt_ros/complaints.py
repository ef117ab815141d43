# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Warnings that may come with every message are logged sparingly: once in a while for each kind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

REPEAT_SECONDS = 5.0
"""A complaint of one kind is logged at most once in this many seconds."""


class Log(Protocol):
    """The part of a logger that is used here; rclpy's loggers and `logging`'s both fit."""

    def info(self, message: str, /) -> Any:
        """Log what a user may like to know."""

    def warning(self, message: str, /) -> Any:
        """Log what a user should look at."""


@dataclass
class _Kind:
    logged: float
    left_out: int = 0
    text: str = ""  # of the last one that was left out


class Complaints:
    """Logs warnings, for each kind at most one in `REPEAT_SECONDS`, and counts the others.

    A kind is what a warning is about, whatever its text says of the case at hand. The first is
    logged at once. What was left out is told with the next, or by `catch_up`. Any thread may call.
    """

    def __init__(self, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, _Kind] = {}

    def warn(self, kind: str, text: str) -> None:
        """Log a warning, or count it where one of its kind was logged just now."""
        with self._lock:
            now = self._clock()
            known = self._kinds.get(kind)
            if known is not None and now - known.logged < REPEAT_SECONDS:
                known.left_out += 1
                known.text = text
                return
            self._kinds[kind] = _Kind(now)
        self._log.warning(text if known is None else text + _left_out(known, now))

    def catch_up(self, *, everything: bool = False) -> None:
        """Log what has been left out and may be logged by now, or `everything`.

        Call it now and then, and at the end: else the last ones are told with the next of their
        kind only.
        """
        with self._lock:
            now = self._clock()
            due = [
                known
                for known in self._kinds.values()
                if known.left_out and (everything or now - known.logged >= REPEAT_SECONDS)
            ]
            texts = [known.text + _left_out(known, now, 1) for known in due]
            for known in due:
                known.logged, known.left_out = now, 0
        for text in texts:
            self._log.warning(text)


def _left_out(known: _Kind, now: float, told: int = 0) -> str:
    """Return what to say of those left out, but for the `told` ones that are being logged."""
    count = known.left_out - told
    return f" (and {count} more like it in {now - known.logged:.0f} s)" if count > 0 else ""
