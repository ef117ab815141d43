# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Answers to what the worker is asked: exactly one to each request, whatever becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

REPLACED_BY_NEWER = "a newer init box took its place"
CLOSED = "the worker is closed"


@dataclass(frozen=True)
class Answer:
    """`accepted`: it was done. `target_id`: to which target. `reason`: why not, else empty."""

    accepted: bool
    target_id: str = ""
    reason: str = ""


Answered = Callable[[Answer], None]


class Reply:
    """Answers one request once; what else is given later is left out. Any thread may call.

    `reason`: why it is refused, once that is known.
    """

    def __init__(self, answered: Answered | None = None) -> None:
        self._answered = answered
        self._lock = threading.Lock()
        self._given = False
        self.reason = ""

    def accept(self, target_id: str = "") -> None:
        """Say that it was done."""
        self._give(Answer(True, target_id))

    def refuse(self, reason: str) -> None:
        """Say that it was not done, and why: for `self.reason` if that is known."""
        self._give(Answer(False, reason=self.reason or reason))

    def _give(self, answer: Answer) -> None:
        with self._lock:
            given, self._given = self._given, True
        if self._answered is not None and not given:
            self._answered(answer)
