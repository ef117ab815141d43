# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames as sensor_msgs messages in a bag: Image, or CompressedImage with a file's bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.typesys.store import Typestore

from rlt_ros.bags.headers import make_header
from rlt_ros.bags.writer import BagWriter
from rlt_ros.messages.images import compressed_pixels, raw_pixels
from rlt_ros.tracking.errors import InvalidImageError

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"

# How files begin: format's name in CompressedImage and suffix.
_FORMATS = (
    (b"\xff\xd8\xff", "jpeg", ".jpg"),
    (b"\x89PNG\r\n", "png", ".png"),
    (b"II*\x00", "tiff", ".tif"),
    (b"MM\x00*", "tiff", ".tif"),
    (b"BM", "bmp", ".bmp"),
)


def compressed_format(data: bytes) -> tuple[str, str]:
    """Return the format ("jpeg") and suffix (".jpg") of an image file by its first bytes.

    Raises:
        InvalidImageError: none of jpeg, png, tiff, bmp and webp.
    """
    for start, name, suffix in _FORMATS:
        if data.startswith(start):
            return name, suffix
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp", ".webp"
    raise InvalidImageError(
        "the compressed image is no jpeg, png, tiff, bmp or webp file"
        + ("" if data else ": it is empty")
    )


def image_pixels(message: Any, message_type: str) -> NDArray[Any]:
    """Return a decoded Image or CompressedImage as (H, W) grey or (H, W, 3) RGB of its own depth.

    Raises:
        InvalidImageError: it cannot be decoded.
    """
    if message_type == IMAGE:
        return raw_pixels(message)
    return compressed_pixels(message)


def image_cdr(
    image: NDArray[np.uint8], stamp_ns: int, frame_id: str, types: Typestore
) -> memoryview:
    """Return an RGB uint8 (H, W, 3) image as a serialized message of encoding rgb8."""
    height, width = image.shape[:2]
    message = types.types[IMAGE](
        header=make_header(stamp_ns, frame_id, types),
        height=height,
        width=width,
        encoding="rgb8",
        is_bigendian=0,
        step=3 * width,
        data=np.ascontiguousarray(image).reshape(-1),
    )
    return types.serialize_cdr(message, IMAGE)


def compressed_image_cdr(data: bytes, stamp_ns: int, frame_id: str, types: Typestore) -> memoryview:
    """Return an image file's bytes as a serialized CompressedImage.

    Raises:
        InvalidImageError: the bytes do not begin as an image file does.
    """
    message = types.types[COMPRESSED_IMAGE](
        header=make_header(stamp_ns, frame_id, types),
        format=compressed_format(data)[0],
        data=np.frombuffer(data, np.uint8),
    )
    return types.serialize_cdr(message, COMPRESSED_IMAGE)


def write_frames(
    bag: BagWriter,
    topic: str,
    frames: Iterable[tuple[float, NDArray[np.uint8]]],
    start_ns: int,
    frame_id: str = "camera",
) -> int:
    """Append frames to a bag, received when they were taken, and return their number.

    Args:
        bag: where to write; the topic is declared here.
        topic: for example "/camera/image_raw".
        frames: (seconds since the first frame, RGB uint8 (H, W, 3)).
        start_ns: stamp of the first frame; not 0, which stands for "no stamp".
        frame_id: the camera's coordinate frame.
    """
    bag.add_topic(topic, IMAGE)
    for seconds, image in frames:
        stamp_ns = start_ns + round(seconds * 1e9)
        bag.write(topic, stamp_ns, image_cdr(image, stamp_ns, frame_id, bag.types))
    return bag.counts[topic]
