# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small data set in plain layout whose first frames are worth cutting targets from."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def write_pictures(dataset: Path, count: int = 4) -> None:
    """Sequences of one frame: coarse coloured noise, with a box in it."""
    for number in range(count):
        rng = np.random.default_rng(number)
        coarse = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        folder = dataset / f"Picture{number}"
        folder.mkdir(parents=True)
        image = cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / "0001.png"), image)
        (dataset / f"Picture{number}.txt").write_text("80,60,60,50\n")
