# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is connected wrongly around the node, beside its images: in words, from the graph."""

from __future__ import annotations

from rclpy.node import Node

from rlt_ros.ros.interface.topics import DETECTION

BOX_TYPE = "vision_msgs/msg/Detection2D"


def misconnections(node: Node, boxes_topic: str, *, idle: bool) -> list[str]:
    """Return what is wrong, a sentence each. Boxes are of interest while the node is idle."""
    found = [_another_tracker(node), _no_clock(node)]
    if idle:
        found += [_wrong_boxes(node, boxes_topic), _boxes_elsewhere(node, boxes_topic)]
    return [text for text in found if text]


def _another_tracker(node: Node) -> str:
    topic = node.resolve_topic_name(DETECTION.name)
    others = node.count_publishers(topic) - 1
    if others < 1:
        return ""
    return (
        f"somebody else publishes {topic} as well, and results get mixed: start each tracker in a"
        " namespace of its own (namespace:=NAME; one that was killed is seen for up to 20 s more)"
    )


def _no_clock(node: Node) -> str:
    if not node.get_parameter("use_sim_time").value or node.count_publishers("/clock"):
        return ""
    return (
        "use_sim_time is set, but nobody publishes /clock: a status without image is stamped with"
        " the last time that came, or 0 (ros2 bag play --clock, or start the simulation)"
    )


def _wrong_boxes(node: Node, topic: str) -> str:
    types = {each.topic_type for each in node.get_publishers_info_by_topic(topic)} - {BOX_TYPE}
    if not types:
        return ""
    return f"init boxes on {topic} are published as {min(types)}; they have to be {BOX_TYPE}"


def _boxes_elsewhere(node: Node, topic: str) -> str:
    if node.count_publishers(topic):
        return ""
    for name, types in node.get_topic_names_and_types():
        if name.split("/")[-1] != topic.split("/")[-1] or name == topic or BOX_TYPE not in types:
            continue
        # Where somebody listens, it is meant for them.
        if node.count_publishers(name) and not node.count_subscribers(name):
            return f"an init box is published on {name}; this node listens to {topic}"
    return ""
