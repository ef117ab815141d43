# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One made sequence: a background that a camera pans over, and what moves before it."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.scenarios.sprite import Sprite
from rlt_ros.tracking.boxes import Boxes, clip_to_image

# What changes no 8-bit colour, be target and occluder black and white.
_INVISIBLE = 0.5 / 255


@dataclass(frozen=True, eq=False)
class Scene:
    """A sequence of N frames, drawn when they are asked for; the same arguments, the same bytes.

    Attributes:
        size: width and height in pixels.
        background: RGB uint8, larger than the image.
        camera: ``(N, 2)`` x, y of the image's corner in the background.
        behind: what the target passes in front of, back to front.
        target: the target, an ellipse.
        before: what hides the target, back to front.
        light: ``(N,)`` factors of the brightness.
        slope: ``(2,)`` by how much the brightness changes across and down the image.
        blur: ``(N,)`` standard deviations in pixels.
        noise: standard deviation in grey levels.
        seed: of the noise.
    """

    size: tuple[int, int]
    background: NDArray[np.uint8]
    camera: NDArray[np.float64]
    behind: tuple[Sprite, ...]
    target: Sprite
    before: tuple[Sprite, ...]
    light: NDArray[np.float64]
    slope: NDArray[np.float64]
    blur: NDArray[np.float64]
    noise: float
    seed: int

    def __len__(self) -> int:
        return len(self.camera)

    def read(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        """Yield frames as RGB uint8 (H, W, 3); see ``datasets.frames.Frames``."""
        for index in indices:
            yield self._draw(index)

    def identity(self, count: int) -> str:
        """Return a digest of all that frames are drawn from; see ``datasets.frames.Frames``."""
        return hashlib.sha256(pickle.dumps(dataclasses.asdict(self))).hexdigest()

    def visible_shares(self) -> NDArray[np.float64]:
        """Return how much of the target is seen in each frame ``(N,)``, 0..1.

        It is the target's area that is inside the image and not covered, over its whole area. A
        pixel's share counts as 0 where no 8-bit image could show it, so that 0 means that not one
        pixel shows the target.
        """
        return np.array([self._visible_share(frame) for frame in range(len(self))])

    def boxes(self) -> Boxes:
        """Return the box ``(N, 4)`` x, y, w, h in pixels of the target's part inside the image.

        What hides the target does not change its box, but where nothing is seen of it the box is
        NaN.
        """
        boxes = clip_to_image(self.target.boxes(), self.size)
        boxes[self.visible_shares() == 0] = np.nan
        return boxes

    def _visible_share(self, frame: int) -> float:
        region = self.target.region(frame)
        whole = self.target.coverage(frame, region)
        seen = whole.copy()
        for sprite in self.before:
            if sprite.touches(frame, region):
                seen *= 1 - sprite.coverage(frame, region)
        seen[seen < _INVISIBLE] = 0
        left, top = max(0, -region[0]), max(0, -region[1])
        right, bottom = max(0, self.size[0] - region[0]), max(0, self.size[1] - region[1])
        inside = seen[top:bottom, left:right]
        return float(inside.sum(dtype=np.float64) / whole.sum(dtype=np.float64))

    def _draw(self, frame: int) -> NDArray[np.uint8]:
        width, height = self.size
        middle = self.camera[frame] + np.array(self.size) / 2 - 0.5
        picture = cv2.getRectSubPix(self.background, self.size, tuple(middle.tolist()))
        canvas = picture.astype(np.float32)
        for sprite in (*self.behind, self.target, *self.before):
            sprite.draw(canvas, frame)
        if self.blur[frame] > 0.1:
            canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), float(self.blur[frame])))
        across = self.slope[0] * np.linspace(-0.5, 0.5, width)
        down = self.slope[1] * np.linspace(-0.5, 0.5, height)[:, None]
        canvas *= (self.light[frame] * (1 + across + down)).astype(np.float32)[:, :, None]
        # A stream for each frame: frames are also drawn alone and backwards.
        noise = np.random.default_rng([self.seed, frame])
        canvas += np.float32(self.noise) * noise.standard_normal(canvas.shape, dtype=np.float32)
        return np.clip(np.rint(canvas), 0, 255).astype(np.uint8)
