# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time of each stage on the device and on the host."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import torch

from rlt_ros.benchmark.studies.gpu.device_clock import Moment, finish
from rlt_ros.benchmark.studies.speed.stages import STAGES


class StageTime(NamedTuple):
    """Milliseconds of a stage, without those of the stages inside it.

    Attributes:
        device: between CUDA events, so with the time that the device waits for the host.
        host: until its functions return, whatever is queued then.
    """

    device: float
    host: float


@dataclass
class _Span:
    stage: str
    within: int  # index of the span around it, -1 for none
    start: Moment
    started: float
    end: Moment | None = None
    ended: float = 0.0


class StageTimes:
    """A ``StageObserver`` that times.

    Args:
        device: where the trackers compute.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._spans: list[_Span] = []
        self._open: list[int] = []

    def enter(self, stage: str) -> None:
        """See ``StageObserver.enter``."""
        within = self._open[-1] if self._open else -1
        self._open.append(len(self._spans))
        self._spans.append(_Span(stage, within, Moment(self._device), time.perf_counter()))

    def leave(self) -> None:
        """See ``StageObserver.leave``."""
        span = self._spans[self._open.pop()]
        span.end, span.ended = Moment(self._device), time.perf_counter()

    def take(self) -> dict[str, StageTime]:
        """Return each stage's time since the last call; waits for the device."""
        finish(self._device)
        device, host = dict.fromkeys(STAGES, 0.0), dict.fromkeys(STAGES, 0.0)
        for span in self._spans:
            assert span.end is not None
            on_device = span.start.milliseconds_to(span.end)
            on_host = 1e3 * (span.ended - span.started)
            device[span.stage] += on_device
            host[span.stage] += on_host
            if span.within >= 0:
                outer = self._spans[span.within].stage
                device[outer] -= on_device
                host[outer] -= on_host
        self._spans = []
        return {stage: StageTime(device[stage], host[stage]) for stage in STAGES}
