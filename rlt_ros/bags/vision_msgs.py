# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of vision_msgs for bags, where it is not installed.

Only names and types of the fields count here: they decide how messages are laid out and hashed.
Bags without definitions may also hold an older interface. That of Galactic is laid out like that
of Humble, with a geometry_msgs/Pose2D as the box's centre; that of Foxy is another.
"""

from __future__ import annotations

from collections.abc import Mapping

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

DETECTION = "vision_msgs/msg/Detection2D"

# vision_msgs 4, in Humble and later.
DEFINITIONS = {
    "vision_msgs/msg/Point2D": "float64 x\nfloat64 y",
    "vision_msgs/msg/Pose2D": "vision_msgs/Point2D position\nfloat64 theta",
    "vision_msgs/msg/BoundingBox2D": "vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
    "vision_msgs/msg/ObjectHypothesis": "string class_id\nfloat64 score",
    "vision_msgs/msg/ObjectHypothesisWithPose": (
        "vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose"
    ),
    DETECTION: (
        "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n"
        "vision_msgs/BoundingBox2D bbox\nstring id"
    ),
}


# vision_msgs 2 in Foxy.
FOXY_DEFINITIONS = {
    "vision_msgs/msg/BoundingBox2D": "geometry_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
    "vision_msgs/msg/ObjectHypothesisWithPose": (
        "string id\nfloat64 score\ngeometry_msgs/PoseWithCovariance pose"
    ),
    DETECTION: (
        "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n"
        "vision_msgs/BoundingBox2D bbox\nsensor_msgs/Image source_img\nbool is_tracking\n"
        "string tracking_id"
    ),
}


def detection_types(definitions: Mapping[str, str] = DEFINITIONS) -> Typestore:
    """Return ROS 2 Jazzy's types and those of ``definitions``: of Humble and later, or Foxy."""
    store = get_typestore(Stores.ROS2_JAZZY)
    for name, text in definitions.items():
        store.register(get_types_from_msg(text, name))
    return store
