# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames as sensor_msgs/msg/Image messages in a bag."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from rosbags.typesys.store import Typestore

from rlt_ros.bags.writer import BagWriter

IMAGE = "sensor_msgs/msg/Image"


def image_cdr(
    image: NDArray[np.uint8], stamp_ns: int, frame_id: str, types: Typestore
) -> memoryview:
    """Return an RGB uint8 (H, W, 3) image as a serialized message of encoding rgb8."""
    height, width = image.shape[:2]
    header = types.types["std_msgs/msg/Header"](
        stamp=types.types["builtin_interfaces/msg/Time"](
            sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9
        ),
        frame_id=frame_id,
    )
    message = types.types[IMAGE](
        header=header,
        height=height,
        width=width,
        encoding="rgb8",
        is_bigendian=0,
        step=3 * width,
        data=np.ascontiguousarray(image).reshape(-1),
    )
    return types.serialize_cdr(message, IMAGE)


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
