# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How wide and how high a tracker's boxes are, over the true ones.

Only frames in which the target is truly there and the box overlaps the true one (IoU above 0)
count: the size of a box somewhere else says nothing about sizes. A touch is enough, as a threshold
would leave out the very boxes that are much too large or too small. The first frame counts, as in
all measures of one pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, iou

Numbers = NDArray[np.float64]


def sides_over_true(boxes: Boxes, truth: Boxes, visible: Numbers | None = None) -> Numbers:
    """Return width and height over the true ones ``(K, 2)`` in the K frames that count.

    Args:
        boxes: ``(N, 4)`` x, y, w, h in pixels; one that is not finite does not overlap.
        truth: the same; NaN where the target is not annotated, and then it is not there.
        visible: ``(N,)`` how much of the target is seen, 0..1, NaN where that is not known; with 0
            it is not there. None where nothing is known.
    """
    counts = np.nan_to_num(iou(boxes, truth), nan=0.0) > 0
    if visible is not None:
        counts &= visible != 0
    return boxes[counts, 2:] / truth[counts, 2:]


def size_measures(sides: Sequence[Numbers]) -> dict[str, float]:
    """Return the medians over the frames of one or several runs, which count alike.

    Args:
        sides: for each run what ``sides_over_true`` returns.

    Returns:
        width_over_true, height_over_true: NaN where no frame counts.
    """
    every = np.concatenate([np.reshape(one, (-1, 2)) for one in sides])
    width, height = np.median(every, axis=0).tolist() if len(every) else (np.nan, np.nan)
    return {"width_over_true": width, "height_over_true": height}
