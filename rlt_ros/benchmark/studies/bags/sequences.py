# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Annotated sequences as what goes into a bag: frames, boxes and, where there are any, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.datasets.frames import VideoFrames
from rlt_ros.media.frame_times import video_times
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking.boxes import Boxes


@dataclass(frozen=True)
class PackableSequence:
    """A sequence of N frames.

    Attributes:
        name: for people.
        boxes: ``(N, 4)`` x, y, w, h in pixels, 0-based; a NaN row where there is no annotation.
        images: N image files; empty for a video.
        frames: yields the N frames as RGB uint8 (H, W, 3).
        times: when a video's N frames are shown, in seconds; empty where nothing tells it.
    """

    name: str
    boxes: Boxes
    images: tuple[Path, ...]
    frames: Callable[[], Iterator[NDArray[np.uint8]]]
    times: tuple[float, ...] = ()


def packable(dataset: Path, name: str, intensity: IntensityRange | None = None) -> PackableSequence:
    """Read one sequence of a data set; ``intensity`` as in ``open_dataset``.

    Raises:
        DatasetError: it cannot be read; names the file.
    """
    sequence = open_dataset(dataset, intensity=intensity).read(name)
    files = tuple(getattr(sequence.source, "files", ()))
    times: list[float] = []
    if isinstance(sequence.source, VideoFrames):
        times = video_times(sequence.source.path)[: len(sequence.boxes)]
    return PackableSequence(name, sequence.boxes, files, sequence.frames, tuple(times))
