# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One computation at a time, where several threads share what it needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rlt_ros.tracking.compute.stopping import check_stop

_CHECK_SECONDS = 0.05


class Turns:
    """Lets one thread at a time do what takes long; the others wait for their turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None  # whose turn it is

    @property
    def taken(self) -> bool:
        """Whether another thread has its turn now."""
        return self._thread not in (None, threading.get_ident())

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for this thread's turn, and have it.

        Raises:
            TrackerStoppedError: a signal that this thread heeds was set meanwhile.
        """
        while not self._lock.acquire(timeout=_CHECK_SECONDS):
            check_stop()
        self._thread = threading.get_ident()
        try:
            yield
        finally:
            self._thread = None
            self._lock.release()
