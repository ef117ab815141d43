# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames turned as their video says.

Whether OpenCV does that by itself, and which way, depends on its version: 4.6, that of Debian 12
and Ubuntu 24.04, turns the other way (opencv/opencv#22088), 4.11 not at all
(opencv/opencv#26876). So it is told to leave it, and done here.
"""

from __future__ import annotations

from typing import Any

import cv2
from numpy.typing import NDArray

_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_TELLS_THE_OTHER_WAY = cv2.__version__.startswith("4.6.")


class Turning:
    """Turns the frames of a capture by a multiple of 90 degrees, most often by none."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        """Have an open ``capture`` give its frames as they are stored."""
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        told = round(capture.get(cv2.CAP_PROP_ORIENTATION_META))
        self._rotation = _ROTATIONS.get((-told if _TELLS_THE_OTHER_WAY else told) % 360)

    def __call__(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return a frame as it is meant to be seen."""
        return image if self._rotation is None else cv2.rotate(image, self._rotation)
