# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames from video files, webcams, image folders and image patterns, one loop for all of them."""

from __future__ import annotations

import glob
import logging
import os
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
)
DEFAULT_FPS = 30.0
_PRINTF_NUMBER = re.compile(r"%0?\d*d")


class SourceError(ValueError):
    """A source that cannot be read; the message names it and says what to do."""


class Frame(NamedTuple):
    """One frame: its number from 1 on, seconds since the first frame, RGB uint8 (H, W, 3)."""

    number: int
    stamp: float
    image: NDArray[np.uint8]


class FrameSource(ABC):
    """Frames to be iterated over once, with what is known about them beforehand.

    Attributes:
        name: for people, for example the file's name.
        fps: frames per second.
        length: number of frames, None for a camera. For a video it is what its header says,
            for images their number; unreadable ones are left out while iterating.
    """

    name: str
    fps: float
    length: int | None

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None:  # noqa: B027  (most sources hold nothing)
        """Give back the file or camera."""

    def __enter__(self) -> FrameSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class VideoSource(FrameSource):
    """A video file, or a camera by its index, through OpenCV."""

    def __init__(self, source: Path | int) -> None:
        self._live = isinstance(source, int)
        self.name = f"camera {source}" if isinstance(source, int) else source.name
        with _quiet_opencv():
            self._capture = cv2.VideoCapture(source if isinstance(source, int) else str(source))
        if not self._capture.isOpened():
            if isinstance(source, int):
                raise SourceError(
                    f"no camera answers at index {source}; check that it is plugged in and that "
                    "no other program uses it, or give a video file or an image folder"
                )
            raise SourceError(
                f"{source} is not a video that OpenCV can decode; convert it, for example with "
                f"'ffmpeg -i {source.name} -c:v libx264 video.mp4', or give a folder of images"
            )
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if np.isfinite(fps) and 0 < fps <= 1000 else DEFAULT_FPS
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.length = count if not self._live and count > 0 else None

    def __iter__(self) -> Iterator[Frame]:
        count = 0
        start = time.monotonic()
        while True:
            ok, bgr = self._capture.read()
            if not ok:
                break
            stamp = time.monotonic() - start if self._live else count / self.fps
            count += 1
            yield Frame(count, stamp, _rgb(bgr))
        if count == 0:
            raise SourceError(f"{self.name} opens but holds no frame that can be decoded")
        if self.length is not None and count < self.length:
            _LOG.warning(
                "%s ends after %d of the %d frames it announces", self.name, count, self.length
            )

    def close(self) -> None:
        """Give back the file or camera."""
        self._capture.release()


class ImageSource(FrameSource):
    """Image files in natural order (2 before 10); their rate is the caller's to say."""

    def __init__(self, name: str, files: Sequence[Path], fps: float = DEFAULT_FPS) -> None:
        if not files:
            raise SourceError(
                f"{name} holds no images; looked for {', '.join(sorted(IMAGE_SUFFIXES))}"
            )
        self.name = name
        self.fps = fps
        self.length = len(files)
        self._files = sorted(files, key=natural_order)

    def __iter__(self) -> Iterator[Frame]:
        readable = 0
        for index, file in enumerate(self._files):
            image = read_rgb(file)
            if image is None:
                _LOG.warning("%s is not a readable image; this frame is skipped", file)
                continue
            readable += 1
            yield Frame(index + 1, index / self.fps, image)
        if not readable:
            raise SourceError(f"none of the {self.length} images of {self.name} can be read")


def open_source(source: str | Path | int, fps: float = DEFAULT_FPS) -> FrameSource:
    """Open whatever ``source`` names.

    Args:
        source: a video file; a camera index (``0``); a folder of images; a glob pattern
            (``frames/*.png``) or a printf pattern (``frames/%06d.jpg``) of images.
        fps: rate of images; a video brings its own.

    Raises:
        SourceError: there is no such thing, or OpenCV cannot read it.
    """
    text = str(source)
    path = Path(text).expanduser()
    if path.is_dir():
        return ImageSource(path.resolve().name, image_files(path), fps)
    if path.is_file():
        if path.suffix.lower() in IMAGE_SUFFIXES:
            return ImageSource(path.name, [path], fps)
        return VideoSource(path)
    if re.fullmatch(r"\d{1,3}", text):
        return VideoSource(int(text))
    if _PRINTF_NUMBER.search(path.name):
        return ImageSource(text, _numbered_files(path), fps)
    if glob.has_magic(text):
        return ImageSource(text, _matching_files(path), fps)
    raise SourceError(
        f"there is no {text}; give a video file, a camera index such as 0, a folder of images, "
        "or a pattern such as 'frames/*.png' or frames/%06d.jpg"
    )


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep back OpenCV's log lines about what the caller reports in one line of its own."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # its FFmpeg reads this on first use
    log = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging  # moved in OpenCV 5
    level = log.getLogLevel()
    log.setLogLevel(0)  # silent
    try:
        yield
    finally:
        log.setLogLevel(level)


def _numbered_files(pattern: Path) -> list[Path]:
    before, after = _PRINTF_NUMBER.split(pattern.name, maxsplit=1)
    name = re.compile(re.escape(before) + r"\d+" + re.escape(after))
    if not pattern.parent.is_dir():
        raise SourceError(f"there is no folder {pattern.parent}")
    return [file for file in pattern.parent.iterdir() if name.fullmatch(file.name)]


def _matching_files(pattern: Path) -> list[Path]:
    found = glob.glob(str(pattern))  # noqa: PTH207  (Path.glob takes no absolute patterns)
    return [Path(file) for file in found if Path(file).suffix.lower() in IMAGE_SUFFIXES]


def image_files(folder: Path) -> list[Path]:
    """Return the image files of a folder in natural order, hidden ones left out."""
    if not folder.is_dir():
        return []
    files = (file for file in folder.iterdir() if not file.name.startswith("."))
    return sorted(
        (file for file in files if file.suffix.lower() in IMAGE_SUFFIXES), key=natural_order
    )


def natural_order(file: Path) -> list[tuple[int, str]]:
    """Return the key that sorts paths by name with 2 before 10."""
    pieces = re.split(r"(\d+)", file.name.lower())
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces if piece]


def read_rgb(file: Path) -> NDArray[np.uint8] | None:
    """Return an image file as RGB uint8 (H, W, 3); None if it is missing or cannot be decoded."""
    try:
        # Not imread: it prints its own warnings and fails on some non-ASCII paths.
        data = np.fromfile(file, np.uint8)
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):
        return None
    return None if bgr is None else _rgb(bgr)


def _rgb(bgr: object) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(np.asarray(bgr), cv2.COLOR_BGR2RGB), np.uint8)
