# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images as JPEG, in a thread of its own: of each stream the newest image waits, no more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.closing import Closing

QUALITY = 80
"""Of JPEG, 0 to 100."""

MAX_SIDE = 1280
"""Pixels that the longer side of a picture has at most; boxes stay in the image's own."""

_RESIZED = (np.uint8, np.uint16, np.int16, np.float32, np.float64)  # by OpenCV


class Encoder(Closing):
    """Runs what is submitted, one after the other, the newest of each stream."""

    def __init__(self, complain: Callable[[str, Exception], None]) -> None:
        """Start the thread; `complain` is told which stream's work failed, and how."""
        self._complain = complain
        self._waiting: dict[str, Callable[[], None]] = {}
        self._wake = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="jpeg encoder", daemon=True)
        self._thread.start()

    def submit(self, stream: str, work: Callable[[], None]) -> None:
        """Have some work done, in place of what waits for that stream. Returns at once."""
        with self._wake:
            self._waiting[stream] = work
            self._wake.notify()

    def close(self) -> None:
        """End the thread; what waits is left out."""
        with self._wake:
            self._over = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._over:
                    self._wake.wait()
                if self._over:
                    return
                stream = next(iter(self._waiting))
                work = self._waiting.pop(stream)
            try:
                work()
            except Exception as error:  # a bad image must not end all pictures
                self._complain(stream, error)


def shrunk(pixels: NDArray[Any], max_side: int = MAX_SIDE) -> NDArray[Any]:
    """Return an image, made smaller where its longer side has more than `max_side` pixels.

    Args:
        pixels: (H, W) or (H, W, channels) of any type of numbers.
        max_side: in pixels.
    """
    scale = max_side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    if pixels.dtype not in _RESIZED:
        pixels = pixels.astype(np.float32)
    height, width = (max(1, round(scale * side)) for side in pixels.shape[:2])
    small = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small)


def jpeg_of(image: NDArray[np.uint8]) -> bytes:
    """Return an image as JPEG: (H, W) grey or (H, W, 3) RGB."""
    _, data = cv2.imencode(
        ".jpg",
        cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image,
        [cv2.IMWRITE_JPEG_QUALITY, QUALITY],
    )
    return bytes(data.data)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height that a JPEG's header tells; None where it is no JPEG of 8 bits."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xC2:  # baseline, extended or progressive, which browsers show
            height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
            return (width, height) if width and height and data[at + 4] == 8 else None
        at += 2 + length
    return None
