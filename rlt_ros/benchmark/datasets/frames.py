# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a sequence, read when they are asked for, forwards or backwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.media.sources import SourceError, VideoSource
from rlt_ros.pixels.files import read_image
from rlt_ros.pixels.intensity import IntensityRange, IntensityScaling
from rlt_ros.tracking.errors import InvalidImageError

# Frames of a video that are held at once when it is read backwards.
_BLOCK = 32


class Frames(Protocol):
    """Numbered images: how many there are, and those of a range, in its order."""

    def __len__(self) -> int: ...

    def read(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        """Yield frames as RGB uint8 (H, W, 3); indices count from 0 and are below the length.

        Where pixels are of more than 8 bits, the first frame says what becomes black and white.
        """

    def identity(self, count: int) -> str:
        """Return a text that is another one if the first ``count`` frames were changed.

        Raises:
            OSError: a file has gone.
        """


@dataclass(frozen=True)
class ImageFrames:
    """One image file per frame; ``intensity`` is what becomes black and white, see ``Frames``."""

    files: tuple[Path, ...]
    intensity: IntensityRange | None = None

    def __len__(self) -> int:
        return len(self.files)

    def identity(self, count: int) -> str:
        """See ``Frames``; by names, sizes and times of the files."""
        return "\n".join(map(_file_identity, self.files[:count]))

    def read(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        """See ``Frames``.

        Raises:
            DatasetError: a file is not an image.
        """
        scaling = IntensityScaling(self.intensity)
        for index in indices:
            pixels = read_image(self.files[index])
            if pixels is None:
                raise DatasetError(f"{self.files[index]} is not a readable image")
            try:
                image = scaling(pixels)
            except InvalidImageError as error:
                raise DatasetError(f"{self.files[index]}: {error}") from error
            yield image


@dataclass(frozen=True)
class VideoFrames:
    """Frames of a video file; ``count`` is how many can be decoded, see ``open_video``.

    ``intensity`` is what becomes black and white, see ``Frames``.
    """

    path: Path
    count: int
    intensity: IntensityRange | None = None

    def __len__(self) -> int:
        return self.count

    def identity(self, count: int) -> str:
        """See ``Frames``; by name, size and time of the file."""
        return _file_identity(self.path)

    def read(self, indices: range) -> Iterator[NDArray[np.uint8]]:
        """See ``Frames``. Frames before the first one asked for are decoded as well.

        Raises:
            DatasetError: the video can no longer be read to its end.
        """
        scaling = IntensityScaling(self.intensity)
        if indices.step > 0:
            yield from map(scaling, self._forwards(indices))
            return
        # Decoded block by block: seeking is not exact in every container.
        for start in range(0, len(indices), _BLOCK):
            block = indices[start : start + _BLOCK]
            yield from map(scaling, reversed(list(self._forwards(block[::-1]))))

    def _forwards(self, indices: range) -> Iterator[NDArray[Any]]:
        """Yield frames in their own depth."""
        if not indices:
            return
        found = 0
        with (video := _open(self.path)):
            for pixels in islice(video.pixels(), indices.start, indices.stop, indices.step):
                found += 1
                yield pixels
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


def _file_identity(path: Path) -> str:
    found = path.stat()
    return f"{path.name} {found.st_size} {found.st_mtime_ns}"


def _open(path: Path) -> VideoSource:
    try:
        return VideoSource(path)
    except SourceError as error:
        raise DatasetError(str(error)) from error
