# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The subscription to the camera's images, with a QoS that fits whoever publishes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import Image

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError

from rlt_ros.ros.interface.topics import IMAGES

IMAGE_TYPE = "sensor_msgs/msg/Image"


class ImageSubscription:
    """Receives images on ``image_raw``, which a remapping may name otherwise.

    `reliability` is ``reliable``, ``best_effort`` or ``auto``: reliable as long as every publisher
    of the images offers it, else best effort. Nothing but the subscription is made anew when
    publishers change. (QoS ``best_available`` of Iron and later looks at the publishers once, when
    the subscription is made.)

    `keep_all` keeps every image that was acknowledged until the callback takes it. It does not hold
    up a camera: Fast DDS acknowledges what it has stored, taken or not. But it costs memory while
    callbacks are held up (6 s at 704 x 400 and 30 Hz: 140 MiB), and that is not given back. Who
    wants the newest image only does without: then at most the topic's depth wait, a longer stop
    loses some.
    """

    def __init__(
        self, node: Node, on_image: Callable[[Image], None], reliability: str, *, keep_all: bool
    ) -> None:
        self._node = node
        self._on_image = on_image
        self._automatic = reliability == "auto"
        self._keep_all = keep_all
        self.reliable = reliability != "best_effort"
        self.received = 0
        self.lost = 0  # on the way, as far as the middleware tells
        self.last_received = time.monotonic()  # or made, before the first image
        self._subscription = self._subscribe()

    @property
    def topic(self) -> str:
        """The full name of the topic."""
        return str(self._subscription.topic_name)

    @property
    def qos(self) -> QoSProfile:
        """What is asked of publishers."""
        reliability = ReliabilityPolicy.RELIABLE if self.reliable else ReliabilityPolicy.BEST_EFFORT
        history = HistoryPolicy.KEEP_LAST
        if self.reliable and self._keep_all:
            history = HistoryPolicy.KEEP_ALL
        return QoSProfile(history=history, depth=IMAGES.depth, reliability=reliability)

    def publishers(self) -> list[TopicEndpointInfo]:
        """Return who publishes the topic, other types than images included."""
        return list(self._node.get_publishers_info_by_topic(self.topic))

    def adapt(self) -> None:
        """Subscribe anew if the publishers that are there now need another reliability."""
        offers = [each for each in self.publishers() if each.topic_type == IMAGE_TYPE]
        if not self._automatic or not offers:
            return
        weak = [e for e in offers if e.qos_profile.reliability != ReliabilityPolicy.RELIABLE]
        if self.reliable == (not weak):
            return
        self.reliable = not weak
        self._node.destroy_subscription(self._subscription)
        self._subscription = self._subscribe()
        if weak:
            why = f"best_effort: {node_path(weak[0])} offers nothing else"
        else:
            why = "reliable: every publisher offers it"
        self._node.get_logger().info(f"images on {self.topic} are now taken {why}")

    def destroy(self) -> None:
        """Receive no more."""
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self) -> Any:
        events: dict[str, Callable[[Any], None]] = {"message_lost": self._on_lost}
        if self._automatic:  # else rclpy's own warning is right
            events["incompatible_qos"] = lambda _: self.adapt()
        try:
            return self._create(SubscriptionEventCallbacks(**events))
        except UnsupportedEventTypeError:  # by this middleware
            del events["message_lost"]
            return self._create(SubscriptionEventCallbacks(**events))

    def _create(self, events: SubscriptionEventCallbacks) -> Any:
        return self._node.create_subscription(
            IMAGES.type, IMAGES.name, self._receive, self.qos, event_callbacks=events
        )

    def _receive(self, message: Image) -> None:
        self.received += 1
        self.last_received = time.monotonic()
        self._on_image(message)

    def _on_lost(self, event: Any) -> None:
        self.lost += event.total_count_change


def node_path(endpoint: TopicEndpointInfo) -> str:
    """Return the full name of the node that an endpoint belongs to."""
    if "UNKNOWN" in endpoint.node_name:  # its node is heard of a moment later
        return "a new node"
    return f"{endpoint.node_namespace.rstrip('/')}/{endpoint.node_name}"
