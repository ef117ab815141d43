# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What trackers are timed on: decoded frames in memory, of a data set or made here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.media.sources import VideoSource
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking.boxes import Boxes

Image = NDArray[np.uint8]

# Frames until the path of a generated target closes, across and down.
_PERIODS = (120, 80)
_PATCHES = 40  # looks of a generated target, shown to and fro


class Clip(NamedTuple):
    """Frames in memory.

    Attributes:
        images: ``(H, W, 3)`` RGB uint8 each.
        boxes: ``(N, 4)`` the target in each, x, y, w, h in pixels; NaN where not annotated.
    """

    images: list[Image]
    boxes: Boxes


class ClipSource(Protocol):
    """Says where a clip comes from, and gets it."""

    @property
    def name(self) -> str:
        """For tables and file names."""

    def load(self) -> Clip:
        """Return the decoded frames."""


@dataclass(frozen=True)
class DatasetClip:
    """A sequence of a data set.

    Attributes:
        dataset, layout, intensity: see ``open_dataset``.
        name: of the sequence.
        max_frames: how many at most; None takes all, which must fit into memory.
    """

    dataset: Path
    name: str
    max_frames: int | None = None
    layout: str | None = None
    intensity: IntensityRange | None = None

    def load(self) -> Clip:
        """See ``ClipSource.load``.

        Raises:
            DatasetError: it cannot be read.
        """
        dataset = open_dataset(self.dataset, self.layout, self.intensity)
        sequence = dataset.read(self.name).head(self.max_frames)
        return Clip(list(sequence.frames()), sequence.boxes)


@dataclass(frozen=True)
class GeneratedClip:
    """A target that moves over a still background, so that its place is known exactly.

    The target is the head of the sample video (it turns and talks), over the video's own mirrored
    surroundings; where the video is not installed both are random textures.

    Attributes:
        frames: how many.
        width, height: of the frames in pixels.
        target: geometric mean of the target's sides in pixels.
    """

    frames: int = 120
    width: int = 640
    height: int = 480
    target: float = 90.0

    @property
    def name(self) -> str:
        """See ``ClipSource.name``."""
        return f"generated {self.width}x{self.height}"

    def load(self) -> Clip:
        """See ``ClipSource.load``.

        Raises:
            ValueError: the target does not fit into the frames.
        """
        background, patches = _pictures()
        aspect = math.sqrt(patches[0].shape[1] / patches[0].shape[0])
        w, h = round(self.target * aspect), round(self.target / aspect)
        if w > self.width or h > self.height:
            raise ValueError(
                f"a target of {w} x {h} px does not fit into {self.width} x {self.height} px"
            )
        background = cv2.resize(background, (self.width, self.height))
        patches = [cv2.resize(patch, (w, h)) for patch in patches]
        share = _ellipse(w, h)
        images, boxes = [], []
        for index in range(self.frames):
            x, y = self._corner(index, w, h)
            image = background.copy()
            there = image[y : y + h, x : x + w]
            patch = patches[_to_and_fro(index, len(patches))]
            there[:] = np.rint(there + share * (patch.astype(np.float32) - there))
            images.append(image)
            boxes.append((x, y, w, h))
        return Clip(images, np.array(boxes, dtype=np.float64))

    def _corner(self, index: int, w: int, h: int) -> tuple[int, int]:
        across, down = (math.sin(2 * math.pi * index / period) for period in _PERIODS)
        x = (self.width - w) / 2 * (1 + 0.6 * across)
        y = (self.height - h) / 2 * (1 + 0.6 * down)
        return round(x), round(y)


def _pictures() -> tuple[Image, list[Image]]:
    """Return a background and the looks of a target."""
    try:
        video = VideoSource(sample_video())
    except FileNotFoundError:
        rng = np.random.default_rng(0)
        return _texture(rng, 480, 640), [_texture(rng, 110, 72)]
    with video:
        frames = [frame.image for frame in islice(video, _PATCHES)]
    x, y, w, h = (round(side) for side in BOX)
    return np.ascontiguousarray(frames[0][:, ::-1]), [one[y : y + h, x : x + w] for one in frames]


def _texture(rng: np.random.Generator, height: int, width: int) -> Image:
    coarse = rng.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _ellipse(w: int, h: int) -> NDArray[np.float32]:
    """Return ``(h, w, 1)``: 1 inside the ellipse that fills a box, 0 outside, soft between."""
    x, y = ((np.arange(side) + 0.5) / (side / 2) - 1 for side in (w, h))
    radius = np.hypot(x[None, :], y[:, None])
    return np.clip((1.0 - radius) / 0.1, 0.0, 1.0).astype(np.float32)[:, :, None]


def _to_and_fro(index: int, count: int) -> int:
    place = index % max(1, 2 * count - 2)
    return min(place, 2 * count - 2 - place) if count > 1 else 0
