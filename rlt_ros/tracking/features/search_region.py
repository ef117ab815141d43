# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pixels of a search region, of one size whatever the region's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.features.halving import halved, halvings_within


def region_patch(
    image: NDArray[np.uint8], region: Boxes, size: int, fill: int
) -> NDArray[np.uint8]:
    """Resize a square region to ``(size, size, 3)``; ``fill`` outside the image.

    Only the region is read, and what completes its last pixels, of any image ``(H, W, 3)``.
    """
    bounds = np.array([image.shape[1], image.shape[0]])
    halvings = halvings_within(region[2] / size)
    low = np.maximum(np.floor(region[:2]), 0).astype(int)
    high = np.minimum(np.ceil(region[:2] + region[2:]), bounds).astype(int)
    # Even sides, where the image has them: OpenCV halves those ten times faster.
    high = np.minimum(high + (low - high) % 2**halvings, bounds)
    low = np.maximum(low - (low - high) % 2**halvings, 0)
    extent = high - low
    # What is left is a factor below 2, which linear interpolation takes well enough.
    inside = halved(image[low[1] : high[1], low[0] : high[0]], halvings)
    # OpenCV counts from the centres of the pixels, this package from their edges: hence the halves.
    zoom = np.array([inside.shape[1], inside.shape[0]]) / extent
    factors = zoom * region[2] / size
    shifts = (region[:2] - low) * zoom + factors / 2 - 0.5
    return cv2.warpAffine(
        inside,
        np.array([[factors[0], 0.0, shifts[0]], [0.0, factors[1], shifts[1]]]),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(fill, fill, fill),
    )
