# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker as a library, without ROS: ``init(image, box)``, then ``track(image)``.

Example::

    with Tracker(make_config(device="cpu")) as tracker:
        tracker.init(first_image, (x, y, width, height))
        for image in images:
            print(tracker.track(image).box)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rlt_ros.tracking.config import PRESETS, TrackerConfig, make_config
from rlt_ros.tracking.errors import (
    ConfigError,
    InvalidBoxError,
    InvalidImageError,
    InvalidTargetError,
    TrackerStoppedError,
    WeightsError,
)
from rlt_ros.tracking.result import TrackResult, TrackState

if TYPE_CHECKING:
    from rlt_ros.tracking.target_file import SavedTarget
    from rlt_ros.tracking.tracker import Tracker

__all__ = [
    "PRESETS",
    "ConfigError",
    "InvalidBoxError",
    "InvalidImageError",
    "InvalidTargetError",
    "SavedTarget",
    "TrackResult",
    "TrackState",
    "Tracker",
    "TrackerConfig",
    "TrackerStoppedError",
    "WeightsError",
    "make_config",
]


def __getattr__(name: str) -> Any:
    """Import the tracker when it is asked for: PyTorch takes a second and 180 MB."""
    if name == "Tracker":
        from rlt_ros.tracking.tracker import Tracker

        return Tracker
    if name == "SavedTarget":
        from rlt_ros.tracking.target_file import SavedTarget

        return SavedTarget
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
