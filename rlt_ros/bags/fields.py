# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fields of messages that are looked at; the definitions that a bag brings may lack one."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from rlt_ros.messages.detections import centre_of

_STAMP = ("header.stamp.sec", "header.stamp.nanosec")
_FIELDS = {
    "sensor_msgs/msg/Image": attrgetter(
        *_STAMP, "height", "width", "encoding", "is_bigendian", "step", "data"
    ),
    "sensor_msgs/msg/CompressedImage": attrgetter(*_STAMP, "format", "data"),
    "vision_msgs/msg/Detection2D": attrgetter(*_STAMP, "results", "bbox.size_x", "bbox.size_y"),
}
_OF_CENTRE, _OF_RESULT = attrgetter("x", "y"), attrgetter("pose.pose.position.x")


def check_fields(message: Any, message_type: str) -> None:
    """Make sure that a message has the fields that are looked at in messages of its type.

    Raises:
        AttributeError: it lacks one.
    """
    if message_type in _FIELDS:
        _FIELDS[message_type](message)
    if message_type == "vision_msgs/msg/Detection2D":
        _OF_CENTRE(centre_of(message))
        for result in message.results[:1]:
            _OF_RESULT(result)
