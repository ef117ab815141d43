# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A box around what somebody has clicked on, grown from the image.

GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004) parts what is like the clicked place from what
is like the surroundings.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.messages.detections import Box
from rlt_ros.tracking.errors import InvalidBoxError

WINDOW = 0.5
"""Side of the part that is looked at, in shorter sides of the image."""

PIXELS = 96
"""That part is scaled to so many pixels a side: some 10 ms of work."""

SURE, LIKELY = 0.03, 0.2
"""Radii round the click, in sides of that part, that belong to the target surely and probably."""

SMALLEST, LARGEST = 0.12, 0.9
"""Sides of a box that are believed, in sides of that part."""

FALLBACK = 0.3
"""Side of the box otherwise."""


def box_around(x: float, y: float, side: float) -> Box:
    """Return a square box around a point."""
    return (x - side / 2, y - side / 2, side, side)


def grown_box(image: NDArray[np.uint8], x: float, y: float) -> Box:
    """Return a box around what lies at a point of an image; a plain square if nothing stands out.

    Args:
        image: (H, W, 3) uint8 RGB.
        x: of the point in pixels, from the left.
        y: from the top.

    Raises:
        InvalidBoxError: the point is not in the image.
    """
    height, width = image.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        raise InvalidBoxError(
            f"the clicked point ({x:g}, {y:g}) is outside the image of {width}x{height}: click in"
            " the image that is tracked in"
        )
    side = min(max(16, round(WINDOW * min(height, width))), height, width)
    left = min(max(0, round(x - side / 2)), width - side)
    top = min(max(0, round(y - side / 2)), height - side)
    part = cv2.resize(
        image[top : top + side, left : left + side],
        (PIXELS, PIXELS),
        interpolation=cv2.INTER_AREA,
    )
    # What touches the image's border may go on beyond it; what touches another border is ground.
    ground = (left > 0, top > 0, left + side < width, top + side < height)
    found = _grown(part, int((x - left) / side * PIXELS), int((y - top) / side * PIXELS), ground)
    if found is None:
        return box_around(x, y, FALLBACK * side)
    scale = side / PIXELS
    near_x, near_y, w, h = found
    return (left + scale * near_x, top + scale * near_y, scale * w, scale * h)


def _grown(
    part: NDArray[np.uint8], x: int, y: int, ground: tuple[bool, bool, bool, bool]
) -> tuple[int, int, int, int] | None:
    """Return x, y, w, h of what lies at a point of a square image; None if nothing does.

    ``ground``: of the borders left, top, right and bottom, whether they are none of it.
    """
    mask = np.full((PIXELS, PIXELS), cv2.GC_PR_BGD, np.uint8)
    left_is, top_is, right_is, bottom_is = ground
    mask[:, : int(left_is)] = mask[: int(top_is)] = cv2.GC_BGD
    mask[:, PIXELS - int(right_is) :] = mask[PIXELS - int(bottom_is) :] = cv2.GC_BGD
    cv2.circle(mask, (x, y), round(LIKELY * PIXELS), int(cv2.GC_PR_FGD), -1)
    cv2.circle(mask, (x, y), round(SURE * PIXELS), int(cv2.GC_FGD), -1)
    cv2.setRNGSeed(0)  # of this thread alone: the same click gives the same box
    try:
        cv2.grabCut(
            cv2.cvtColor(part, cv2.COLOR_RGB2Lab),
            mask,
            None,
            np.zeros((1, 65)),
            np.zeros((1, 65)),
            3,
            cv2.GC_INIT_WITH_MASK,
        )
    except cv2.error:  # everything has one colour, say
        return None
    inside = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    _, labels, numbers, _ = cv2.connectedComponentsWithStats(inside)
    left, top, w, h = (int(number) for number in numbers[labels[y, x]][:4])
    believed = min(w, h) >= SMALLEST * PIXELS and max(w, h) <= LARGEST * PIXELS
    return (left, top, w, h) if believed else None
