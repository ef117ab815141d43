# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that is given back once a tracker has gone."""

from __future__ import annotations

import ctypes
import gc

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
