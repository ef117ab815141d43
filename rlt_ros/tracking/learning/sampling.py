# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random sample boxes around a target (paper, section 4; numbers of the MDNet family)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rlt_ros.tracking.boxes import Boxes, centres, from_centres, iou, is_centred_in, keep_in_area

# Boxes move by mean sides of the target, but across a very long one by no more than so many of its
# shorter sides: hardly any would overlap it.
FURTHEST_ACROSS = 4.0
# A sampler is asked again while boxes in the wanted IoU range are still missing; where a target
# fills the image there may be none, and training goes on with fewer.
MAXIMUM_ROUNDS = 10


def gaussian_boxes(
    rng: np.random.Generator,
    box: Boxes,
    count: int,
    area: Boxes,
    translation: float,
    scale: float,
    aspect: float = 1.0,
    middles: Boxes | None = None,
) -> Boxes:
    """Draw ``count`` boxes ``(count, 4)`` normally distributed around ``box``.

    Args:
        rng: source of randomness.
        box: ``(4,)`` x, y, w, h in pixels.
        count: number of boxes.
        area: ``(4,)`` part of the image in pixels; no box is larger.
        translation: two standard deviations of the centre, in units of mean(w, h); also its limit.
            See ``FURTHEST_ACROSS``.
        scale: base of the size factor scale^n, n normal with deviation 0.5 within -1..1.
        aspect: like scale, for width against height.
        middles: ``(4,)`` where centres stay; None is the area.
    """
    noise = np.clip(0.5 * rng.standard_normal((count, 4)), -1.0, 1.0)
    shifts = translation * _reach(box) * noise[:, :2]
    factors = scale ** noise[:, 2:3] * aspect ** (noise[:, 3:4] * np.array([1.0, -1.0]))
    boxes = from_centres(centres(box) + shifts, box[2:] * factors)
    return keep_in_area(boxes, area, middles)


def uniform_boxes(
    rng: np.random.Generator,
    box: Boxes,
    count: int,
    area: Boxes,
    translation: float,
    scale: float,
) -> Boxes:
    """Draw ``count`` boxes uniformly within ``translation`` mean sides of the box's centre."""
    noise = rng.uniform(-1.0, 1.0, (count, 3))
    shifts = translation * _reach(box) * noise[:, :2]
    boxes = from_centres(centres(box) + shifts, box[2:] * scale ** noise[:, 2:3])
    return keep_in_area(boxes, area)


def _reach(box: Boxes) -> Boxes:
    """Return what a translation of 1 stands for along x and y ``(2,)``, in pixels."""
    return np.minimum(box[2:].mean(), FURTHEST_ACROSS * box[2:])


def spread_boxes(
    rng: np.random.Generator, box: Boxes, count: int, area: Boxes, scale: float
) -> Boxes:
    """Draw ``count`` boxes of about the target's size uniformly over ``area``."""
    sides = np.minimum(box[2:] * scale ** rng.uniform(-1.0, 1.0, (count, 1)), area[2:])
    corners = area[:2] + rng.uniform(size=(count, 2)) * (area[2:] - sides)
    return np.concatenate([corners, sides], axis=1)


def boxes_within_iou(
    draw: Callable[[int], Boxes], box: Boxes, count: int, lowest: float, highest: float
) -> Boxes:
    """Draw until ``count`` boxes overlap ``box`` by an IoU in [lowest, highest].

    Returns at most ``count`` boxes ``(n, 4)``: fewer, or none, where such boxes are rare.
    """
    kept: list[Boxes] = []
    missing = count
    for _ in range(MAXIMUM_ROUNDS):
        boxes = draw(2 * count)
        overlaps = iou(boxes, box)
        kept.append(boxes[(overlaps >= lowest) & (overlaps <= highest)][:missing])
        missing -= len(kept[-1])
        if missing <= 0:
            break
    return np.concatenate(kept)


def target_boxes(
    rng: np.random.Generator, box: Boxes, count: int, area: Boxes, lowest: float
) -> Boxes:
    """Draw up to ``count`` boxes that overlap ``box`` by an IoU of ``lowest`` or more.

    Only the box itself where it is so thin that no other comes near; none outside of ``area``.
    """
    boxes = boxes_within_iou(
        lambda n: gaussian_boxes(rng, box, n, area, 0.2, 1.2), box, count, lowest, 1.0
    )
    if not len(boxes) and is_centred_in(box, area):
        return box[None]
    return boxes


def background_boxes(
    rng: np.random.Generator,
    box: Boxes,
    count: int,
    area: Boxes,
    translation: float,
    scale: float,
    highest: float,
) -> Boxes:
    """Draw up to ``count`` boxes around ``box`` that overlap it by an IoU of ``highest`` or less.

    See ``uniform_boxes``.
    """
    return boxes_within_iou(
        lambda n: uniform_boxes(rng, box, n, area, translation, scale), box, count, 0.0, highest
    )


def wrong_size_boxes(
    rng: np.random.Generator, box: Boxes, count: int, area: Boxes, highest: float
) -> Boxes:
    """Draw background boxes close to ``box`` but much larger or smaller, most of them."""
    return background_boxes(rng, box, count, area, 0.5, 2.0, highest)
