# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A piece of a picture that moves through a made sequence: target, distractor or occluder."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes

# How much of the picture around its outline a sprite keeps, for the soft edge.
_RIM = 1.15
# An ellipse and a rectangle with round corners, as exponents of a superellipse.
ELLIPSE, ROUNDED = 2.0, 6.0


@dataclass(frozen=True, eq=False)
class Sprite:
    """A piece of a picture within an ellipse or rounded rectangle, and where it is in each frame.

    Attributes:
        texture: RGB uint8, the piece and a rim of 15 % around it.
        sides: width and height of the outline in pixels, at scale 1.
        centres: ``(N, 2)`` x, y in pixels of the image; the first pixel covers 0 to 1.
        scales, angles: ``(N,)`` size, and rotation in radians.
        exponent: ``ELLIPSE`` or ``ROUNDED``.
        softness: pixels over which the edge fades; the outline is where half is left.
    """

    texture: NDArray[np.uint8]
    sides: tuple[float, float]
    centres: NDArray[np.float64]
    scales: NDArray[np.float64]
    angles: NDArray[np.float64]
    exponent: float = ELLIPSE
    softness: float = 2.5

    def boxes(self) -> Boxes:
        """Return the smallest boxes ``(N, 4)`` x, y, w, h around an ellipse's outline."""
        half = self.scales[:, None] * np.array(self.sides) / 2
        turn = np.stack([np.cos(self.angles), np.sin(self.angles)], axis=1)
        across = np.linalg.norm(half * turn, axis=1)
        down = np.linalg.norm(half * turn[:, ::-1], axis=1)
        reach = np.stack([across, down], axis=1)
        return np.concatenate([self.centres - reach, 2 * reach], axis=1)

    def region(self, frame: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of all pixels that it may touch, image or not."""
        reach = self.scales[frame] * np.hypot(*self.sides) / 2 + self.softness
        left, top = np.floor(self.centres[frame] - reach).astype(int).tolist()
        right, bottom = np.ceil(self.centres[frame] + reach).astype(int).tolist()
        return left, top, right, bottom

    def touches(self, frame: int, region: tuple[int, int, int, int]) -> bool:
        """Return False where it covers nothing of a region for sure."""
        left, top, right, bottom = self.region(frame)
        beside = right <= region[0] or region[2] <= left
        return not (beside or bottom <= region[1] or region[3] <= top)

    def coverage(self, frame: int, region: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """Return how much of each pixel of a region it covers, 0..1."""
        across, down = self._inside(frame, region)
        return self._alpha(frame, across, down)

    def draw(self, canvas: NDArray[np.float32], frame: int) -> None:
        """Draw it onto an RGB image."""
        height, width = canvas.shape[:2]
        left, top, right, bottom = self.region(frame)
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if left >= right or top >= bottom:
            return
        across, down = self._inside(frame, (left, top, right, bottom))
        rows, columns = self.texture.shape[:2]
        colours = cv2.remap(
            self.texture,
            (across / _RIM + 1) * columns / 2 - 0.5,
            (down / _RIM + 1) * rows / 2 - 0.5,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        alpha = self._alpha(frame, across, down)[:, :, None]
        piece = canvas[top:bottom, left:right]
        piece += alpha * (colours.astype(np.float32) - piece)

    def _inside(
        self, frame: int, region: tuple[int, int, int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where the centres of a region's pixels are, -1..1 across and down the outline."""
        left, top, right, bottom = region
        x = np.arange(left, right) + 0.5 - self.centres[frame, 0]
        y = (np.arange(top, bottom) + 0.5 - self.centres[frame, 1])[:, None]
        cos, sin = np.cos(self.angles[frame]), np.sin(self.angles[frame])
        half = self.scales[frame] * np.array(self.sides) / 2
        across, down = (x * cos + y * sin) / half[0], (y * cos - x * sin) / half[1]
        return across.astype(np.float32), down.astype(np.float32)

    def _alpha(
        self, frame: int, across: NDArray[np.float32], down: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        distance = (np.abs(across) ** self.exponent + np.abs(down) ** self.exponent) ** (
            1 / self.exponent
        )
        pixels = (distance - 1) * self.scales[frame] * min(self.sides) / 2
        return np.clip(0.5 - pixels / self.softness, 0, 1)


def cut_texture(
    image: NDArray[np.uint8], box: tuple[float, float, float, float], sides: tuple[float, float]
) -> NDArray[np.uint8]:
    """Return the texture of a sprite: a box x, y, w, h of a picture, with its rim, for some sides.

    Where the rim reaches beyond the picture, the picture is mirrored.
    """
    x, y, width, height = box
    columns, rows = (max(4, round(_RIM * side)) for side in sides)
    across = x + width * (0.5 + _RIM * ((np.arange(columns) + 0.5) / columns - 0.5)) - 0.5
    down = y + height * (0.5 + _RIM * ((np.arange(rows) + 0.5) / rows - 0.5)) - 0.5
    shrink = max(width / sides[0], height / sides[1])
    if shrink > 1:  # what would else be flicker
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 * shrink), np.uint8)
    x_map, y_map = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
    found = cv2.remap(image, x_map, y_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(found, np.uint8)
