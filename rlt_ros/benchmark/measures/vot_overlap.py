# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Overlap of boxes and polygons as VOT's toolkit counts it: in whole pixels inside the image.

VOT's files count from 1 and its toolkit takes their numbers as they are, for pixels counted from
0. Regions here are 0-based, so 1 is added first: at the image's border and for halves that are
rounded to even numbers it makes a difference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.vot_regions import Region

Shape = NDArray[np.float64]  # a box (4,) or a polygon (K, 2)
Limits = tuple[int, int, int, int]  # first column, first row, last column, last row


def region_overlaps(
    regions: list[Region], truth: list[Shape], image_size: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the overlap ``(N,)`` of each frame's region with the truth.

    It is 0 where a tracker's region is one of VOT's single numbers, and NaN where the truth is NaN.
    """
    if len(regions) != len(truth):
        raise ValueError(f"{len(regions)} regions for {len(truth)} frames; give one per frame")
    return np.array(
        [region_overlap(*pair, image_size) for pair in zip(regions, truth, strict=True)],
        dtype=np.float64,
    )


def region_overlap(region: Region, truth: Shape, image_size: tuple[int, int]) -> float:
    """Return the intersection over union, in pixels, of two regions in an image.

    Args:
        region: a box ``(4,)`` x, y, w, h or a polygon ``(K, 2)`` in pixels, 0-based, or one of
            VOT's single numbers.
        truth: a box or a polygon.
        image_size: width and height in pixels.
    """
    if not np.isfinite(truth).all():
        return float("nan")
    if isinstance(region, int) or not np.isfinite(region).all():
        return 0.0
    first, second = _whole_pixels(region), _whole_pixels(truth)
    limits = _around(_limits(first), _limits(second))
    if limits[0] >= limits[2] or limits[1] >= limits[3]:
        return 1.0  # both empty, or in one row or column: the same, says VOT
    width, height = image_size
    left, top = max(limits[0], 0), max(limits[1], 0)
    right, bottom = min(limits[2], width - 1), min(limits[3], height - 1)
    if left >= right or top >= bottom:
        return 0.0
    masks = [_mask(shape, (left, top, right, bottom)) for shape in (first, second)]
    union = np.count_nonzero(masks[0] | masks[1])
    return np.count_nonzero(masks[0] & masks[1]) / union if union else 0.0


def _whole_pixels(shape: Shape) -> Shape:
    """Round, in single precision as the toolkit keeps regions; halves go to even numbers."""
    from_1 = shape + (1.0 if shape.ndim == 2 else np.array([1.0, 1.0, 0.0, 0.0]))
    return np.round(from_1.astype(np.float32)).astype(np.float64)


def _limits(shape: Shape) -> Limits:
    if shape.ndim == 2:
        (left, top), (right, bottom) = shape.min(axis=0), shape.max(axis=0)
    else:
        left, top = shape[:2]
        right, bottom = shape[:2] + shape[2:] - 1
    return int(left), int(top), int(right), int(bottom)


def _around(one: Limits, other: Limits) -> Limits:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _mask(shape: Shape, limits: Limits) -> NDArray[np.bool_]:
    """Return the pixels of a shape within the limits: an image that starts at their corner."""
    mask = np.zeros((limits[3] - limits[1] + 1, limits[2] - limits[0] + 1), dtype=np.bool_)
    if shape.ndim == 1:
        left, top, right, bottom = _limits(shape)
        columns = slice(max(left - limits[0], 0), max(right + 1 - limits[0], 0))
        mask[max(top - limits[1], 0) : max(bottom + 1 - limits[1], 0), columns] = True
        return mask
    corners = shape - limits[:2]
    first_row = max(int(corners[:, 1].min()), 0)
    last_row = min(int(corners[:, 1].max()), len(mask) - 1)
    for row in range(first_row, last_row + 1):
        for first, last in _spans(corners, row):
            if last >= 0:
                mask[row, max(first, 0) : last + 1] = True
    return mask


def _spans(corners: Shape, row: int) -> list[tuple[int, int]]:
    """Return the first and last columns of a polygon's parts in a row, edges included.

    Sides are cut with the row at whole columns, towards 0. The cuts from left to right are taken in
    pairs; of equal neighbours, which a corner makes, the first is left out unless it is the last
    but one.
    """
    previous = np.roll(corners, 1, axis=0)
    low = np.minimum(corners[:, 1], previous[:, 1])
    high = np.maximum(corners[:, 1], previous[:, 1])
    touched = (low <= row) & (row <= high)
    (x, y), (dx, dy) = corners[touched].T, (previous - corners)[touched].T
    cuts = np.where(dy != 0, x + (row - y) / np.where(dy != 0, dy, 1.0) * dx, x)
    columns = sorted(np.trunc(cuts).astype(int).tolist())
    spans = []
    index = 0
    while index < len(columns) - 1:
        if columns[index] == columns[index + 1] and index < len(columns) - 2:
            index += 1
            continue
        spans.append((columns[index], columns[index + 1]))
        index += 2
    return spans
