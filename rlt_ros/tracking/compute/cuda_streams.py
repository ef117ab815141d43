# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two queues of work on a GPU: frames go before fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

Result = TypeVar("Result")

HIGH, LOW = -1, 0  # CUDA's order


class CudaStreams:
    """A stream of high priority for tracking and one of low priority for fine-tuning beside it.

    In one stream, a frame would wait for all that an update has queued. On a CPU nothing is done.

    Args:
        device: where the tracker computes.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._tracking: torch.cuda.Stream | None = None
        self._fine_tuning: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._tracking = torch.cuda.Stream(device, priority=HIGH)
            self._fine_tuning = torch.cuda.Stream(device, priority=LOW)

    @contextmanager
    def for_tracking(self) -> Iterator[None]:
        """Let this thread queue its work for tracking, after what it has queued elsewhere."""
        if self._tracking is None:
            yield
            return
        self._tracking.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._tracking):
            yield

    def beside_tracking(self, job: Callable[[], Result]) -> Callable[[], Result]:
        """Return ``job`` for fine-tuning, after what is queued for tracking now.

        It returns when the device is done with it: nothing that it has used or made is in the
        works any more, and its results can be used, and freed, in any stream.
        """
        tracking, fine_tuning = self._tracking, self._fine_tuning
        if tracking is None or fine_tuning is None:
            return job
        given = tracking.record_event()

        def run() -> Result:
            fine_tuning.wait_event(given)
            try:
                with torch.cuda.stream(fine_tuning):
                    return job()
            finally:
                fine_tuning.synchronize()

        return run
