# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files as pixels of their own depth; the same wherever the file's bytes come from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def decode_image(data: bytes | NDArray[np.uint8]) -> NDArray[Any] | None:
    """Return an image file's content as (H, W) grey or (H, W, 3) RGB of the file's depth.

    Palettes are looked up, a camera's turn (EXIF) is made, and transparency is left out: colours
    count as they are stored.

    Returns:
        uint8, uint16, int16, int32, float32 or float64; None if it cannot be decoded.
    """
    encoded = np.frombuffer(data, np.uint8)
    with quiet_opencv():
        image = _decoded(encoded, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
        if image is None:  # TIFF in grey of 32 or 64 bits is not to be had in colour
            image = _decoded(encoded, cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim == 2:
        return image
    if image.shape[2] < 3:  # grey and alpha
        return np.ascontiguousarray(image[..., 0])
    if image.dtype == np.uint8:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    return np.ascontiguousarray(image[..., 2::-1])


def read_image(file: Path) -> NDArray[Any] | None:
    """Return what ``decode_image`` makes of a file; None if it is missing as well."""
    try:
        # Not imread: it prints its own warnings and fails on some non-ASCII paths.
        return decode_image(np.fromfile(file, np.uint8))
    except OSError:
        return None


def is_text(name: str) -> bool:
    """Return whether a name is text; in others Python keeps bytes, at which OpenCV crashes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep back OpenCV's log lines about what the caller reports in one line of its own."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # its FFmpeg reads this on first use
    log = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging  # moved in OpenCV 5
    level = log.getLogLevel()
    log.setLogLevel(0)  # silent
    try:
        yield
    finally:
        log.setLogLevel(level)


def _decoded(encoded: NDArray[np.uint8], flags: int) -> NDArray[Any] | None:
    try:
        return cv2.imdecode(encoded, flags)
    except cv2.error:
        return None
