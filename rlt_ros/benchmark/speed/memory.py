# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much memory this process has and had, from Linux's /proc."""

from __future__ import annotations

import math
from pathlib import Path

_STATUS = Path("/proc/self/status")


class MemoryGrowth:
    """Resident memory of this process against what it was when this was made.

    Everything is in MiB, NaN where there is no /proc. Let nothing large be freed before: what the
    allocator has left is used again, and does not show.
    """

    def __init__(self) -> None:
        self._resident, self._peak = _read("VmRSS"), _read("VmHWM")
        self._largest = 0.0

    def now(self) -> float:
        """Return how much more it is now."""
        grown = _read("VmRSS") - self._resident
        self._largest = max(self._largest, grown)
        return grown

    def peak(self) -> float:
        """Return how much more it was at most."""
        self.now()
        peak = _read("VmHWM")
        # A peak from before says nothing of what came after; then what ``now`` saw counts.
        return peak - self._resident if peak > self._peak else self._largest


def _read(name: str) -> float:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return math.nan
    kibibytes = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return float(next(kibibytes, math.nan)) / 1024
