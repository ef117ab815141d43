# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OTB's one-pass measures (Wu et al., "Object Tracking Benchmark", TPAMI 2015)."""

from __future__ import annotations

import numpy as np

from rlt_ros.tracking.boxes import Boxes, centres, iou

SUCCESS_THRESHOLDS = np.linspace(0, 1, 21)
PRECISION_PIXELS = 20.0


def one_pass_measures(boxes: Boxes, truth: Boxes) -> dict[str, float]:
    """Compare boxes ``(N, 4)`` with the truth ``(N, 4)``, the first frame counted.

    Returns:
        auc: mean share of frames with an IoU above each of 21 thresholds in 0..1.
        precision20: share of frames whose centre is at most 20 px off.
        os50: share of frames with an IoU above 0.5.
        cle: mean distance of the centres in pixels.
    """
    overlaps = iou(boxes, truth)
    distances = np.linalg.norm(centres(boxes) - centres(truth), axis=1)
    return {
        "auc": float((overlaps[:, None] > SUCCESS_THRESHOLDS).mean()),
        "precision20": float((distances <= PRECISION_PIXELS).mean()),
        "os50": float((overlaps > 0.5).mean()),
        "cle": float(distances.mean()),
    }
