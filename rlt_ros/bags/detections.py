# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Annotated boxes as vision_msgs/msg/Detection2D messages in a bag, without loss.

The message has centre and size. Corner minus and plus half a side rounds, and for some boxes no
centre in float64 gives their corner back. So the corner itself travels as the position of the
hypothesis's pose, in pixels; whoever only looks at ``bbox`` gets it to the last bit but one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rosbags.typesys.store import Typestore

from rlt_ros.bags.headers import make_header
from rlt_ros.bags.vision_msgs import DETECTION
from rlt_ros.messages.detections import Box, centre_of

CLASS_ID = "target"


def detection_cdr(
    box: Sequence[float], stamp_ns: int, frame_id: str, types: Typestore
) -> memoryview:
    """Return a box x, y, w, h (pixels, top-left corner, 0-based) as a serialized message."""
    x, y, w, h = (float(number) for number in box)

    def make(name: str, **fields: Any) -> Any:
        return types.types[name](**fields)

    corner = make(
        "geometry_msgs/msg/Pose",
        position=make("geometry_msgs/msg/Point", x=x, y=y, z=0.0),
        orientation=make("geometry_msgs/msg/Quaternion", x=0.0, y=0.0, z=0.0, w=1.0),
    )
    result = make(
        "vision_msgs/msg/ObjectHypothesisWithPose",
        hypothesis=make("vision_msgs/msg/ObjectHypothesis", class_id=CLASS_ID, score=1.0),
        pose=make("geometry_msgs/msg/PoseWithCovariance", pose=corner, covariance=np.zeros(36)),
    )
    centre = make("vision_msgs/msg/Point2D", x=x + w / 2, y=y + h / 2)
    message = make(
        DETECTION,
        header=make_header(stamp_ns, frame_id, types),
        results=[result],
        bbox=make(
            "vision_msgs/msg/BoundingBox2D",
            center=make("vision_msgs/msg/Pose2D", position=centre, theta=0.0),
            size_x=w,
            size_y=h,
        ),
        id=CLASS_ID,
    )
    return types.serialize_cdr(message, DETECTION)


def annotated_box(detection: Any) -> Box:
    """Return the box of a message: bit for bit what ``detection_cdr`` was given.

    In a message from elsewhere the pose means something else; its corner is then worked out from
    centre and size. Annotations may be empty boxes, so nothing is refused here.
    """
    centre, w, h = centre_of(detection), detection.bbox.size_x, detection.bbox.size_y
    if detection.results:
        corner = detection.results[0].pose.pose.position
        if (corner.x + w / 2, corner.y + h / 2) == (centre.x, centre.y):
            return (corner.x, corner.y, w, h)
    return (centre.x - w / 2, centre.y - h / 2, w, h)
