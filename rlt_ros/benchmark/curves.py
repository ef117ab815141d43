# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OTB's success and precision curves (Wu et al., "Object Tracking Benchmark", TPAMI 2015)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres, iou

OVERLAPS = np.linspace(0, 1, 21)
PIXELS = np.arange(51, dtype=np.float64)


def success_curve(boxes: Boxes, truth: Boxes) -> NDArray[np.float64]:
    """Return the share of frames with an IoU above each of ``OVERLAPS``, ``(21,)``.

    Args:
        boxes, truth: ``(N, 4)`` x, y, w, h in pixels. Frames whose truth is NaN do not count; a
            box that is NaN is a miss.
    """
    known = np.isfinite(truth).all(axis=1)
    return _share(iou(boxes[known], truth[known])[:, None] > OVERLAPS)


def precision_curve(boxes: Boxes, truth: Boxes) -> NDArray[np.float64]:
    """Return the share of frames whose centre is at most each of ``PIXELS`` off, ``(51,)``.

    Args:
        boxes, truth: as for ``success_curve``.
    """
    known = np.isfinite(truth).all(axis=1)
    distances = np.linalg.norm(centres(boxes[known]) - centres(truth[known]), axis=1)
    return _share(distances[:, None] <= PIXELS)


def _share(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    return hits.mean(axis=0) if len(hits) else np.full(hits.shape[1], np.nan)
