# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node's image subscription and publishers around it, in one test process but over DDS."""

from __future__ import annotations

import time
from collections.abc import Callable

import rclpy
from node_bench import TIMEOUT, NodeProcess
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image

from rlt_ros.ros.inputs.image_subscription import ImageSubscription


class GraphBench:
    """`node`, which subscribes, and publishers of `others`, a participant of its own."""

    def __init__(self) -> None:
        # No process is started: only a namespace that nobody else has.
        self.namespace = NodeProcess.new_namespace()
        self.node = rclpy.create_node("tracker", namespace=self.namespace)
        self._elsewhere = Context()
        rclpy.init(context=self._elsewhere)
        self.others = rclpy.create_node("camera", namespace=self.namespace, context=self._elsewhere)
        self.frames: list[str] = []
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)

    def subscribe(
        self, reliability: str = "auto", *, keep_all: bool = False, transport: str = "auto"
    ) -> ImageSubscription:
        def on_image(message: Image | CompressedImage) -> None:
            self.frames.append(message.header.frame_id)

        return ImageSubscription(
            self.node, on_image, reliability, keep_all=keep_all, transport=transport
        )

    def publisher(
        self, quality: QoSProfile | int = 10, kind: type = Image, topic: str = "image_raw"
    ) -> Publisher:
        """Return a publisher of another node; the topic is relative to the node's namespace."""
        return self.others.create_publisher(kind, topic, quality)

    def until(self, condition: Callable[[], object], do: Callable[[], object] = bool) -> None:
        """Spin, and do something in between, until a condition holds."""
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, self.frames
            self._executor.spin_once(0.01)
            do()

    def until_seen(self, topic: str, publishers: int = 1) -> None:
        """Spin until the node knows of so many publishers of a topic."""
        name = self.node.resolve_topic_name(topic)
        self.until(lambda: len(self._known(name)) >= publishers)

    def _known(self, topic: str) -> list[str]:
        found = self.node.get_publishers_info_by_topic(topic)
        return [each.node_name for each in found if "UNKNOWN" not in each.node_name]

    def receive(self, publisher: Publisher, name: str) -> None:
        """Publish a frame until it has been received."""
        message = publisher.msg_type()
        message.header.frame_id = name
        self.until(lambda: name in self.frames, lambda: publisher.publish(message))

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self.others.destroy_node()
        self._elsewhere.try_shutdown()
