# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and stamps of messages. Boxes are x, y, w, h; messages hold centre and size."""

from __future__ import annotations

import math
import sys
from typing import Any

from rlt_ros.tracking.errors import InvalidBoxError

Box = tuple[float, float, float, float]
"""x, y, w, h in pixels: top-left corner and size, 0-based continuous coordinates."""


def stamp_nanoseconds(stamp: Any) -> int:
    """Return a builtin_interfaces/Time as one number; 0 stands for no stamp."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def centre_of(detection: Any) -> Any:
    """Return x and y of the box's centre; before Humble it is no pose with a position in it."""
    centre = detection.bbox.center
    return getattr(centre, "position", centre)


def check_numbers(what: str, *numbers: float) -> None:
    """Make sure that numbers of a message are what its sender meant.

    Rclpy takes the bytes of whole numbers in Python for those of a float, unless it is told to look
    (``ROS_PYTHON_CHECK_FIELDS``): positive ones arrive as the tiniest there are, negative ones as
    NaN. NumPy's own integers and its float32 fare likewise.

    Args:
        what: they are, for the error.
        numbers: to look at.

    Raises:
        InvalidBoxError: one is not finite, or that tiny.
    """
    if not all(number == 0 or sys.float_info.min <= abs(number) < math.inf for number in numbers):
        raise InvalidBoxError(
            f"{what} must be finite; a sender in Python has to give floats, such as 60.0, not 60"
        )


def box_of(detection: Any) -> Box:
    """Return the box of a vision_msgs/Detection2D in pixels; its angle is ignored.

    Raises:
        InvalidBoxError: see ``check_numbers``; or a side is not above zero.
    """
    centre, width, height = (
        centre_of(detection),
        detection.bbox.size_x,
        detection.bbox.size_y,
    )
    what = f"centre ({centre.x:g}, {centre.y:g}) and size {width:g}x{height:g}"
    check_numbers(what, centre.x, centre.y, width, height)
    if width <= 0 or height <= 0:
        raise InvalidBoxError(f"size {width:g}x{height:g} must be above zero")
    return (centre.x - width / 2, centre.y - height / 2, width, height)
