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
from sensor_msgs.msg import CompressedImage, Image

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError

from rlt_ros.ros.interface.topics import COMPRESSED_IMAGES, IMAGES

IMAGE_TYPE = "sensor_msgs/msg/Image"
COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"


class ImageSubscription:
    """Receives images on ``image_raw``, which a remapping may name otherwise.

    `transport` is ``raw``, ``compressed`` or ``auto``. Compressed images come on ``compressed``
    below that topic, or on the topic itself where it is one of them. Automatic, those are taken
    that somebody publishes, raw ones first, until nobody publishes them any more.

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
        self,
        node: Node,
        on_image: Callable[[Image | CompressedImage], None],
        reliability: str,
        *,
        keep_all: bool,
        transport: str = "auto",
    ) -> None:
        self._node = node
        self._on_image = on_image
        self._automatic = reliability == "auto"
        self._keep_all = keep_all
        self.transport = transport
        self.base = str(node.resolve_topic_name(IMAGES.name))
        self.topic, self.type_name = self._choice(None)
        self.reliable = reliability != "best_effort"
        self.received = 0
        self.lost = 0  # on the way, as far as the middleware tells
        self.last_received = time.monotonic()  # or made, before the first image
        self._subscription = self._subscribe()

    @property
    def qos(self) -> QoSProfile:
        """What is asked of publishers."""
        reliability = ReliabilityPolicy.RELIABLE if self.reliable else ReliabilityPolicy.BEST_EFFORT
        history = HistoryPolicy.KEEP_LAST
        if self.reliable and self._keep_all:
            history = HistoryPolicy.KEEP_ALL
        return QoSProfile(history=history, depth=IMAGES.depth, reliability=reliability)

    def publishers(self) -> list[TopicEndpointInfo]:
        """Return who publishes the topic, other types than the one taken included."""
        return list(self._node.get_publishers_info_by_topic(self.topic))

    def adapt(self) -> None:
        """Subscribe anew if the publishers that are there now need something else.

        Another reliability, that is, or another transport.
        """
        choice = self._choice((self.topic, self.type_name))
        moved = choice != (self.topic, self.type_name)
        self.topic, self.type_name = choice
        offers = [each for each in self.publishers() if each.topic_type == self.type_name]
        weak = [e for e in offers if e.qos_profile.reliability != ReliabilityPolicy.RELIABLE]
        changed = self._automatic and bool(offers) and self.reliable != (not weak)
        if not moved and not changed:
            return
        if changed:
            self.reliable = not weak
        self._node.destroy_subscription(self._subscription)
        self._subscription = self._subscribe()
        kind = "compressed images" if self.type_name == COMPRESSED_TYPE else "images"
        why = "" if self.reliable else "best_effort"
        if changed and weak:
            why = f"best_effort: {node_path(weak[0])} offers nothing else"
        elif changed:
            why = "reliable: every publisher offers it"
        self._node.get_logger().info(f"{kind} on {self.topic} are now taken {why}".rstrip())

    def _choice(self, now: tuple[str, str] | None) -> tuple[str, str]:
        """Return the topic and type to take, where these are taken now."""
        below = f"{self.base}/{COMPRESSED_IMAGES.name.rpartition('/')[2]}"
        raw, compressed = (self.base, IMAGE_TYPE), (below, COMPRESSED_TYPE)
        itself = (self.base, COMPRESSED_TYPE)
        if self.transport == "raw":
            return raw
        if self.transport == "compressed":
            named = self.base.endswith("/compressed") or self._is_published(itself)
            return itself if named else compressed
        if now is not None and self._is_published(now):
            return now
        found = [each for each in (raw, itself, compressed) if self._is_published(each)]
        return found[0] if found else now or raw

    def _is_published(self, source: tuple[str, str]) -> bool:
        topic, kind = source
        publishers = self._node.get_publishers_info_by_topic(topic)
        return any(each.topic_type == kind for each in publishers)

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
        kind = CompressedImage if self.type_name == COMPRESSED_TYPE else Image
        # The name is full and remapped already.
        return self._node.create_subscription(
            kind, self.topic, self._receive, self.qos, event_callbacks=events
        )

    def _receive(self, message: Image | CompressedImage) -> None:
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
