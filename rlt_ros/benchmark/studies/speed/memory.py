# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much memory this process has, and had at most."""

from __future__ import annotations

from rlt_ros.process_memory import PEAK, RESIDENT, memory_mib


class MemoryGrowth:
    """Resident memory of this process against what it was when this was made.

    Everything is in MiB, NaN where there is no /proc. Let nothing large be freed before: what the
    allocator has left is used again, and does not show.
    """

    def __init__(self) -> None:
        self._resident, self._peak = memory_mib(RESIDENT), memory_mib(PEAK)
        self._largest = 0.0

    def now(self) -> float:
        """Return how much more it is now."""
        grown = memory_mib(RESIDENT) - self._resident
        self._largest = max(self._largest, grown)
        return grown

    def peak(self) -> float:
        """Return how much more it was at most."""
        self.now()
        peak = memory_mib(PEAK)
        # A peak from before says nothing of what came after; then what ``now`` saw counts.
        return peak - self._resident if peak > self._peak else self._largest
