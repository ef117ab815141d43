# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames turned as their video says: OpenCV does that, but one version turns them the other way."""

from __future__ import annotations

from typing import Any

import cv2
from numpy.typing import NDArray

# OpenCV 4.6, that of Debian 12 and Ubuntu 24.04 (opencv/opencv#22088): of a video held upright by
# a quarter turn, the frames come upside down.
TURNS_THE_OTHER_WAY = cv2.__version__.startswith("4.6.")


def as_shown(capture: cv2.VideoCapture, image: NDArray[Any]) -> NDArray[Any]:
    """Return a frame that ``capture`` has just read, turned as it is meant to be seen."""
    if TURNS_THE_OTHER_WAY and capture.get(cv2.CAP_PROP_ORIENTATION_META) in (90, 270):
        return cv2.rotate(image, cv2.ROTATE_180)
    return image
