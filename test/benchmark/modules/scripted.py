# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A sequence and a tracker whose boxes are given, for tests of what is done with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes


class ScriptedSequence:
    """Black images of 100 x 80 pixels whose first pixel holds the frame's number."""

    def __init__(self, boxes: Boxes, polygons: NDArray[np.float64] | None = None) -> None:
        self.boxes = boxes
        self.polygons = polygons

    def __len__(self) -> int:
        return len(self.boxes)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[NDArray[np.uint8]]:
        for index in range(len(self))[start:stop:step]:
            image = np.zeros((80, 100, 3), dtype=np.uint8)
            image[0, 0] = index
            yield image


class ScriptedRunner:
    """Answers with its box for the frame, and notes on which frame and box it was started."""

    score = float("nan")
    state = ""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes
        self.starts: list[tuple[int, list[float]]] = []

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        self.starts.append((int(image[0, 0, 0]), box.tolist()))

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        return self._boxes[image[0, 0, 0]]
