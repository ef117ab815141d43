# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recording topics into a bag."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile

from rlt_ros.bags.writer import BagWriter
from rlt_ros.replay.clock import ReplayClock
from rlt_ros.replay.message_types import message_class

QUEUE = 30


class BagRecorder:
    """Writes every message of some topics into a bag, as it came over the wire."""

    def __init__(
        self,
        node: Node,
        bag: BagWriter,
        topics: Mapping[str, str],
        clock: ReplayClock,
        listeners: Mapping[str, Callable[[bytes], None]],
    ) -> None:
        """Subscribe, reliably.

        Args:
            node: who subscribes; whoever spins it runs the recording.
            bag: where the messages go; the topics are declared here.
            topics: topic to message type.
            clock: gives the times of receipt.
            listeners: topic to a function that is told each message as well, serialized.
        """
        self._node = node
        self._topics = dict(topics)
        self._group = MutuallyExclusiveCallbackGroup()
        for topic, message_type in topics.items():
            bag.add_topic(topic, message_type)
            tell = listeners.get(topic)

            def record(
                data: bytes, topic: str = topic, tell: Callable[[bytes], None] | None = tell
            ) -> None:
                bag.write(topic, clock.now_ns(), data)
                if tell is not None:
                    tell(data)

            node.create_subscription(
                message_class(message_type),
                topic,
                record,
                QoSProfile(depth=QUEUE),
                raw=True,
                callback_group=self._group,
            )

    def missing_publishers(self) -> list[str]:
        """Return the topics that nobody publishes."""
        return [topic for topic in self._topics if not self._node.count_publishers(topic)]
