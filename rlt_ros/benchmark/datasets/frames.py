# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a sequence, read when they are asked for, forwards or backwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.media.sources import SourceError, VideoSource, read_rgb

# Frames of a video that are held at once when it is read backwards.
_BLOCK = 32


class Frames(Protocol):
    """Numbered images: how many there are, and those of a range, in its order."""

    def __len__(self) -> int: ...

    def read(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        """Yield frames as RGB uint8 (H, W, 3); indices count from 0 and are below the length."""


@dataclass(frozen=True)
class ImageFrames:
    """One image file per frame."""

    files: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.files)

    def read(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        """See ``Frames``.

        Raises:
            DatasetError: a file is not an image.
        """
        for index in indices:
            image = read_rgb(self.files[index])
            if image is None:
                raise DatasetError(f"{self.files[index]} is not a readable image")
            yield image


@dataclass(frozen=True)
class VideoFrames:
    """Frames of a video file; ``count`` is how many can be decoded, see ``open_video``."""

    path: Path
    count: int

    def __len__(self) -> int:
        return self.count

    def read(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        """See ``Frames``. Frames before the first one asked for are decoded as well.

        Raises:
            DatasetError: the video can no longer be read to its end.
        """
        if indices.step > 0:
            yield from self._forwards(indices)
            return
        # Decoded block by block: seeking is not exact in every container.
        for start in range(0, len(indices), _BLOCK):
            block = indices[start : start + _BLOCK]
            yield from reversed(list(self._forwards(block[::-1])))

    def _forwards(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        if not indices:
            return
        found = 0
        with _open(self.path) as video:
            for frame in islice(video, indices.start, indices.stop, indices.step):
                found += 1
                yield frame.image
        if found < len(indices):
            raise DatasetError(f"{self.path} ends before frame {indices[found] + 1}")


def open_video(path: Path) -> VideoFrames:
    """Return the frames of a video; decodes it once, since headers may announce a wrong number.

    Raises:
        DatasetError: OpenCV cannot read it.
    """
    try:
        with _open(path) as video:
            return VideoFrames(path, sum(1 for _ in video))
    except SourceError as error:
        raise DatasetError(f"{path}: {error}") from error


def _open(path: Path) -> VideoSource:
    try:
        return VideoSource(path)
    except SourceError as error:
        raise DatasetError(str(error)) from error
