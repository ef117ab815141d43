# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and stamps of messages. Boxes are x, y, w, h; messages hold centre and size."""

from __future__ import annotations

import math
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


def box_of(detection: Any) -> Box:
    """Return the box of a vision_msgs/Detection2D in pixels; its angle is ignored.

    Raises:
        InvalidBoxError: a number is not finite, or a side is not above zero.
    """
    centre, width, height = (
        centre_of(detection),
        detection.bbox.size_x,
        detection.bbox.size_y,
    )
    if not all(math.isfinite(number) for number in (centre.x, centre.y, width, height)):
        raise InvalidBoxError(
            f"centre ({centre.x:g}, {centre.y:g}) and size {width:g}x{height:g} must be finite"
        )
    if width <= 0 or height <= 0:
        raise InvalidBoxError(f"size {width:g}x{height:g} must be above zero")
    return (centre.x - width / 2, centre.y - height / 2, width, height)
