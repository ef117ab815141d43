# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which trackers and cameras are there, from the ROS graph alone; and why one is silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rclpy.node import Node

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"
STATUS = "rlt_ros/msg/TrackerStatus"
DETECTION = "vision_msgs/msg/Detection2D"
DETECTIONS = "vision_msgs/msg/Detection2DArray"
LIFE_CYCLE = "get_state"

QUIET = 2.5
"""Seconds without a message that are nothing to speak of; a tracker's status comes every second."""


@dataclass(frozen=True)
class Tracker:
    """A tracker and the full names of what belongs to it; empty where it has no such topic.

    Attributes:
        name: the full name of the node.
        images: where its camera's images come from, with their type.
        services: of its own, by their names without the node's: types.
    """

    name: str
    status: str
    images: str = ""
    image_type: str = IMAGE
    detection: str = ""
    detections: str = ""
    attention: str = ""
    init_box: str = ""
    services: dict[str, str] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[str, ...]:
        """What who watches it connects to: other ends, other connections."""
        topics = (self.status, self.detection, self.detections, self.attention, self.init_box)
        return (*topics, self.services.get("init", ""))


def find_trackers(node: Node) -> list[Tracker]:
    """Return the trackers that are there, by their names."""
    found: dict[str, Tracker] = {}
    for topic, types in node.get_topic_names_and_types():
        if STATUS not in types:
            continue
        for publisher in node.get_publishers_info_by_topic(topic):
            if publisher.topic_type == STATUS and "UNKNOWN" not in publisher.node_name:
                tracker = _tracker(node, publisher.node_name, publisher.node_namespace, topic)
                if tracker is not None:
                    found[tracker.name] = tracker
    return [found[name] for name in sorted(found)]


def _tracker(node: Node, name: str, namespace: str, status: str) -> Tracker | None:
    full_name = f"{namespace.rstrip('/')}/{name}"
    try:
        published = node.get_publisher_names_and_types_by_node(name, namespace)
        subscribed = node.get_subscriber_names_and_types_by_node(name, namespace)
        served = node.get_service_names_and_types_by_node(name, namespace)
    except RuntimeError:  # NodeNameNonExistentError of its own in each release: it has just gone
        return None
    images = [
        (topic, kind) for kind in (IMAGE, COMPRESSED_IMAGE) for topic in _of_type(subscribed, kind)
    ]
    images.sort(key=lambda one: not node.count_publishers(one[0]))  # with a publisher first
    topic, kind = images[0] if images else ("", IMAGE)
    prefix = f"{full_name}/"
    return Tracker(
        full_name,
        status,
        images=topic,
        image_type=kind,
        detection=_first(_of_type(published, DETECTION)),
        detections=_first(_of_type(published, DETECTIONS)),
        attention=_first(one for one in _of_type(published, IMAGE) if "attention" in one),
        init_box=_first(_of_type(subscribed, DETECTION)),
        services={
            service.removeprefix(prefix): types[0]
            for service, types in served
            if service.startswith(prefix) and types
        },
    )


def why_camera_silent(node: Node, tracker: Tracker, seconds: float) -> str:
    """Return why no image has come for so long, empty if that is nothing to speak of."""
    if not tracker.images:
        return "the tracker subscribes to no images now"
    publishers = [
        each
        for each in node.get_publishers_info_by_topic(tracker.images)
        if each.topic_type == tracker.image_type
    ]
    if not publishers:
        return f"nobody publishes {tracker.images}: does the camera's driver run?"
    if seconds < QUIET:
        return ""
    names = ", ".join(
        f"{each.node_namespace.rstrip('/')}/{each.node_name}"
        for each in publishers[:3]
        if "UNKNOWN" not in each.node_name
    )
    count = f"{len(publishers)} publisher" + ("s" if len(publishers) > 1 else "")
    of = f" ({names})" if names else ""
    return (
        f"no image on {tracker.images} for {seconds:.0f} s, though it has {count}{of}: is the"
        " camera paused or unplugged?"
    )


def why_tracker_silent(tracker: Tracker, *, present: bool, seconds: float) -> str:
    """Return why no status has come for so long, empty if that is nothing to speak of."""
    if not present:
        return f"nobody publishes {tracker.status} any more: the tracker has ended"
    if seconds < QUIET:
        return ""
    if LIFE_CYCLE in tracker.services:
        return (
            f"no status on {tracker.status} for {seconds:.0f} s: is the node active? (ros2"
            f" lifecycle get {tracker.name})"
        )
    return (
        f"no status on {tracker.status} for {seconds:.0f} s, though its node is there: it hangs,"
        " or the network loses much"
    )


def _of_type(topics: Iterable[tuple[str, list[str]]], kind: str) -> list[str]:
    return sorted(topic for topic, types in topics if kind in types)


def _first(names: Iterable[str]) -> str:
    return next(iter(names), "")
