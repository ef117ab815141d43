# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that is in use, and that is given back once a tracker has gone."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
from pathlib import Path

import torch


def release_memory() -> None:
    """Give back what nobody uses any more: to the GPU's other users, and to the system.

    A long-lived process needs it after a tracker has gone; one that ends does not.
    """
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the GNU C library's
    if trim is not None:
        trim(0)


def memory_in_use() -> tuple[int, int | None]:
    """Return bytes of this process in memory, and of PyTorch's on the GPU; None without one."""
    host = 0
    with contextlib.suppress(OSError):  # there is no /proc but on Linux
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        host = pages * os.sysconf("SC_PAGE_SIZE")
    return host, torch.cuda.memory_reserved() if torch.cuda.is_initialized() else None
