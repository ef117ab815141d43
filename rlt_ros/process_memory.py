# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much memory a process has, from Linux's /proc."""

from __future__ import annotations

import math
from pathlib import Path

RESIDENT, PEAK = "VmRSS", "VmHWM"


def memory_mib(name: str, process: int | None = None) -> float:
    """Return resident memory now (``RESIDENT``) or at most (``PEAK``) in MiB.

    Args:
        name: which of them.
        process: its number; None is this process.

    Returns:
        NaN where there is no /proc, or no such process any more.
    """
    status = Path("/proc", "self" if process is None else str(process), "status")
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return math.nan
    kibibytes = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return float(next(kibibytes, math.nan)) / 1024
