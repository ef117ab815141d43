# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tracker that does at will what real ones do seldom: block, raise, lose its target."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rlt_ros.tracking import (
    InvalidBoxError,
    InvalidTargetError,
    SavedTarget,
    Tracker,
    TrackResult,
    TrackState,
)
from rlt_ros.tracking.boxes import BoxLike


class ScriptedTracker(Tracker):
    """Answers with the box it was given; its hooks run inside `init` and `track`."""

    updates_done = 0
    last_update_seconds = 0.0
    last_update_error = ""
    model_version = 0

    def __init__(self) -> None:
        self.closed = False
        self.stopped = threading.Event()
        self.in_track: Callable[[np.ndarray], None] = lambda image: None
        self.in_init: Callable[[np.ndarray], None] = lambda image: None
        self.state = TrackState.TRACKING
        self.searched_anew = 0
        self.suggested: list[list[tuple[float, ...]]] = []  # of each frame
        self.believes = False  # in the first that is suggested

    def init(
        self, image: np.ndarray, box: Any, on_step: Callable[[int], None] | None = None
    ) -> TrackResult:
        if box[2] < 1:
            raise InvalidBoxError("the box is narrower than a pixel")
        self.in_init(image)
        self.box = np.array(box)
        self.model_version += 1
        return TrackResult(self.box, 1.0, TrackState.TRACKING)

    def track(self, image: np.ndarray, suggested: Sequence[BoxLike] = ()) -> TrackResult:
        self.in_track(image)
        self.suggested.append([tuple(np.asarray(box).tolist()) for box in suggested])
        if suggested and self.believes:
            self.box, self.state = np.array(suggested[0]), TrackState.TRACKING
        return TrackResult(self.box, 0.5, self.state)

    @property
    def image_size(self) -> tuple[int, int]:
        return 32, 32

    def saved_target(
        self, target_id: str = "", notes: Mapping[str, Any] | None = None
    ) -> SavedTarget:
        return SavedTarget({"box": self.box}, target_id, notes or {})

    def take_up(self, saved: SavedTarget) -> None:
        if "box" not in saved.state:
            raise InvalidTargetError(f"{saved.source} cannot be taken up: box is missing")
        self.box = saved.state["box"]

    def forget(self) -> None:
        del self.box

    def search_anew(self) -> None:
        self.searched_anew += 1

    def prepare_attention_map(self) -> None:
        pass

    def attention_map(self) -> np.ndarray:
        return np.zeros((1, 1), np.uint8)

    def stop(self) -> None:
        self.stopped.set()

    def close(self) -> None:
        self.closed = True
