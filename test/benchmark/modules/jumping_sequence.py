# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small data set in VOT's layout whose target jumps away, so that trackers lose it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from rlt_ros.benchmark.runs.result_files import write_boxes

JUMP = 4  # the frame with which the target is elsewhere


def write_jumping(dataset: Path, name: str = "Jump", frames: int = 16) -> None:
    """A bright square on noise that stands still, jumps across the image and stands still."""
    rng = np.random.default_rng(0)
    boxes = np.tile([8.0, 8.0, 16.0, 16.0], (frames, 1))
    boxes[JUMP:, :2] = 200, 150
    folder = dataset / name
    folder.mkdir(parents=True)
    for number, (x, y, w, h) in enumerate(boxes.astype(int), start=1):
        image = rng.integers(0, 80, (180, 240, 3), dtype=np.uint8)
        image[y : y + h, x : x + w] += 150
        cv2.imwrite(str(folder / f"{number:08d}.jpg"), image)
    write_boxes(folder / "groundtruth.txt", boxes)
