# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Moments on a device: CUDA events, or on a CPU the clock on the wall."""

from __future__ import annotations

import time

import torch


class Moment:
    """When the device gets to what is queued next, in the stream that is current.

    Args:
        device: which one.
    """

    def __init__(self, device: torch.device) -> None:
        self._event: torch.cuda.Event | None = None
        self._time = 0.0
        if device.type == "cuda":
            self._event = torch.cuda.Event(enable_timing=True)
            self._event.record(torch.cuda.current_stream(device))
        else:
            self._time = time.perf_counter()

    def milliseconds_to(self, other: Moment) -> float:
        """Return the time to a later moment; ``finish`` comes first."""
        if self._event is not None and other._event is not None:
            return float(self._event.elapsed_time(other._event))
        return 1e3 * (other._time - self._time)


def finish(device: torch.device) -> None:
    """Wait until the device has done all that is queued."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
