# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the camera's own motion moves the picture from one frame to the next.

The paper has nothing like it. A similarity (shift, turn and zoom) is fitted to points of the
background that optical flow follows, without those that disagree (RANSAC; Fischler and Bolles,
1981).
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres
from rlt_ros.tracking.features.halving import halved, halvings_within
from rlt_ros.tracking.state import Kept, State

# Longer side of the image that is looked at: this or up to twice as much, in pixels.
LONGER_SIDE = 200
# Points per side of a grid over the frame, of which those within the target's box, so many times as
# large, are left out.
GRID, TARGET_REACH = 8, 1.5
# Neighbourhood of a point in pixels, and how often its size is halved for far moves.
WINDOW, HALVINGS = 11, 3
# A point agrees with the camera's motion to so many pixels. Where fewer points, or a smaller share
# of them, do, the picture has no motion of its own: blur, waves, a crowd.
AGREEMENT, FEWEST_POINTS, LEAST_SHARE = 1.0, 8, 0.15
# Most hypotheses of RANSAC.
HYPOTHESES = 200

STILL = np.eye(2, 3)


class CameraMotion:
    """Compares each frame with the one before."""

    def __init__(self) -> None:
        self._grey: NDArray[np.uint8] | None = None

    def state(self) -> State:
        """Return the frame before, small, for ``restored``."""
        return {"grey": self._grey}

    @classmethod
    def restored(cls, kept: Kept) -> CameraMotion:
        """Return one that has seen the frame that was kept, see ``state``.

        Raises:
            InvalidTargetError: it is damaged.
        """
        self = cls()
        if kept.value("grey") is not None:
            self._grey = kept.array("grey", (None, None), np.uint8)
            if not self._grey.size:
                raise kept.misfit("grey", "is empty")
        return self

    def next_frame(self, image: NDArray[np.uint8], target: Boxes) -> NDArray[np.float64] | None:
        """Return where the background goes from the frame before to this one of its size.

        Args:
            image: ``(H, W, 3)`` RGB.
            target: ``(4,)`` the target in the frame before, in pixels; it may move by itself.

        Returns:
            ``(2, 3)``: a place x, y in pixels is then at A (x, y, 1); ``STILL`` in the first frame.
            None where it cannot be told.
        """
        before, self._grey = self._grey, _small(image)
        if before is None or before.shape != self._grey.shape:
            return STILL
        height, width = before.shape
        zoom = np.array([width, height]) / image.shape[1::-1]
        points = _points() * (width, height)
        off = np.abs(points - centres(target) * zoom) > TARGET_REACH / 2 * target[2:] * zoom
        points = points[off.any(axis=1)].astype(np.float32)
        if len(points) < FEWEST_POINTS:
            return None
        there, seen, _ = cv2.calcOpticalFlowPyrLK(
            before, self._grey, points, None, winSize=(WINDOW, WINDOW), maxLevel=HALVINGS
        )
        kept = seen.ravel() == 1
        if kept.sum() < FEWEST_POINTS:
            return None
        moved, agreeing = cv2.estimateAffinePartial2D(
            points[kept],
            there[kept],
            method=cv2.RANSAC,
            ransacReprojThreshold=AGREEMENT,
            maxIters=HYPOTHESES,
        )
        if moved is None or agreeing.sum() < max(FEWEST_POINTS, LEAST_SHARE * len(points)):
            return None
        return np.column_stack([moved[:, :2], moved[:, 2] / zoom])


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the grey image ``(h, w)``, small."""
    smaller = halved(image, halvings_within(max(image.shape[:2]) / LONGER_SIDE))
    return np.asarray(cv2.cvtColor(smaller, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


@functools.cache
def _points() -> NDArray[np.float64]:
    """Return the points to follow ``(N, 2)``, in sides of the image."""
    steps = (np.arange(GRID) + 0.5) / GRID
    return np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
