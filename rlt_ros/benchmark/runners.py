# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers that a benchmark can run, all through ``init`` and ``track`` on RGB images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, TrackResult, make_config
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.config import Value


class Runner(Protocol):
    """One tracker on one sequence after another."""

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Learn the target at ``box`` ``(4,)`` in an RGB image."""

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """Return the target's box ``(4,)`` in the next RGB image."""


class RltRunner:
    """Our tracker, in lockstep.

    Attributes:
        result: what it said last, with score and state.
    """

    result: TrackResult

    def __init__(self, preset: str, settings: dict[str, Value]) -> None:
        self._tracker = Tracker(make_config(preset, **{"update_mode": "lockstep", **settings}))

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``Runner.init``."""
        self.result = self._tracker.init(image, box)

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """See ``Runner.track``."""
        self.result = self._tracker.track(image)
        return self.result.box


class OpenCvRunner:
    """One of OpenCV's trackers; where it reports failure the last box counts."""

    def __init__(self, create: Callable[[], cv2.Tracker]) -> None:
        self._create = create

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``Runner.init``."""
        self._tracker = self._create()
        x, y, width, height = (round(value) for value in box.tolist())
        self._tracker.init(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), (x, y, width, height))
        self._box = box

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """See ``Runner.track``."""
        found, box = self._tracker.update(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if found:
            self._box = np.array(box, dtype=np.float64)
        return self._box


OPENCV_TRACKERS = {"csrt": "TrackerCSRT", "kcf": "TrackerKCF", "mil": "TrackerMIL"}


def make_runner(name: str, settings: dict[str, Value]) -> Runner:
    """Make a tracker by its name: rlt, rlt:PRESET, csrt, kcf or mil.

    Args:
        name: the tracker.
        settings: changed settings, for rlt only.

    Raises:
        ValueError: no such tracker, or not in the installed OpenCV.
    """
    family, _, preset = name.partition(":")
    if family == "rlt":
        return RltRunner(preset or "default", settings)
    if name not in OPENCV_TRACKERS:
        known = ", ".join(["rlt", "rlt:PRESET", *OPENCV_TRACKERS])
        raise ValueError(f"there is no tracker {name!r}; give one of {known}")
    create = getattr(cv2, f"{OPENCV_TRACKERS[name]}_create", None)
    if create is None:
        raise ValueError(
            f"the installed OpenCV has no {OPENCV_TRACKERS[name]}; "
            "install opencv-contrib-python in place of opencv-python"
        )
    return OpenCvRunner(create)
