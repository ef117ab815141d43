# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far the target has moved between two frames, by sparse optical flow.

The median of points that are found again when followed back (Kalal et al., "Forward-Backward
Error", ICPR 2010), by OpenCV's pyramid of Lucas and Kanade. The paper has nothing like it.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres
from rlt_ros.tracking.features.search_region import region_patch
from rlt_ros.tracking.state import Kept, State

# Side of the patch that is looked at, and of the target in it (geometric mean), in pixels.
PATCH, TARGET = 128, 40.0
# Points per side of a grid over the target, of which those within an ellipse of this share are
# followed: beyond it is background.
GRID, ELLIPSE = 6, 0.88
# Neighbourhood of a point, in pixels of the patch, and how often its size is halved for far moves.
WINDOW, HALVINGS = 11, 2
# A point counts if it comes back within these pixels, and as near as half of them do or this near.
FURTHEST_BACK, NEAR_BACK = 2.0, 0.1
FEWEST_POINTS = 8
OUTSIDE = 127


class OpticalFlow:
    """Follows what is in a box from one frame to the next."""

    def __init__(self) -> None:
        self._patch: NDArray[np.uint8] | None = None
        self._box = np.zeros(4)

    def remember(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Take a frame ``(H, W, 3)`` with the target at ``box`` ``(4,)`` in pixels."""
        self._box = box
        self._patch = self._cut(image)

    def state(self) -> State:
        """Return what is remembered, for ``restore``."""
        return {"patch": self._patch, "box": self._box}

    def restore(self, kept: Kept) -> None:
        """Remember what was kept, see ``state``."""
        self._patch, self._box = kept.array("patch", (PATCH, PATCH), np.uint8), kept.box("box")

    def shift(self, image: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """Return x and y ``(2,)`` in pixels from the remembered frame to this one of its size.

        None where too few points can be followed, or nothing is remembered.
        """
        if self._patch is None:
            return None
        scale = TARGET / np.sqrt(self._box[2:].prod())
        points = (PATCH / 2 + self._box[2:] * scale * _points()).astype(np.float32)
        there, error = _followed(self._patch, self._cut(image), points)
        kept = error <= min(max(float(np.median(error)), NEAR_BACK), FURTHEST_BACK)
        if kept.sum() < FEWEST_POINTS:
            return None
        return np.median(there[kept] - points[kept], axis=0).astype(np.float64) / scale

    def _cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the grey patch around the remembered box."""
        side = PATCH / TARGET * float(np.sqrt(self._box[2:].prod()))
        region = np.concatenate([centres(self._box) - side / 2, [side, side]])
        patch = cv2.cvtColor(region_patch(image, region, PATCH, OUTSIDE), cv2.COLOR_RGB2GRAY)
        return np.asarray(patch, dtype=np.uint8)


def _followed(
    before: NDArray[np.uint8], after: NDArray[np.uint8], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where points ``(N, 2)`` go, and how far from them ``(N,)`` those come back to.

    Infinitely far where one cannot be followed.
    """
    window = (WINDOW, WINDOW)
    there, seen, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, None, winSize=window, maxLevel=HALVINGS
    )
    back, seen_back, _ = cv2.calcOpticalFlowPyrLK(
        after, before, there, None, winSize=window, maxLevel=HALVINGS
    )
    error = np.linalg.norm(back - points, axis=1)
    error[(seen.ravel() == 0) | (seen_back.ravel() == 0)] = np.inf
    return there, error


@functools.cache
def _points() -> NDArray[np.float64]:
    """Return the points to follow ``(N, 2)``, in sides of the box from its centre."""
    steps = (np.arange(GRID) + 0.5) / GRID - 0.5
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return grid[np.hypot(*grid.T) < ELLIPSE / 2]
