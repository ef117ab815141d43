# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Axis-aligned boxes as float64 arrays ``(..., 4)`` of x, y, w, h in pixels.

x, y is the top-left corner, 0-based and continuous: the whole image is (0, 0, W, H), the first
pixel covers (0, 0, 1, 1).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.errors import InvalidBoxError

Boxes = NDArray[np.float64]
BoxLike = Sequence[float] | NDArray[np.floating]

MINIMUM_SIDE = 1.0


def validated_box(box: BoxLike, image_size: tuple[int, int]) -> Boxes:
    """Return ``box`` clipped to an image of (width, height) pixels.

    Raises:
        InvalidBoxError: not four finite numbers, a side under one pixel, or outside the image.
    """
    shown = textwrap.shorten(repr(box), 80)
    try:
        if np.iscomplexobj(box):
            raise TypeError("complex numbers")
        array = np.asarray(box, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:  # PyTorch's is the last
        raise InvalidBoxError(f"box {shown} is not four numbers x, y, w, h in pixels") from error
    if array.shape != (4,):
        raise InvalidBoxError(f"box {shown} is not four numbers x, y, w, h in pixels")
    given = ", ".join(f"{value:g}" for value in array)
    if not np.isfinite(array).all():
        raise InvalidBoxError(f"box ({given}) is not finite; give x, y, w, h in pixels")
    if (array[2:] < MINIMUM_SIDE).any():
        raise InvalidBoxError(f"box ({given}) is empty; give a width and height of 1 px or more")
    width, height = image_size
    clipped = clip_to_image(array, image_size)
    if (clipped[2:] < MINIMUM_SIDE).any():
        raise InvalidBoxError(
            f"box ({given}) does not overlap the {width} x {height} image by 1 px or more; "
            "give x, y, w, h in pixels with the origin at the top-left corner"
        )
    return clipped


def clip_to_image(boxes: Boxes, image_size: tuple[int, int]) -> Boxes:
    """Return the parts of the boxes inside an image of (width, height) pixels; may be empty."""
    size = np.asarray(image_size, dtype=np.float64)
    top_left = np.clip(boxes[..., :2], 0, size)
    with np.errstate(over="ignore"):  # infinity is clipped too
        bottom_right = np.clip(boxes[..., :2] + boxes[..., 2:], 0, size)
    return np.concatenate([top_left, bottom_right - top_left], axis=-1)


def seen_part(box: Boxes, image_size: tuple[int, int]) -> Boxes:
    """Return the part ``(4,)`` of a box inside an image: at least the nearest pixel of the image.

    Args:
        box: ``(4,)``.
        image_size: width and height in pixels.
    """
    size = np.asarray(image_size, dtype=np.float64)
    top_left = np.clip(box[:2], 0, size - MINIMUM_SIDE)
    bottom_right = np.clip(box[:2] + box[2:], top_left + MINIMUM_SIDE, size)
    return np.concatenate([top_left, bottom_right - top_left])


def is_centred_in(box: Boxes, area: Boxes) -> bool:
    """Return whether the centre of a box ``(4,)`` lies in ``area`` ``(4,)``."""
    inside = (centres(box) >= area[:2]) & (centres(box) <= area[:2] + area[2:])
    return bool(inside.all())


def keep_in_area(boxes: Boxes, area: Boxes, middles: Boxes | None = None) -> Boxes:
    """Return boxes no larger than ``area`` ``(4,)`` and centred in it, as MDNet's samplers do.

    Args:
        boxes: ``(..., 4)``.
        area: limits their sides.
        middles: ``(4,)`` where their centres stay instead; None is the area.
    """
    sides = np.clip(boxes[..., 2:], MINIMUM_SIDE, area[2:])
    inside = area if middles is None else middles
    return from_centres(np.clip(centres(boxes), inside[:2], inside[:2] + inside[2:]), sides)


def centres(boxes: Boxes) -> Boxes:
    """Return the centres ``(..., 2)`` of the boxes."""
    return boxes[..., :2] + boxes[..., 2:] / 2


def from_centres(centres_: Boxes, sides: Boxes) -> Boxes:
    """Return boxes from centres ``(..., 2)`` and widths and heights ``(..., 2)``."""
    return np.concatenate([centres_ - sides / 2, sides], axis=-1)


def iou(boxes: Boxes, other: Boxes) -> NDArray[np.float64]:
    """Return the intersection over union of boxes ``(..., 4)`` with ``other``, broadcast."""
    top_left = np.maximum(boxes[..., :2], other[..., :2])
    bottom_right = np.minimum(boxes[..., :2] + boxes[..., 2:], other[..., :2] + other[..., 2:])
    overlap = np.clip(bottom_right - top_left, 0, None).prod(axis=-1)
    union = boxes[..., 2:].prod(axis=-1) + other[..., 2:].prod(axis=-1) - overlap
    return overlap / np.maximum(union, np.finfo(np.float64).tiny)
