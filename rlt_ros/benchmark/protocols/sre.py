# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Spatial robustness evaluation: start on 12 wrong boxes (Wu et al., TPAMI 2015)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.benchmark.protocols.one_pass import Pass, run_pass
from rlt_ros.benchmark.trackers.runners import Runner
from rlt_ros.tracking.boxes import Boxes

SHIFT = 0.1  # of the target's size
SCALES = (0.8, 0.9, 1.1, 1.2)


def shifted_boxes(box: Boxes, image_size: tuple[int, int]) -> dict[str, Boxes]:
    """Return the 12 boxes by name: 4 shifts, 4 corners pulled outwards and 4 scales.

    As OTB's toolkit makes them: shifts and corners by a tenth of the size, on whole pixels; what
    begins left of or above the image is moved in, what ends beyond it is cut.

    Args:
        box: the true box ``(4,)`` x, y, w, h in pixels, 0-based.
        image_size: width and height in pixels.
    """
    x, y, w, h = box.tolist()
    right, bottom = x + w, y + h
    over, down = float(np.ceil(SHIFT * w)), float(np.ceil(SHIFT * h))
    left_out, top_out = _round(x - SHIFT * w), _round(y - SHIFT * h)
    right_out, bottom_out = _round(right + SHIFT * w), _round(bottom + SHIFT * h)
    boxes = {
        "left": (x - over, y, w, h),
        "right": (x + over, y, w, h),
        "up": (x, y - down, w, h),
        "down": (x, y + down, w, h),
        "top_left": (left_out, top_out, right - left_out, bottom - top_out),
        "top_right": (x, top_out, right_out - x, bottom - top_out),
        "bottom_left": (left_out, y, right - left_out, bottom_out - y),
        "bottom_right": (x, y, right_out - x, bottom_out - y),
    }
    for scale in SCALES:
        width, height = scale * w, scale * h
        corner = (_round(x + w / 2 - width / 2), _round(y + h / 2 - height / 2))
        boxes[f"scale_{scale}"] = (*corner, _round(width), _round(height))
    return {name: _inside(np.array(shifted), image_size) for name, shifted in boxes.items()}


def spatial_robustness(runner: Runner, sequence: AnnotatedSequence) -> Iterator[Pass]:
    """Run a tracker from each wrong box to the end; OTB's SRE is the mean of the measures."""
    height, width = next(sequence.frames(stop=1)).shape[:2]
    for name, box in shifted_boxes(sequence.boxes[0], (width, height)).items():
        yield run_pass(runner, sequence, name, 0, box)


def _inside(box: Boxes, image_size: tuple[int, int]) -> Boxes:
    corner = np.maximum(box[:2], 0)
    return np.concatenate([corner, np.minimum(box[2:], np.array(image_size) - corner)])


def _round(value: float) -> float:
    """Round halves up, as OTB's toolkit does; Python rounds them to even numbers."""
    return float(np.floor(value + 0.5))
