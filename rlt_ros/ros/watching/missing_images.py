# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why no image comes, or why many are lost, and what to do about it: in words, from the graph."""

from __future__ import annotations

import difflib
from pathlib import Path

import rclpy
from ament_index_python.packages import get_package_share_directory
from rclpy.node import Node
from rclpy.qos import QoSCompatibility, ReliabilityPolicy, qos_check_compatible
from rclpy.topic_endpoint_info import TopicEndpointInfo

from rlt_ros.ros.inputs.image_subscription import (
    COMPRESSED_TYPE,
    IMAGE_TYPE,
    ImageSubscription,
    node_path,
)

STATUS_TYPE = "rlt_ros/msg/TrackerStatus"


def why_no_image(node: Node, images: ImageSubscription) -> str:
    """Return what is the matter with the topic of the images, with the nearest remedy."""
    publishers = images.publishers()
    fitting_type = [each for each in publishers if each.topic_type == images.type_name]
    if not publishers:
        return f"it has no publisher; {_elsewhere(node, images)}"
    if not fitting_type:
        return (
            f"it has {_publishers(publishers)}, none of {images.type_name};"
            f" {_elsewhere(node, images)}"
        )
    for publisher in fitting_type:
        verdict, reason = qos_check_compatible(publisher.qos_profile, images.qos)
        if verdict == QoSCompatibility.ERROR:
            return f"it has {_publishers(fitting_type)}, whose QoS does not fit: {_misfit(reason)}"
    offered = "reliable" if _offers_reliable(fitting_type) else "best_effort"
    asked = "reliable" if images.reliable else "best_effort"
    return (
        f"it has {_publishers(fitting_type)}, and QoS fits ({offered} to {asked}): does it send"
        f" anything? (ros2 topic hz {images.topic})"
    )


def remedy_for_loss(images: ImageSubscription) -> str:
    """Return what helps against images that are lost on the way."""
    publishers = images.publishers()
    if not images.reliable and publishers and _offers_reliable(publishers):
        return "set image_reliability to auto: every publisher offers reliable"
    remedies = []
    if "fastrtps" in rclpy.get_rmw_implementation_identifier():
        profiles = Path(get_package_share_directory("rlt_ros"), "config", "fastdds.xml")
        remedies.append(
            f"start the camera's process with FASTRTPS_DEFAULT_PROFILES_FILE={profiles}, since Fast"
            " DDS as it comes has no room for images"
        )
    else:
        remedies.append("give the middleware and the kernel larger receive buffers")
    if not images.reliable:
        remedies.append("let the camera publish reliably")
    return ", or ".join([*remedies, "send smaller or fewer images"])


def _elsewhere(node: Node, images: ImageSubscription) -> str:
    """Say where images are to be had instead."""
    topic = images.base
    topics = node.get_topic_names_and_types()
    # Trackers, this one included, publish pictures of what they see.
    trackers = {
        node_path(publisher)
        for name, types in topics
        if STATUS_TYPE in types
        for publisher in node.get_publishers_info_by_topic(name)
    }
    sources: dict[str, list[str]] = {IMAGE_TYPE: [], COMPRESSED_TYPE: []}
    for name, types in topics:
        for kind in set(types) & sources.keys():
            if any(
                each.topic_type == kind and node_path(each) not in trackers
                for each in node.get_publishers_info_by_topic(name)
            ):
                sources[kind].append(name)
    if images.transport == "compressed" and topic in sources[IMAGE_TYPE]:
        return f"raw images are on {topic}: set image_transport to auto or raw"
    own = {topic, f"{topic}/compressed"} & {*sources[COMPRESSED_TYPE]}
    if images.transport == "raw" and own:
        return f"compressed images are on {min(own)}: set image_transport to auto or compressed"
    for kind, what in ((IMAGE_TYPE, "images"), (COMPRESSED_TYPE, "compressed images")):
        if found := _nearest(topic, sources[kind]):
            more = f" (also on {', '.join(found[1:4])})" if found[1:] else ""
            base = found[0].removesuffix("/compressed")
            return (
                f"{what} are on {found[0]}{more}: start with image_topic:={base}"
                f" (ros2 run: -r image_raw:={base})"
            )
    return (
        "nor are there images on another topic: does the camera run, with the same ROS_DOMAIN_ID"
        " and middleware?"
    )


def _nearest(topic: str, names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: -difflib.SequenceMatcher(None, topic, name).ratio())


def _publishers(publishers: list[TopicEndpointInfo]) -> str:
    names = ", ".join(node_path(each) for each in publishers[:3])
    plural = "s" if len(publishers) > 1 else ""
    return f"{len(publishers)} publisher{plural} of {publishers[0].topic_type} ({names})"


def _offers_reliable(publishers: list[TopicEndpointInfo]) -> bool:
    return all(p.qos_profile.reliability == ReliabilityPolicy.RELIABLE for p in publishers)


def _misfit(reason: str) -> str:
    if "reliab" in reason.lower():
        return (
            "it offers best_effort, and image_reliability is reliable (set it to auto or"
            " best_effort)"
        )
    return reason.removeprefix("ERROR: ").rstrip("; ")
