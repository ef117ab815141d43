# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When the frames of a video are shown; at a variable frame rate, counting them does not tell."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import cv2
import numpy as np

_LOG = logging.getLogger(__name__)

DEFAULT_FPS = 30.0
_LONGEST = 24 * 3600.0  # seconds from one frame to the next; more is no time but a mistake
_USUAL_FPS = 240.0  # above, the header may tell the time base instead
_MEASURED = 31  # frames


class FrameTimes:
    """Turns the times that a video tells for its frames into seconds since the first one.

    A time that does not follow from the one before (none told, going back) is replaced by that
    of a video of constant frame rate, which is said once.
    """

    def __init__(self, name: str, fps: float) -> None:
        """Start before the first frame; ``fps`` counts where the video tells no times."""
        self._name = name
        self._period = 1 / fps
        self._base = 0.0  # seconds to add to the video's own times
        self._told = math.nan
        self._frame = 0
        self._seconds = 0.0
        self._warned = False

    def next(self, milliseconds: float) -> float:
        """Return the seconds of the next frame, of which the video tells a time."""
        before, self._told = self._told, milliseconds / 1000
        self._frame += 1
        if self._frame == 1:
            self._base = -self._told
            return 0.0
        if 0 < self._told - before <= _LONGEST:
            self._seconds = self._base + self._told
            return self._seconds
        if not self._warned:
            self._warned = True
            _LOG.warning(
                "%s: the time of frame %d does not follow from the one before; such frames are "
                "taken to come %.4g s after it",
                self._name,
                self._frame,
                self._period,
            )
        self._seconds += self._period
        self._base = self._seconds - self._told
        return self._seconds


def video_times(path: Path) -> list[float]:
    """Return when each frame of a video is shown, in seconds since the first one."""
    capture = cv2.VideoCapture(str(path))
    times = FrameTimes(path.name, frame_rate(path, capture.get(cv2.CAP_PROP_FPS)))
    found = []
    while capture.grab():
        found.append(times.next(capture.get(cv2.CAP_PROP_POS_MSEC)))
    capture.release()
    return found


def frame_rate(path: Path, told: float) -> float:
    """Return a video's frames per second: what its header tells, or what its frames do."""
    if math.isfinite(told) and 0 < told <= _USUAL_FPS:
        return told
    capture = cv2.VideoCapture(str(path))
    times: list[float] = []
    while len(times) < _MEASURED and capture.grab():
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    capture.release()
    period = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return 1 / period if 0.001 <= period <= _LONGEST else DEFAULT_FPS
