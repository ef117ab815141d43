# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an image is to the tracker."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.errors import InvalidImageError

Image = NDArray[np.uint8]

# OpenCV moves pixels of images up to this side.
LARGEST_SIDE = 32766


def validated_image(image: Any) -> Image:
    """Return ``(H, W, 3)`` uint8 RGB for an image or a grey one.

    Raises:
        InvalidImageError: anything else.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        found = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise InvalidImageError(f"the image must be a uint8 array, not {found}")
    image = np.asarray(image)  # a masked array computes otherwise; all its pixels are there
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)) or not image.size:
        raise InvalidImageError(
            f"the image must have shape (H, W, 3) RGB or (H, W) grey, not {image.shape}"
        )
    height, width = image.shape[:2]
    if max(height, width) > LARGEST_SIDE:
        raise InvalidImageError(
            f"the image is {width} x {height} px; shrink it to {LARGEST_SIDE} px a side or less"
        )
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
