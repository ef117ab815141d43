# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of sensor_msgs/Image and CompressedImage messages, wherever they come from.

OpenCV and cv_bridge want well-formed images, and read beyond the end of others; so everything is
checked first, here.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt_ros.messages.encodings import ENCODINGS, Encoding
from rlt_ros.pixels.files import decode_image
from rlt_ros.pixels.intensity import IntensityRange, to_rgb8
from rlt_ros.tracking.errors import InvalidImageError

Convert = Callable[[NDArray[np.uint8], str], NDArray[np.uint8]]
"""Turns rows without padding of an 8-bit encoding into RGB."""


def raw_to_rgb(
    message: Any,
    intensity: IntensityRange | None = None,
    others: dict[str, Convert] | None = None,
) -> tuple[NDArray[np.uint8], IntensityRange | None]:
    """Return the image as H x W x 3 uint8 RGB; unpadded rgb8 is a view of the message, not a copy.

    Args:
        message: anything with the fields of a sensor_msgs/Image.
        intensity: what becomes black and white where pixels are of more than 8 bits; None takes
            it from the image.
        others: what converts some encodings in place of the table, to the same pixels.

    Returns:
        The image and the range of intensities that was used, None for 8-bit encodings.

    Raises:
        InvalidImageError: empty, an unknown encoding, or a buffer that does not fit the header.
    """
    return to_rgb8(raw_pixels(message, others), intensity)


def raw_pixels(message: Any, others: dict[str, Convert] | None = None) -> NDArray[Any]:
    """Return the image in its own depth: (H, W) grey or (H, W, 3) RGB, in native byte order.

    Args and Raises: see ``raw_to_rgb``.
    """
    height, width, name = int(message.height), int(message.width), message.encoding
    if height <= 0 or width <= 0:
        raise InvalidImageError(
            f"the image is empty ({width}x{height}); look at what the camera's driver publishes"
        )
    encoding = ENCODINGS.get(name)
    if encoding is None:
        raise InvalidImageError(_unknown(name))
    _check_size(name, encoding, width, height)
    rows = _rows(message, name, encoding, width, height)
    try:
        if others and name in others:
            return others[name](rows.reshape(height, width, -1), name)
        values = np.require(rows.view(encoding.dtype), requirements="A")  # bags do not align it
        if bool(message.is_bigendian) != (sys.byteorder == "big") and encoding.dtype.itemsize > 1:
            values = values.byteswap()
        if encoding.chroma is None:
            values = values.reshape(height, width, encoding.channels)
        return encoding.convert(values)
    except Exception as error:  # each library has its own; the frame is unusable either way
        raise InvalidImageError(f"{name} could not be converted to RGB: {error}") from error


def compressed_pixels(message: Any) -> NDArray[Any]:
    """Return a compressed image in its own depth: (H, W) grey or (H, W, 3) RGB.

    It is decoded as image files are elsewhere in this package, so a file gives the same pixels from
    a topic or a bag as from its folder.

    Args:
        message: anything with the fields of a sensor_msgs/CompressedImage.

    Raises:
        InvalidImageError: it cannot be decoded.
    """
    if "compressedDepth" in message.format:
        raise InvalidImageError(
            "compressedDepth images cannot be tracked in; use the camera's raw or compressed ones"
        )
    data = np.asarray(message.data, np.uint8)
    pixels = decode_image(data) if data.size else None
    if pixels is None:
        raise InvalidImageError(
            f"{data.size} bytes of format {message.format!r} cannot be decoded as an image"
        )
    return pixels


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(str(name).lower(), [one.lower() for one in ENCODINGS], 1)
    found = [one for one in ENCODINGS if close and one.lower() == close[0]]
    hint = f" (did you mean {found[0]}?)" if found else ""
    return f"the encoding {name!r} is not known{hint}; use one of {', '.join(ENCODINGS)}"


def _check_size(name: str, encoding: Encoding, width: int, height: int) -> None:
    across, down = encoding.multiple
    if width % across or height % down:
        sides = "width and height" if down > 1 else "width"
        raise InvalidImageError(
            f"{name} shares colours between two pixels, so its {sides} must be even, not"
            f" {width}x{height}; set an even size in the camera's driver, or another encoding"
        )
    if min(width, height) < encoding.smallest:
        raise InvalidImageError(
            f"{name} needs {encoding.smallest}x{encoding.smallest} pixels or more, not"
            f" {width}x{height}"
        )


def _rows(
    message: Any, name: str, encoding: Encoding, width: int, height: int
) -> NDArray[np.uint8]:
    """Return the data without padding: (rows, bytes per row), rows of chroma behind the others."""
    row = encoding.row_bytes(width)
    data = np.frombuffer(message.data, np.uint8)
    step = _step(int(message.step), row, encoding, height, len(data))
    if step < row:
        raise InvalidImageError(
            f"step is {step} bytes but {width} pixels of {name} take {row}; the camera's driver"
            " sets step, width or encoding wrongly"
        )
    size = encoding.size(height, step)
    if len(data) < size or not _is_padding(len(data), size, step, encoding.size(height, 1)):
        total = f"{step} x {height}" + ("" if encoding.chroma is None else " and its chroma")
        raise InvalidImageError(
            f"the data holds {len(data)} bytes, not step x height = {total} = {size}; the message"
            " was cut short, or its driver sets step or height wrongly"
        )
    luma = data[: height * step].reshape(height, step)[:, :row]
    if encoding.chroma is None:
        return np.ascontiguousarray(luma)
    share, length = encoding.chroma
    chroma = data[height * step : size].reshape(height // share, length * step)[:, : length * row]
    return np.concatenate([luma, chroma.reshape(-1, row)])


def _step(step: int, row: int, encoding: Encoding, height: int, size: int) -> int:
    """Return the bytes from one row to the next, found out from the size where ``step`` is 0."""
    if encoding.chroma is not None and size == encoding.size(height, row):
        return row  # drivers disagree on what step is here; the size tells
    if step:
        return step
    found, rest = divmod(size, encoding.size(height, 1))
    return found if not rest and row <= found < 2 * row else row


def _is_padding(given: int, needed: int, step: int, rows: int) -> bool:
    """Whether bytes behind the last row are just that, and do not tell of longer or more rows."""
    excess = given - needed
    longer_rows = given % rows == 0 and given < 2 * needed
    return excess < step or (excess % step != 0 and not longer_rows)
