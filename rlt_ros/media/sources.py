# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames from video files, webcams, image folders and image patterns, one loop for all of them."""

from __future__ import annotations

import glob
import logging
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.closing import Closing
from rlt_ros.complaints import Complaints
from rlt_ros.media.frame_times import DEFAULT_FPS, FrameTimes, frame_rate
from rlt_ros.media.live import LiveCapture
from rlt_ros.media.turning import Turning
from rlt_ros.pixels.files import is_text, quiet_opencv, read_image
from rlt_ros.pixels.intensity import IntensityRange, IntensityScaling, to_rgb8
from rlt_ros.tracking.errors import InvalidImageError

_LOG = logging.getLogger(__name__)

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
)
# Names of folders in data sets that say nothing of what the images in them show.
_IMAGE_FOLDERS = frozenset(("img", "imgs", "image", "images", "frames", "color", "rgb"))
# Grey of more than 8 bits, as FFmpeg and Video4Linux name it.
_DEEP_GREY_OF_FILES = (cv2.VideoWriter.fourcc(*"Y1\0\x10"),)
_DEEP_GREY_OF_CAMERAS = tuple(cv2.VideoWriter.fourcc(*name) for name in ("Y16 ", "Y12 ", "Y10 "))
_PICTURES_OF_TEXT = cv2.VideoWriter.fourcc(*"ansi")  # FFmpeg draws what is in a text file
_PRINTF_NUMBER = re.compile(r"%0?\d*d")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SECRET = re.compile(r"(://)[^/@]*@")
_TIMEOUT = 10_000  # milliseconds for an address to answer
_MOST_FRAMES = 1e9  # more is a broken header


class SourceError(ValueError):
    """A source that cannot be read; the message names it and says what to do."""


class Frame(NamedTuple):
    """One frame: its number from 1 on, seconds since the first frame, RGB uint8 (H, W, 3)."""

    number: int
    stamp: float
    image: NDArray[np.uint8]


class FrameSource(Closing):
    """Frames to be iterated over once, with what is known about them beforehand.

    Attributes:
        name: for people, for example the file's name.
        fps: frames per second.
        length: number of frames, None for a camera. For a video it is what its header says,
            for images their number; unreadable ones are left out while iterating.
        unreadable: number of images that were skipped so far.
        left_out: number of frames of a live source that were not asked for in time.
    """

    name: str
    fps: float
    length: int | None
    unreadable: int = 0
    left_out: int = 0

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None:
        """Give back the file or camera; most sources hold nothing."""


class VideoSource(FrameSource):
    """A video file, through OpenCV; frames are turned as the file says."""

    def __init__(self, path: Path, intensity: IntensityRange | None = None) -> None:
        """Open it; ``intensity`` as in ``open_source``."""
        self._intensity = intensity
        self.name = path.name
        if not is_text(str(path)):
            raise SourceError(f"{str(path)!a} is no text, and OpenCV opens no such name: rename it")
        with quiet_opencv():
            self._capture = cv2.VideoCapture(str(path))
        opened = self._capture.isOpened()
        kind = self._capture.get(cv2.CAP_PROP_FOURCC)
        if kind == _PICTURES_OF_TEXT or (not opened and _is_text(path)):
            self._capture.release()
            raise SourceError(f"{path} is a text file, not a video")
        if not opened:
            raise SourceError(
                f"{path} is not a video that OpenCV can decode, or it is cut off; convert it, for "
                f"example with 'ffmpeg -i {path.name} -c:v libx264 video.mp4', or give a folder of "
                "images"
            )
        form = cv2.CAP_PROP_CODEC_PIXEL_FORMAT
        _keep_depth(self.name, self._capture, form, _DEEP_GREY_OF_FILES)
        with quiet_opencv():
            self.fps = frame_rate(path, self._capture.get(cv2.CAP_PROP_FPS))
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.length = int(count) if 0 < count < _MOST_FRAMES else None

    def __iter__(self) -> Iterator[Frame]:
        scaling = IntensityScaling(self._intensity)
        times = FrameTimes(self.name, self.fps)
        for index, pixels in enumerate(self.pixels()):
            stamp = times.next(self._capture.get(cv2.CAP_PROP_POS_MSEC))
            yield Frame(index + 1, stamp, scaling(pixels))

    def pixels(self) -> Iterator[NDArray[Any]]:
        """Yield the frames that are left as (H, W) grey or (H, W, 3) RGB of the video's depth.

        Raises:
            SourceError: there is none.
        """
        turned = Turning(self._capture)
        count = 0
        while True:
            with quiet_opencv():
                ok, image = self._capture.read()
            if not ok:
                break
            count += 1
            yield _rgb_or_grey(turned(image))
        if count == 0:
            raise SourceError(f"{self.name} opens but holds no frame that can be decoded")
        if self.length is not None and count < self.length:
            _LOG.warning(
                "%s ends after %d of the %d frames it announces", self.name, count, self.length
            )

    def close(self) -> None:
        """Give back the file."""
        self._capture.release()


class LiveSource(FrameSource):
    """A camera, a network stream or a GStreamer pipeline, through OpenCV; see ``LiveCapture``."""

    def __init__(
        self,
        name: str,
        open_capture: Callable[[], cv2.VideoCapture],
        missing: str,
        intensity: IntensityRange | None = None,
    ) -> None:
        """Open it.

        Args:
            name: for people.
            open_capture: returns the capture, perhaps one that is not open.
            missing: what to say then.
            intensity: as in ``open_source``.

        Raises:
            SourceError: it does not open.
        """
        self.name = name
        self._intensity = intensity
        with quiet_opencv():
            self._capture = LiveCapture(name, open_capture)
        if not self._capture.opened:
            raise SourceError(missing)
        self.fps = self._capture.fps
        self.length = self._capture.length

    def __iter__(self) -> Iterator[Frame]:
        scaling = IntensityScaling(self._intensity)
        for count, (number, seconds, image) in enumerate(self._capture, start=1):
            self.left_out = number - count
            yield Frame(number, seconds, scaling(_rgb_or_grey(image)))
        read = self._capture.read
        if not read:
            raise SourceError(f"{self.name} opens but gives no frame")
        if self.length is None or read < self.length:
            _LOG.warning("%s broke off after %d frames", self.name, read)

    def close(self) -> None:
        """Give back the source."""
        self._capture.close()


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
        complaints = Complaints(_LOG)
        readable = 0
        for index, file in enumerate(self._files):
            pixels = read_image(file)
            problem = f"{file} is not a readable image"
            try:
                image = None if pixels is None else scaling(pixels)
            except InvalidImageError as error:
                image, problem = None, f"{file}: {error}"
            if image is None:
                complaints.warn("unreadable", f"{problem}; this frame is skipped")
                self.unreadable += 1
            else:
                readable += 1
                yield Frame(index + 1, index / self.fps, image)
        complaints.catch_up(everything=True)
        if not readable:
            raise SourceError(f"none of the {self.length} images of {self.name} can be read")


def local_path(source: str | Path | int) -> Path:
    """Return the path that ``source`` is, if it is one; see ``open_source``."""
    text = str(source)
    if text.startswith("file://"):
        text = unquote(text.removeprefix("file://"))
    return Path(text).expanduser()


def open_source(
    source: str | Path | int,
    fps: float = DEFAULT_FPS,
    intensity: IntensityRange | None = None,
) -> FrameSource:
    """Open whatever ``source`` names.

    Args:
        source: a video file; a camera by its index (``0``) or device (``/dev/video0``); an
            address (``rtsp://...``, ``http://...``); a GStreamer pipeline that ends in appsink; a
            folder of images; a glob pattern (``frames/*.png``) or a printf pattern
            (``frames/%06d.jpg``) of images.
        fps: rate of images; a video brings its own.
        intensity: what becomes black and white of frames of more than 8 bits; None takes it from
            the first frame, for all of them.

    Raises:
        SourceError: there is no such thing, or OpenCV cannot read it.
    """
    path = local_path(source)
    text = str(path) if str(source).startswith("file://") else str(source)
    if path.is_dir():
        return ImageSource(sequence_name(path), image_files(path), fps, intensity)
    if path.is_file():
        if path.suffix.lower() in IMAGE_SUFFIXES:
            _check_single(path)
            return ImageSource(path.name, [path], fps, intensity)
        return VideoSource(path, intensity)
    if re.fullmatch(r"\d{1,3}", text) or text.startswith("/dev/video"):
        return _open_camera(text, intensity)
    if isinstance(source, str) and _ADDRESS.match(text):
        return _open_address(text, intensity)
    if " ! " in text:
        return _open_pipeline(text, intensity)
    if _PRINTF_NUMBER.search(path.name):
        return ImageSource(text, _numbered_files(path), fps, intensity)
    if glob.has_magic(text):
        return ImageSource(text, _matching_files(path), fps, intensity)
    missing = f"{text} is no file" if path.exists() else f"there is no {text}"
    raise SourceError(
        f"{missing}; give a video file, a camera index such as 0, an address such as "
        "rtsp://..., a folder of images, or a pattern such as 'frames/*.png' or frames/%06d.jpg"
    )


def _check_single(image: Path) -> None:
    with quiet_opencv(), suppress(cv2.error):
        count = cv2.imcount(str(image))
        if count > 1:
            raise SourceError(
                f"{image} holds {count} pictures; unpack them into a folder of images, for example "
                f"with 'ffmpeg -i {image.name} FOLDER/%06d.png', and give that"
            )


def _open_camera(camera: str, intensity: IntensityRange | None) -> LiveSource:
    def capture() -> cv2.VideoCapture:
        if camera.isdecimal():
            found = cv2.VideoCapture(int(camera))
        else:
            found = cv2.VideoCapture(camera, cv2.CAP_V4L2)
        _keep_depth(f"camera {camera}", found, cv2.CAP_PROP_FOURCC, _DEEP_GREY_OF_CAMERAS)
        return found

    where = f"at index {camera}" if camera.isdecimal() else f"at {camera}"
    missing = (
        f"no camera answers {where}; check that it is plugged in and that no other program uses "
        "it, or give a video file or an image folder"
    )
    return LiveSource(f"camera {camera}", capture, missing, intensity)


def _open_address(address: str, intensity: IntensityRange | None) -> LiveSource:
    shown = _SECRET.sub(r"\1", address)
    settings = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT]
    missing = (
        f"{shown} cannot be opened: nobody answers there within {_TIMEOUT // 1000} s, or what "
        "answers is no video; check the address, name and password with 'ffplay ADDRESS'"
    )
    return LiveSource(
        shown, lambda: cv2.VideoCapture(address, cv2.CAP_FFMPEG, settings), missing, intensity
    )


def _open_pipeline(pipeline: str, intensity: IntensityRange | None) -> LiveSource:
    if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        raise SourceError(
            f"this OpenCV build has no GStreamer, which {pipeline!r} needs; use one that has, such "
            "as python3-opencv of Debian and Ubuntu, or give an address such as rtsp://..."
        )
    missing = (
        f"the pipeline {pipeline!r} does not start; it must end in appsink: try it with "
        "gst-launch-1.0 and autovideosink in its place"
    )
    return LiveSource(
        "pipeline", lambda: cv2.VideoCapture(pipeline, cv2.CAP_GSTREAMER), missing, intensity
    )


def _keep_depth(name: str, capture: cv2.VideoCapture, prop: int, deep: Sequence[int]) -> None:
    """Have deep grey video handed out as it is: made 8-bit by OpenCV, its low byte is lost.

    Args:
        name: of the source, for people.
        capture: of it.
        prop: which of its properties names the format.
        deep: formats of more than 8 bits.
    """
    if capture.get(prop) in deep and not capture.set(cv2.CAP_PROP_CONVERT_RGB, 0):
        _LOG.warning(
            "%s has more than 8 bits, of which OpenCV %s hands out the upper 8 only: take a "
            "newer opencv-python, or give a folder of 16-bit PNG files",
            name,
            cv2.__version__,
        )


def _is_text(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(1000)
    except OSError:
        return False
    return bool(start) and all(byte >= 32 or byte in b"\t\n\r" for byte in start)


def _rgb_or_grey(image: NDArray[Any]) -> NDArray[Any]:
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


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


def sequence_folder(folder: Path) -> Path:
    """Return the folder that a sequence is named after: the one around ``img`` and the like."""
    return folder.parent if folder.name.lower() in _IMAGE_FOLDERS else folder


def sequence_name(folder: Path) -> str:
    """Return the name of what a folder of images shows."""
    folder = folder.resolve()
    return sequence_folder(folder).name or folder.name


def natural_order(file: Path) -> tuple[list[list[tuple[int, str]]], str]:
    """Return the key that sorts paths, folder by folder, with 2 before 10."""

    def key(name: str) -> list[tuple[int, str]]:
        pieces = re.split(r"(\d+)", name.lower())
        return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces if piece]

    return [key(part) for part in file.parts], str(file)  # "1" and "01" are told apart, too


def read_rgb(file: Path) -> NDArray[np.uint8] | None:
    """Return an image file as RGB uint8 (H, W, 3); None if it is missing or cannot be decoded.

    For single images; those of a sequence have a range of intensities in common.
    """
    pixels = read_image(file)
    try:
        return None if pixels is None else to_rgb8(pixels)[0]
    except InvalidImageError:
        return None
