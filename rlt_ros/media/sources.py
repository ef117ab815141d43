# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames from video files, webcams, image folders and image patterns, one loop for all of them."""

from __future__ import annotations

import glob
import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.pixels.files import quiet_opencv, read_image
from rlt_ros.pixels.intensity import IntensityRange, IntensityScaling, to_rgb8
from rlt_ros.tracking.errors import InvalidImageError

_LOG = logging.getLogger(__name__)

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
)
DEFAULT_FPS = 30.0
# Grey of more than 8 bits, as FFmpeg and Video4Linux name it.
_DEEP_GREY_OF_FILES = (cv2.VideoWriter.fourcc(*"Y1\0\x10"),)
_DEEP_GREY_OF_CAMERAS = tuple(cv2.VideoWriter.fourcc(*name) for name in ("Y16 ", "Y12 ", "Y10 "))
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

    def __init__(self, source: Path | int, intensity: IntensityRange | None = None) -> None:
        """Open it; ``intensity`` as in ``open_source``."""
        self._intensity = intensity
        self._live = isinstance(source, int)
        self.name = f"camera {source}" if isinstance(source, int) else source.name
        with quiet_opencv():
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
        self._keep_depth()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if np.isfinite(fps) and 0 < fps <= 1000 else DEFAULT_FPS
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.length = count if not self._live and count > 0 else None

    def __iter__(self) -> Iterator[Frame]:
        scaling = IntensityScaling(self._intensity)
        start = time.monotonic()
        for index, pixels in enumerate(self.pixels()):
            stamp = time.monotonic() - start if self._live else index / self.fps
            yield Frame(index + 1, stamp, scaling(pixels))

    def pixels(self) -> Iterator[NDArray[Any]]:
        """Yield the frames that are left as (H, W) grey or (H, W, 3) RGB of the video's depth.

        Raises:
            SourceError: there is none.
        """
        count = 0
        while True:
            ok, image = self._capture.read()
            if not ok:
                break
            count += 1
            yield image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        if count == 0:
            raise SourceError(f"{self.name} opens but holds no frame that can be decoded")
        if self.length is not None and count < self.length:
            _LOG.warning(
                "%s ends after %d of the %d frames it announces", self.name, count, self.length
            )

    def close(self) -> None:
        """Give back the file or camera."""
        self._capture.release()

    def _keep_depth(self) -> None:
        """Have deep grey video handed out as it is: made 8-bit by OpenCV, its low byte is lost."""
        name = cv2.CAP_PROP_FOURCC if self._live else cv2.CAP_PROP_CODEC_PIXEL_FORMAT
        deep = _DEEP_GREY_OF_CAMERAS if self._live else _DEEP_GREY_OF_FILES
        if self._capture.get(name) in deep and not self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0):
            _LOG.warning(
                "%s has more than 8 bits, of which OpenCV %s hands out the upper 8 only: take a "
                "newer opencv-python, or give a folder of 16-bit PNG files",
                self.name,
                cv2.__version__,
            )


class ImageSource(FrameSource):
    """Image files in natural order (2 before 10); their rate is the caller's to say."""

    def __init__(
        self,
        name: str,
        files: Sequence[Path],
        fps: float = DEFAULT_FPS,
        intensity: IntensityRange | None = None,
    ) -> None:
        """Sort the files; ``intensity`` as in ``open_source``."""
        if not files:
            raise SourceError(
                f"{name} holds no images; looked for {', '.join(sorted(IMAGE_SUFFIXES))}"
            )
        self.name = name
        self.fps = fps
        self.length = len(files)
        self._intensity = intensity
        self._files = sorted(files, key=natural_order)

    def __iter__(self) -> Iterator[Frame]:
        scaling = IntensityScaling(self._intensity)
        readable = 0
        for index, file in enumerate(self._files):
            pixels = read_image(file)
            if pixels is None:
                _LOG.warning("%s is not a readable image; this frame is skipped", file)
                continue
            try:
                image = scaling(pixels)
            except InvalidImageError as error:
                _LOG.warning("%s: %s; this frame is skipped", file, error)
                continue
            readable += 1
            yield Frame(index + 1, index / self.fps, image)
        if not readable:
            raise SourceError(f"none of the {self.length} images of {self.name} can be read")


def open_source(
    source: str | Path | int,
    fps: float = DEFAULT_FPS,
    intensity: IntensityRange | None = None,
) -> FrameSource:
    """Open whatever ``source`` names.

    Args:
        source: a video file; a camera index (``0``); a folder of images; a glob pattern
            (``frames/*.png``) or a printf pattern (``frames/%06d.jpg``) of images.
        fps: rate of images; a video brings its own.
        intensity: what becomes black and white of frames of more than 8 bits; None takes it from
            the first frame, for all of them.

    Raises:
        SourceError: there is no such thing, or OpenCV cannot read it.
    """
    text = str(source)
    path = Path(text).expanduser()
    if path.is_dir():
        return ImageSource(path.resolve().name, image_files(path), fps, intensity)
    if path.is_file():
        if path.suffix.lower() in IMAGE_SUFFIXES:
            return ImageSource(path.name, [path], fps, intensity)
        return VideoSource(path, intensity)
    if re.fullmatch(r"\d{1,3}", text):
        return VideoSource(int(text), intensity)
    if _PRINTF_NUMBER.search(path.name):
        return ImageSource(text, _numbered_files(path), fps, intensity)
    if glob.has_magic(text):
        return ImageSource(text, _matching_files(path), fps, intensity)
    raise SourceError(
        f"there is no {text}; give a video file, a camera index such as 0, a folder of images, "
        "or a pattern such as 'frames/*.png' or frames/%06d.jpg"
    )


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
    """Return an image file as RGB uint8 (H, W, 3); None if it is missing or cannot be decoded.

    For single images; those of a sequence have a range of intensities in common.
    """
    pixels = read_image(file)
    try:
        return None if pixels is None else to_rgb8(pixels)[0]
    except InvalidImageError:
        return None
