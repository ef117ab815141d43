# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Copies of the first frame that show the target on other background.

The paper has nothing like it. A box holds some background; in one frame nothing tells it from the
target, and a classifier that learned it follows it away.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres

# How far the background moves, in mean target sides (geometric): on to something else, yet near
# enough to show the surroundings that the target is in.
NEAREST, FURTHEST = 0.6, 2.0
# The target is taken to be an ellipse with these shares of the box's sides, to the middle of its
# soft edge and across it. A full 1.0 takes background along and loses most of the gain.
ELLIPSE, EDGE = 0.725, 0.15


def with_other_background(
    rng: np.random.Generator, image: NDArray[np.uint8], box: Boxes
) -> NDArray[np.uint8]:
    """Return a copy of an image in which all but the target has moved by a random vector.

    Args:
        rng: source of randomness.
        image: ``(H, W, 3)``; mirrored at its edges where background is missing.
        box: ``(4,)`` the target, x, y, w, h in pixels.
    """
    height, width = image.shape[:2]
    angle = rng.uniform(0.0, 2.0 * np.pi)
    distance = rng.uniform(NEAREST, FURTHEST) * np.sqrt(box[2:].prod())
    # Whole pixels: a resampled background would be smoother than the target.
    shift = np.round(distance * np.array([np.cos(angle), np.sin(angle)]))
    moved = cv2.warpAffine(
        image,
        np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]]),
        (width, height),
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    low = np.maximum(np.floor(box[:2]), 0).astype(int)
    high = np.minimum(np.ceil(box[:2] + box[2:]), (width, height)).astype(int)
    here = np.s_[low[1] : high[1], low[0] : high[0]]
    pixels = [np.arange(start, stop) + 0.5 for start, stop in zip(low, high, strict=True)]
    x, y = ((p - c) / (side / 2) for p, c, side in zip(pixels, centres(box), box[2:], strict=True))
    radius = np.hypot(x[None, :], y[:, None])
    target = np.clip((ELLIPSE - radius) / EDGE + 0.5, 0.0, 1.0)[:, :, None]
    moved[here] = np.round(image[here] * target + moved[here] * (1.0 - target))
    return moved
