# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ending a long computation early, from another thread or a signal handler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rlt_ros.tracking.errors import TrackerStoppedError


class StopSignal:
    """Asks the computations that heed it to end; once set, it stays so."""

    def __init__(self) -> None:
        # A plain flag: a signal handler that takes a lock may wait for the thread it interrupts.
        self._is_set = False

    def set(self) -> None:
        """Ask; returns at once, from any thread."""
        self._is_set = True

    def check(self) -> None:
        """Raise TrackerStoppedError if the signal is set."""
        if self._is_set:
            raise TrackerStoppedError("the tracker was told to stop; make a new one to track on")

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Have ``check_stop`` heed this signal too, in this thread."""
        token = _heeded.set((*_heeded.get(), self))
        try:
            yield
        finally:
            _heeded.reset(token)


_heeded: ContextVar[tuple[StopSignal, ...]] = ContextVar("heeded", default=())


def check_stop() -> None:
    """Raise TrackerStoppedError if a signal that this thread heeds is set.

    Whatever takes long calls it before each of its steps, at least once in a second.
    """
    for signal in _heeded.get():
        signal.check()
