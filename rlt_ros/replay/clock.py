# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The time of a bag that is being replayed."""

from __future__ import annotations

import threading
import time


class ReplayClock:
    """A bag's time: stands still until ``start``, then goes on with the wall clock.

    Messages that are recorded during the replay get their time of receipt from the same clock.
    So "received minus stamped" is the latency, although the stamps are those of the bag.
    """

    def __init__(self, first_ns: int, rate: float = 1.0) -> None:
        """Stand at a time in nanoseconds; ``rate`` 2.0 will go twice as fast as the wall clock.

        Raises:
            ValueError: the rate is not a positive number.
        """
        if not 0 < rate < float("inf"):
            raise ValueError(f"replay rate must be a number above 0, not {rate}")
        self._first_ns = first_ns
        self._rate = rate
        self._started: int | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Let the time go on from where it stands."""
        with self._lock:
            self._started = time.monotonic_ns()

    def now_ns(self) -> int:
        """Return the bag's time in nanoseconds."""
        with self._lock:
            if self._started is None:
                return self._first_ns
            elapsed = time.monotonic_ns() - self._started
            return self._first_ns + round(elapsed * self._rate)

    def seconds_until(self, stamp_ns: int) -> float:
        """Return the seconds of wall time until a stamp; below 0 when it is over."""
        return (stamp_ns - self.now_ns()) / self._rate / 1e9
