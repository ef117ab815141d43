# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Variations of the first frame, so that one view of the target teaches more than itself."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres

# Rotation in degrees, size factor, mirrored left to right.
_VIEWS = (
    (0.0, 1.0, True),
    (12.0, 1.0, False),
    (-12.0, 1.0, False),
)
# Standard deviation of the blur in mean target sides.
_BLURS = (0.04, 0.08)


def varied(image: NDArray[np.uint8], box: Boxes, fill: int) -> Iterator[NDArray[np.uint8]]:
    """Yield variations of ``image`` (H, W, 3) in which the target still fills ``box`` ``(4,)``.

    The target is mirrored, turned and resized about the centre of its box, and blurred; what
    comes from outside the image is ``fill``.
    """
    height, width = image.shape[:2]
    x, y = (float(v) for v in centres(box) - 0.5)
    for degrees, factor, mirrored in _VIEWS:
        matrix = cv2.getRotationMatrix2D((x, y), degrees, factor)
        if mirrored:
            matrix = matrix @ np.array([[-1.0, 0.0, 2 * x], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        yield cv2.warpAffine(
            image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(fill,) * 3
        )
    for share in _BLURS:
        yield cv2.GaussianBlur(image, (0, 0), max(share * float(box[2:].mean()), 0.5))
