# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of sensor_msgs/Image messages, wherever they come from.

The libraries that convert encodings want a well-formed message and fail obscurely on others, so
that is checked first, here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.errors import InvalidImageError

_BAYER = [f"bayer_{pattern}" for pattern in ("rggb", "bggr", "gbrg", "grbg")]

BYTES_PER_PIXEL: dict[str, int] = {
    **{"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1},
    **{"rgb16": 6, "bgr16": 6, "rgba16": 8, "bgra16": 8, "mono16": 2},
    **{f"{name}8": 1 for name in _BAYER},
    **{f"{name}16": 2 for name in _BAYER},
    **{"yuv422": 2, "uyvy": 2, "yuv422_yuy2": 2, "yuyv": 2},
}
"""The encodings that can be tracked in."""


def raw_to_rgb(message: Any, convert: Callable[[Any, str], Any]) -> NDArray[np.uint8]:
    """Return the image as H x W x 3 uint8 RGB; unpadded rgb8 is a view of the message, not a copy.

    Args:
        message: anything with the fields of a sensor_msgs/Image.
        convert: turns an unpadded message into an array of the encoding that is asked for, as
            cv_bridge's ``imgmsg_to_cv2`` does.

    Raises:
        InvalidImageError: empty, an unknown encoding, or a buffer that does not fit the header.
    """
    height, width, step = message.height, message.width, message.step
    if height == 0 or width == 0:
        raise InvalidImageError(f"the image is empty ({width}x{height})")
    if message.encoding not in BYTES_PER_PIXEL:
        raise InvalidImageError(
            f"the encoding {message.encoding!r} is not known; use one of "
            + ", ".join(BYTES_PER_PIXEL)
        )
    row = width * BYTES_PER_PIXEL[message.encoding]
    if step < row:
        raise InvalidImageError(
            f"step is {step} bytes but {width} pixels of {message.encoding} take {row}"
        )
    if len(message.data) != step * height:
        raise InvalidImageError(
            f"the data holds {len(message.data)} bytes, not step x height ="
            f" {step} x {height} = {step * height}"
        )
    # Rows are unpadded here because rosbags-image does not look at `step`.
    rows = np.frombuffer(message.data, np.uint8).reshape(height, step)[:, :row]
    rows = np.ascontiguousarray(rows)
    if message.encoding == "rgb8":
        return rows.reshape(height, width, 3)
    plain = SimpleNamespace(
        height=height,
        width=width,
        step=row,
        encoding=message.encoding,
        is_bigendian=message.is_bigendian,
        data=rows.data,
    )
    try:
        return np.asarray(convert(plain, "rgb8"))
    except Exception as error:  # each library has its own; the frame is unusable either way
        raise InvalidImageError(
            f"{message.encoding} could not be converted to RGB: {error}"
        ) from error
