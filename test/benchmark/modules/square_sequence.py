# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small data set in OTB's layout for tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

BOXES = np.array([[10, 10, 20, 20], [12, 10, 20, 20], [14, 10, 20, 20]], dtype=float)


def write_square(dataset: Path, name: str = "Square") -> None:
    """A bright square that moves over noise."""
    rng = np.random.default_rng(0)
    images = dataset / name / "img"
    images.mkdir(parents=True)
    for number, (x, y, w, h) in enumerate(BOXES.astype(int), start=1):
        image = rng.integers(0, 80, (60, 80, 3), dtype=np.uint8)
        image[y : y + h, x : x + w] += 150
        cv2.imwrite(str(images / f"{number:04d}.jpg"), image)
    lines = [f"{x + 1:g}\t{y + 1:g}\t{w:g}\t{h:g}" for x, y, w, h in BOXES]
    (dataset / name / "groundtruth_rect.txt").write_text("\n".join(lines))
