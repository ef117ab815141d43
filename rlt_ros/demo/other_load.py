# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How busy other programs keep the machine, which may be why frames are dropped."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

_STAT = Path("/proc/stat")


@dataclass(frozen=True)
class CpuTimes:
    """Times in seconds.

    Attributes:
        now: of the clock.
        busy: that all cores together have worked, NaN where that cannot be told; what a host
            takes from a virtual machine counts, too.
        own: that this process and those of its children that have ended have worked.
    """

    now: float
    busy: float
    own: float


def cpu_times() -> CpuTimes:
    """Return the times of this moment."""
    own = os.times()
    return CpuTimes(time.monotonic(), _busy_seconds(_STAT), sum(own[:4]))


def others_cores(before: CpuTimes, after: CpuTimes) -> float:
    """Return how many cores other programs kept busy between two moments, on average."""
    seconds = after.now - before.now
    busy = after.busy - before.busy - (after.own - before.own)
    return max(0.0, busy / seconds) if seconds > 0 and math.isfinite(busy) else math.nan


def _busy_seconds(stat: Path) -> float:
    try:
        # cpu user nice system idle iowait irq softirq steal ..., in clock ticks
        numbers = [int(word) for word in stat.read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return math.nan
    waiting = sum(numbers[3:5])
    return (sum(numbers) - waiting) / os.sysconf("SC_CLK_TCK")
