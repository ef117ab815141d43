# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Formats of numbers: where half precision pays, and TF32 on a GPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# x86's vector and tile instructions, by PyTorch's names. Without them bfloat16 is slower.
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def bfloat16_chosen(precision: str, device: torch.device) -> bool:
    """Return whether to track in bfloat16.

    Args:
        precision: the setting, see ``TrackerConfig``.
        device: where the tracker computes.
    """
    if precision != "auto" or device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False  # an older PyTorch has no such function
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in _INSTRUCTIONS)


@contextmanager
def tf32_in_convolutions(device: torch.device, allowed: bool) -> Iterator[None]:
    """Say whether convolutions on a GPU may use TF32, which PyTorch allows them by itself.

    PyTorch has one setting for all threads: the caller's comes back when the last thread of this
    package has left.

    Args:
        device: where the tracker computes; nothing is done on a CPU.
        allowed: whether they may.
    """
    if device.type != "cuda":
        yield
        return
    _tf32.enter(allowed)
    try:
        yield
    finally:
        _tf32.leave()


class _Tf32:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._callers = True

    def enter(self, allowed: bool) -> None:
        # Of the two interfaces that newer releases have, which must not be mixed, the one for all.
        with self._lock:
            if not self._inside:
                self._callers = torch.backends.cudnn.allow_tf32
            self._inside += 1
            torch.backends.cudnn.allow_tf32 = allowed

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                torch.backends.cudnn.allow_tf32 = self._callers


_tf32 = _Tf32()
