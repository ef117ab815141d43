# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the worker tells: its state, its numbers, and every tracked frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np

from rlt_ros.ros.worker.box_stream import Box
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.tracking import TrackResult


class State(IntEnum):
    """What the node is doing; the numbers of rlt_ros/msg/TrackerStatus."""

    IDLE = 0
    INITIALIZING = 1
    TRACKING = 2
    LOST = 3
    UNCERTAIN = 4


@dataclass(frozen=True)
class TargetStatus:
    """One target's last numbers; see the same names in `Status`."""

    target_id: str
    state: State
    score: float = 0.0
    updates_done: int = 0
    last_update_time: float = 0.0
    model_version: int = 0


@dataclass(frozen=True)
class Status:
    """A snapshot of the worker. Times in seconds.

    `latency`: from the arrival of the last tracked frame until its result was handed out.
    `tracking_time`: the trackers' part of it. `message`: what is wrong at present, or what is
    waited for, else empty. Of the frames, received = tracked + dropped + untargeted + waiting,
    always. The frame counts run from the start of the worker, the update counts from the target's
    init. `targets`: all of them, the oldest first; `state`, `target_id`, `score` and the updates
    are those of the oldest.

    Beside the fates of the frames: `frames_out_of_order` were tracked after one with a later stamp,
    `frames_stale` were older than `STALE_SECONDS` when they came, `time_jumps` counts how often the
    stamps went back by more than `JUMP_SECONDS`. `disabled`: see `TrackingWorker.enable`.
    """

    state: State = State.IDLE
    target_id: str = ""
    score: float = 0.0
    latency: float = 0.0
    tracking_time: float = 0.0
    frames_received: int = 0
    frames_tracked: int = 0
    frames_dropped: int = 0
    frames_untargeted: int = 0
    frames_waiting: int = 0
    updates_done: int = 0
    last_update_time: float = 0.0
    model_version: int = 0
    message: str = ""
    frames_out_of_order: int = 0
    frames_stale: int = 0
    time_jumps: int = 0
    disabled: bool = False
    targets: tuple[TargetStatus, ...] = ()


@dataclass(frozen=True)
class TrackedTarget:
    """One target in a frame. `attention_map()`: H x W uint8, costly; good until the next frame."""

    target_id: str
    result: TrackResult
    state: State
    attention_map: Callable[[], np.ndarray]


@dataclass(frozen=True)
class TrackedFrame:
    """One tracked frame. `image`: H x W x 3 uint8 RGB. `targets`: in it, the oldest first.

    `refused`: suggested boxes that hold none of the lost targets. `result`, `target_id` and
    `attention_map` are those of the first. `is_late()`: a newer frame
    waits now, and is dropped unless the worker gets to it in time.
    """

    frame: Frame
    image: np.ndarray
    targets: tuple[TrackedTarget, ...]
    is_late: Callable[[], bool]
    refused: Sequence[Box] = ()

    @property
    def result(self) -> TrackResult:
        """That of the first target."""
        return self.targets[0].result

    @property
    def target_id(self) -> str:
        """That of the first target."""
        return self.targets[0].target_id

    def attention_map(self) -> np.ndarray:
        """Return that of the first target."""
        return self.targets[0].attention_map()


class Listener(Protocol):
    """Receives what the worker has to tell."""

    def on_result(self, tracked: TrackedFrame, status: Status) -> None:
        """A frame was tracked, or a target chosen on it. Called in the worker's thread."""

    def on_status(self, status: Status, frame: Frame | None) -> None:
        """Something else changed; `frame` is the frame it is about, if any."""

    def on_fatal(self, error: Exception) -> None:
        """No tracker could be made; the worker has ended. Called in the worker's thread."""
