# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with boxes, worked out from them and the true ones.

A box can differ from the true one in place, size and aspect. For each of the three stands the IoU
that a box would have that differs in this alone; the lower, the more of the error it explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.losses import FOUND_IOU
from rlt_ros.tracking.boxes import MINIMUM_SIDE, Boxes, centres, from_centres, iou

# The kinds of reasons.
NO_BOX = "no box"
MOVED_OFF = "moved off"
TOO_LARGE, TOO_SMALL = "too large", "too small"
WRONG_ASPECT = "wrong aspect"


@dataclass(frozen=True)
class Deviation:
    """How boxes differ from the true ones; medians over some frames.

    A side is the geometric mean of width and height.

    Attributes:
        overlap: IoU.
        offset: distance of the centres in true sides.
        scale: side over true side.
        aspect, true_aspect: width over height.
        place_alone, size_alone, aspect_alone: IoU if only the centre, only the side, only the
            aspect were wrong.
    """

    overlap: float
    offset: float
    scale: float
    aspect: float
    true_aspect: float
    place_alone: float
    size_alone: float
    aspect_alone: float


@dataclass(frozen=True)
class Reason:
    """Why boxes are wrong.

    Attributes:
        kind: one of those above; of the causes in ``text`` the first.
        text: for people.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class _Cause:
    kind: str
    text: str
    alone: float


def measure_deviation(boxes: Boxes, truth: Boxes) -> Deviation | None:
    """Compare boxes with the true ones.

    Args:
        boxes: ``(K, 4)`` x, y, w, h in pixels, of K frames.
        truth: the same; finite.

    Returns:
        The deviation over the frames that have a finite box; None if most have none.
    """
    finite = np.isfinite(boxes).all(axis=1)
    if 2 * finite.sum() <= len(boxes):
        return None
    boxes, truth = _with_sides(boxes[finite]), _with_sides(truth[finite])
    side, true_side = (np.sqrt(one[:, 2:].prod(axis=1)) for one in (boxes, truth))
    aspect, true_aspect = (one[:, 2] / one[:, 3] for one in (boxes, truth))
    scale = side / true_side
    place, true_place = centres(boxes), centres(truth)
    moved = from_centres(place, truth[:, 2:])
    resized = from_centres(true_place, truth[:, 2:] * scale[:, None])
    reshaped = from_centres(true_place, boxes[:, 2:] / scale[:, None])
    return Deviation(
        overlap=_median(iou(boxes, truth)),
        offset=_median(np.linalg.norm(place - true_place, axis=1) / true_side),
        scale=_median(scale),
        aspect=_median(aspect),
        true_aspect=_median(true_aspect),
        place_alone=_median(iou(moved, truth)),
        size_alone=_median(iou(resized, truth)),
        aspect_alone=_median(iou(reshaped, truth)),
    )


def find_reason(deviation: Deviation | None) -> Reason:
    """Say what is wrong: every cause that alone spoils the IoU, the worst first.

    Where none does, it is the two worst ones together, and where the IoU is right just the worst.

    Args:
        deviation: what ``measure_deviation`` gave.
    """
    if deviation is None:
        return Reason(NO_BOX, "gave no box")
    causes = sorted(_causes(deviation), key=lambda one: one.alone)
    enough = [one for one in causes if one.alone < FOUND_IOU]
    if not enough:
        enough = causes[:2] if deviation.overlap < FOUND_IOU else causes[:1]
    return Reason(enough[0].kind, "; ".join(one.text for one in enough))


def _causes(deviation: Deviation) -> Sequence[_Cause]:
    off = "moved off the target" if deviation.place_alone < FOUND_IOU else "off centre"
    apart = f"{off}: centres {_short(deviation.offset)} sides apart"
    kind, size = (TOO_LARGE, "large") if deviation.scale > 1 else (TOO_SMALL, "small")
    times = f"box too {size}: {_short(deviation.scale)} times the true sides"
    shape = f"w/h {_short(deviation.aspect)}, true {_short(deviation.true_aspect)}"
    return (
        _Cause(MOVED_OFF, apart, deviation.place_alone),
        _Cause(kind, times, deviation.size_alone),
        _Cause(WRONG_ASPECT, f"wrong aspect: {shape}", deviation.aspect_alone),
    )


def _with_sides(boxes: Boxes) -> Boxes:
    """Return boxes that have a size and an aspect, whatever was given."""
    return np.concatenate([boxes[:, :2], np.maximum(boxes[:, 2:], MINIMUM_SIDE)], axis=1)


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values))


def _short(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"
