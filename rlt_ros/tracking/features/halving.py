# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images shrunk by halving, which OpenCV does fast, and by mean values, so without aliasing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def halvings_within(factor: float) -> int:
    """Return how often halving shrinks by ``factor`` or less."""
    return max(0, int(np.log2(factor)))


def halved(image: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Return an image ``(H, W, 3)`` halved so often; odd sides are rounded up."""
    for _ in range(times):
        height, width = image.shape[:2]
        size = ((width + 1) // 2, (height + 1) // 2)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image
