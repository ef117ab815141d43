# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of cameras of more than 8 bits: bright enough to see, and without flicker."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt_ros.pixels.intensity import IntensityRange, has_drifted, measure_range, to_rgb8

PERIOD = 1.0
"""Seconds after which the range of intensities is looked at anew."""

_SHARE = 0.3  # of the way to what is seen now, that the range goes at a time


class Exposure:
    """Makes 8 bits of one image after the other, by a range that follows what is seen.

    A tracker keeps the range that its target was chosen with; who looks on wants to see.
    """

    def __init__(self) -> None:
        self._range: IntensityRange | None = None
        self._measured = 0.0

    def __call__(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Return (H, W) grey or (H, W, 3) RGB of any type as (H, W, 3) uint8.

        Raises:
            InvalidImageError: no pixel is a finite number.
        """
        if pixels.dtype != np.uint8:
            self._look(pixels, time.monotonic())
        return to_rgb8(pixels, self._range)[0]

    def _look(self, pixels: NDArray[Any], now: float) -> None:
        if self._range is None or has_drifted(pixels, self._range):
            self._range = measure_range(pixels)
        elif now - self._measured < PERIOD:
            return
        else:
            seen, kept = measure_range(pixels), self._range
            self._range = IntensityRange(
                kept.low + _SHARE * (seen.low - kept.low),
                kept.high + _SHARE * (seen.high - kept.high),
            )
        self._measured = now
