# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishing one topic of a bag at the times of the bag."""

from __future__ import annotations

import time

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile

from rlt_ros.bags.reader import BagReader
from rlt_ros.replay.clock import ReplayClock
from rlt_ros.replay.errors import ReplayError
from rlt_ros.replay.message_types import message_class


class BagPlayer:
    """Publishes the messages of a topic as they lie in the bag, none of them lost on the way.

    The publisher is reliable, and it waits for its subscribers to acknowledge what was sent
    before its queue overflows.
    """

    QUEUE = 20
    PATIENCE = 30.0  # seconds

    def __init__(self, node: Node, bag: BagReader, topic: str, clock: ReplayClock) -> None:
        """Prepare to publish; arguments name the topic in the bag, which is also the ROS topic."""
        kind = message_class(bag.topics[topic])
        self.sent = 0
        self._publisher = node.create_publisher(kind, topic, QoSProfile(depth=self.QUEUE))
        self._messages = bag.messages(topic)
        self._clock = clock

    @property
    def subscribers(self) -> int:
        """Number of subscriptions that will get the messages."""
        return int(self._publisher.get_subscription_count())

    def publish_next(self) -> bool:
        """Wait for the next message's time and publish it; false when the bag is over.

        Raises:
            ReplayError: a subscriber does not acknowledge messages.
        """
        message = next(self._messages, None)
        if message is None:
            return False
        time.sleep(max(0.0, self._clock.seconds_until(message.stamp_ns)))
        if self.sent % (self.QUEUE // 2) == 0:
            self.wait_for_delivery()
        self._publisher.publish(message.data)
        self.sent += 1
        return True

    def wait_for_delivery(self) -> None:
        """Wait until the subscribers have got everything.

        Raises:
            ReplayError: they do not acknowledge it in time.
        """
        if not self._publisher.wait_for_all_acked(Duration(seconds=self.PATIENCE)):
            raise ReplayError(
                f"{self._publisher.topic_name}: not every message was acknowledged within "
                f"{self.PATIENCE:g} s; the subscriber hangs or the network loses too much"
            )
