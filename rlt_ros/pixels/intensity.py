# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of more than 8 bits as 8-bit ones, by a range of intensities that is kept for a target.

A 12-bit camera uses a sixteenth of 16 bits, a thermal one a few hundred of 65536 values: what
becomes black and what becomes white has to come from the data. It must also stay the same while a
target is followed, or the target would change its looks whenever something bright enters.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.errors import InvalidImageError

_LOG = logging.getLogger(__name__)

AUTO = "auto"

# Percent of the pixels at each end that may lie outside: few, since a small target may well be
# the brightest or darkest thing that is seen.
_TAIL = 0.05
# Least width of a range relative to its ends, for floating point, where no count is the smallest.
_LEAST_RELATIVE_WIDTH = 1e-3
_LEAST_COUNTS = 255
_LARGEST = 1e37


class IntensityRange(NamedTuple):
    """What becomes black and white: ``low`` and below 0, ``high`` and above 255."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.12g},{self.high:.12g}"


def parse_intensity_range(text: str) -> IntensityRange | None:
    """Return the range that "LOW,HIGH" says; None for "auto".

    Raises:
        ValueError: neither; says what to give.
    """
    if text.strip() == AUTO:
        return None
    try:
        low, high = (float(number) for number in text.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(
            f"{text!r} is no intensity range; give auto, or LOW,HIGH with LOW below HIGH, for "
            "example 7000,8000"
        )
    return IntensityRange(low, high)


def measure_range(pixels: NDArray[Any]) -> IntensityRange:
    """Return the range of what is seen in an image of more than 8 bits.

    Pixels that are not finite, and single ones far from all their neighbours (dead and hot ones),
    have no say. A range is never so narrow that one count makes more than one grey level: that
    would gain nothing but a louder noise.

    Args:
        pixels: (H, W) or (H, W, 3) of any type.

    Raises:
        InvalidImageError: no pixel is finite.
    """
    finite = np.isfinite(pixels)
    finite = finite.all(axis=2) if pixels.ndim == 3 else finite
    if not finite.any():
        raise InvalidImageError("no pixel of the image is a finite number")
    # In single precision, which the median filter takes and 16 bits fit into. What is beyond it
    # is cut, so that differences stay finite.
    with np.errstate(invalid="ignore"):  # NaN, replaced below
        values = np.clip(pixels, -_LARGEST, _LARGEST).astype(np.float32)
    if not finite.all():
        values = values[_nearest(finite)]
    smooth = cv2.medianBlur(values, 3)
    low, high = np.percentile(smooth[finite], (_TAIL, 100 - _TAIL))
    believed = values[finite][np.abs(values - smooth)[finite] <= high - low]
    if believed.size:
        low, high = np.percentile(believed, (_TAIL, 100 - _TAIL))
    counted = np.issubdtype(pixels.dtype, np.integer)
    least = _LEAST_COUNTS if counted else _LEAST_RELATIVE_WIDTH * float(max(abs(low), abs(high)))
    missing = max(0.0, (least or 1.0) - float(high - low))
    return IntensityRange(float(low) - missing / 2, float(high) + missing / 2)


def to_8_bit(pixels: NDArray[Any], intensity: IntensityRange) -> NDArray[np.uint8]:
    """Return an image with ``intensity`` stretched to 0..255; NaN becomes 0."""
    if pixels.dtype.itemsize == 2 and np.issubdtype(pixels.dtype, np.integer):
        table = _grey_levels(pixels.dtype.str, intensity)
        return table[pixels.view(np.uint16)]
    return _stretched(pixels, intensity)


def to_rgb8(
    pixels: NDArray[Any], intensity: IntensityRange | None = None
) -> tuple[NDArray[np.uint8], IntensityRange | None]:
    """Return an image as 8-bit RGB, and the range of intensities that was used.

    8-bit images stay as they are, whatever ``intensity`` says, and have no range.

    Args:
        pixels: (H, W) grey or (H, W, 3) RGB of any type.
        intensity: what becomes black and white; None takes it from the image.

    Returns:
        (H, W, 3) uint8 and the range; for 8-bit images None.

    Raises:
        InvalidImageError: the range is to be taken from an image in which no pixel is finite.
    """
    if pixels.dtype == np.uint8:
        return _three_channels(pixels), None
    used = intensity or measure_range(pixels)
    return _three_channels(to_8_bit(pixels, used)), used


def has_drifted(pixels: NDArray[Any], intensity: IntensityRange) -> bool:
    """Whether more than half of the finite pixels lie outside a range."""
    pixels = pixels[::4, ::4]  # enough to tell
    finite = np.isfinite(pixels)
    outside = finite & ((pixels < intensity.low) | (pixels > intensity.high))
    return 2 * int(np.count_nonzero(outside)) > int(np.count_nonzero(finite))


class DriftWatch:
    """Says once for each range that the scene has left it."""

    def __init__(self, say: Callable[[str], Any]) -> None:
        self._say = say
        self._said: IntensityRange | None = None

    def look(self, pixels: NDArray[Any], intensity: IntensityRange | None) -> None:
        """Look at an image, and at the range by which it became an 8-bit one."""
        if intensity is None or intensity == self._said or not has_drifted(pixels, intensity):
            return
        self._said = intensity
        self._say(
            f"more than half of the image lies outside the intensity range {intensity}, which is "
            "kept while a target is followed: exposure or calibration may have changed; choose "
            "the target anew, or give a range that always fits (intensity_range)"
        )


class IntensityScaling:
    """Turns one frame after another into 8-bit RGB: all by the given range, or the first frame's.

    The first frame is the one on which a target is chosen, so the range is that of the target.

    Attributes:
        intensity: the range; None until there is one.
    """

    def __init__(self, intensity: IntensityRange | None = None) -> None:
        """Begin; None takes the range from the first frame of more than 8 bits."""
        self.intensity = intensity
        self._watch = DriftWatch(_LOG.warning)

    def __call__(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Return (H, W) grey or (H, W, 3) RGB of any type as (H, W, 3) uint8.

        Raises:
            InvalidImageError: see ``to_rgb8``.
        """
        image, used = to_rgb8(pixels, self.intensity)
        self.intensity = self.intensity or used
        self._watch.look(pixels, used)
        return image


def _nearest(finite: NDArray[np.bool_]) -> tuple[NDArray[np.intp], ...]:
    """Return for each pixel the row and the column of the nearest finite one."""
    holes = (~finite).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(
        holes, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(finite)
    places = np.zeros(int(labels.max()) + 1, np.intp)
    places[labels[finite]] = np.arange(len(rows))
    return rows[places[labels]], columns[places[labels]]


def _three_channels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)) if image.ndim == 2 else image


@lru_cache(maxsize=8)
def _grey_levels(dtype: str, intensity: IntensityRange) -> NDArray[np.uint8]:
    """Return the grey level of each of the 65536 bit patterns of a 16-bit integer type."""
    return _stretched(np.arange(65536, dtype=np.uint16).view(dtype), intensity)


def _stretched(pixels: NDArray[Any], intensity: IntensityRange) -> NDArray[np.uint8]:
    low, high = intensity
    levels: NDArray[Any] = pixels.astype(np.float32 if pixels.dtype == np.float32 else np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        levels -= low
        levels *= 255 / (high - low)
    np.nan_to_num(levels, copy=False)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
