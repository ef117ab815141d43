# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often a tracker loses its target in one pass, for how long, and how often it finds it again.

A target is lost in the first annotated frame in which the tracker's box does not touch the true
one (IoU 0), and found again in the next one whose IoU is above 0.5, which OTB calls a success. What
lies between, a passing touch included, counts as lost. Two thresholds, so that a box that wanders
over the target's edge is not one loss after another. Frames without annotation are left out, and a
box that is not finite has IoU 0.
"""

from __future__ import annotations

import numpy as np

from rlt_ros.benchmark.measures.one_pass import annotated
from rlt_ros.tracking.boxes import Boxes, iou

FOUND_IOU = 0.5


def loss_measures(boxes: Boxes, truth: Boxes) -> dict[str, float]:
    """Return one pass's losses; all of them are counts.

    Args:
        boxes: ``(N, 4)`` x, y, w, h in pixels.
        truth: the same; NaN where the target is not annotated.

    Returns:
        losses: how often the target was lost.
        refound: how often it was found again, at most ``losses``.
        lost_frames: frames from each loss until the target is found again, or to the end.
        missed_frames: frames with IoU 0, a part of ``lost_frames``.

    Raises:
        ValueError: not one box per frame, or no frame is annotated.
    """
    overlaps = np.nan_to_num(iou(*annotated(boxes, truth)), nan=0.0)
    losses = refound = lost_frames = 0
    lost = False
    for overlap in overlaps.tolist():
        if not lost and overlap <= 0:
            lost = True
            losses += 1
        elif lost and overlap > FOUND_IOU:
            lost = False
            refound += 1
        lost_frames += lost
    counts = {
        "losses": losses,
        "refound": refound,
        "lost_frames": lost_frames,
        "missed_frames": int((overlaps <= 0).sum()),
    }
    return {name: float(count) for name, count in counts.items()}
