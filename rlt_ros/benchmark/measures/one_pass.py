# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One-pass measures: OTB's (Wu et al., "Object Tracking Benchmark", TPAMI 2015) and TrackingNet's.

Boxes and truth are ``(N, 4)`` x, y, w, h in pixels, one per frame, the first frame counted. Frames
whose truth is NaN are left out. A box that is not finite counts as a miss.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres, iou

SUCCESS_THRESHOLDS = np.linspace(0, 1, 21)
PRECISION_PIXELS = 20.0
PRECISION_THRESHOLDS = np.arange(51.0)
NORMALISED_THRESHOLDS = np.linspace(0, 0.5, 51)

Curve = NDArray[np.float64]


def one_pass_measures(boxes: Boxes, truth: Boxes) -> dict[str, float]:
    """Compare a tracker's boxes with the truth.

    Returns:
        auc: mean share of frames with an IoU above each of 21 thresholds in 0..1.
        precision20: share of frames whose centre is at most 20 px off.
        norm_precision: area under the normalised precision curve, 0..1 (see there).
        os50: share of frames with an IoU above 0.5.
        cle: mean distance of the centres in pixels, over the frames that have a box.

    Raises:
        ValueError: not one box per frame, or no frame is annotated.
    """
    boxes, truth = annotated(boxes, truth)
    distances = _distances(boxes, truth)
    finite = distances[np.isfinite(distances)]
    return {
        "auc": float(success_curve(boxes, truth).mean()),
        "precision20": float((distances <= PRECISION_PIXELS).mean()),
        "norm_precision": float(normalised_precision_curve(boxes, truth).mean()),
        "os50": float((_overlaps(boxes, truth) > 0.5).mean()),
        "cle": float(finite.mean()) if finite.size else float("nan"),
    }


def one_pass_curves(boxes: Boxes, truth: Boxes) -> dict[str, Curve]:
    """Return success ``(21,)``, precision ``(51,)`` and norm_precision ``(51,)``; see below."""
    return {
        "success": success_curve(boxes, truth),
        "precision": precision_curve(boxes, truth),
        "norm_precision": normalised_precision_curve(boxes, truth),
    }


def success_curve(boxes: Boxes, truth: Boxes) -> Curve:
    """Return the share of frames with an IoU above each of ``SUCCESS_THRESHOLDS`` ``(21,)``."""
    overlaps = _overlaps(*annotated(boxes, truth))
    return (overlaps[:, None] > SUCCESS_THRESHOLDS).mean(axis=0)


def precision_curve(boxes: Boxes, truth: Boxes) -> Curve:
    """Return the share of frames whose centre is at most 0, 1 ... 50 px off, ``(51,)``."""
    distances = _distances(*annotated(boxes, truth))
    return (distances[:, None] <= PRECISION_THRESHOLDS).mean(axis=0)


def normalised_precision_curve(boxes: Boxes, truth: Boxes) -> Curve:
    """Return the share of frames whose normalised centre error is at most each threshold ``(51,)``.

    The error in x is divided by the true box's width and that in y by its height; thresholds are
    ``NORMALISED_THRESHOLDS``, 0..0.5, and the curve's mean is the score. Source: Müller et al.,
    "TrackingNet", ECCV 2018.
    """
    boxes, truth = annotated(boxes, truth)
    sides = np.maximum(truth[:, 2:], np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):  # any error over no side at all is infinite
        errors = np.linalg.norm((centres(boxes) - centres(truth)) / sides, axis=1)
    return (errors[:, None] <= NORMALISED_THRESHOLDS).mean(axis=0)


def annotated(boxes: Boxes, truth: Boxes) -> tuple[Boxes, Boxes]:
    """Return the boxes and the truth of the frames whose truth is known.

    Raises:
        ValueError: not one box per frame, or no frame is annotated.
    """
    if boxes.shape != truth.shape:
        raise ValueError(f"{len(boxes)} boxes for {len(truth)} frames; give one box per frame")
    known = np.isfinite(truth).all(axis=1)
    if not known.any():
        raise ValueError("no frame is annotated, so there is nothing to compare with")
    return boxes[known], truth[known]


def mean_measures(measures: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each measure, in the order of the first.

    What has no number for a measure, such as ``cle`` of a run without a box, is left out of its
    mean. The mean is NaN, null in files, where nothing has one.
    """
    every = list(measures)
    return {name: _mean_of_numbers(one.get(name, math.nan) for one in every) for name in every[0]}


def _mean_of_numbers(values: Iterable[float]) -> float:
    numbers = [value for value in values if math.isfinite(value)]
    return fmean(numbers) if numbers else math.nan


def _overlaps(boxes: Boxes, truth: Boxes) -> NDArray[np.float64]:
    # Rounding can make the IoU of equal boxes a little more than 1, above the last threshold.
    return np.minimum(np.nan_to_num(iou(boxes, truth), nan=0.0), 1.0)


def _distances(boxes: Boxes, truth: Boxes) -> NDArray[np.float64]:
    # Of boxes that are not finite they are not either, and not within any limit.
    return np.linalg.norm(centres(boxes) - centres(truth), axis=1)
