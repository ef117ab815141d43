# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images to RGB: raw ones by cv_bridge where it serves, else by the table of encodings."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from rlt_ros.messages.images import Convert, compressed_pixels, raw_pixels, raw_to_rgb
from rlt_ros.pixels.intensity import DriftWatch, IntensityRange, to_rgb8
from rlt_ros.ros.inputs.cv_bridge_check import by_cv_bridge, check_cv_bridge


def to_rgb(
    message: Image, intensity: IntensityRange | None = None
) -> tuple[np.ndarray, IntensityRange | None]:
    """Return the image as H x W x 3 uint8 RGB, and the range of intensities that was used.

    Args and Raises: see ``rlt_ros.messages.images.raw_to_rgb``.
    """
    return raw_to_rgb(message, intensity, _cv_bridge_conversions())


class ImageConverter:
    """``to_rgb`` for a node: with the range that a user gave, and a word when it fits no longer."""

    def __init__(self, given: IntensityRange | None, say: Callable[[str], Any]) -> None:
        """Prepare.

        Args:
            given: the range of all images; None takes it from the data.
            say: logs a warning.
        """
        self._given = given
        self._watch = DriftWatch(say)

    def __call__(
        self, message: Image | CompressedImage, intensity: IntensityRange | None
    ) -> tuple[np.ndarray, IntensityRange | None]:
        """See ``to_rgb``."""
        if isinstance(message, CompressedImage):
            pixels = compressed_pixels(message)
        else:
            pixels = raw_pixels(message, _cv_bridge_conversions())
        image, used = to_rgb8(pixels, self._given or intensity)
        self._watch.look(pixels, used)
        return image, used


@lru_cache(maxsize=1)
def _cv_bridge_conversions() -> dict[str, Convert]:
    """Return the encodings that cv_bridge converts, after trying it in another process."""
    usable = check_cv_bridge().encodings
    if not usable:
        return {}
    from cv_bridge import CvBridge  # only now: where it does not fit, this would end the process

    return dict.fromkeys(usable, partial(by_cv_bridge, CvBridge()))
