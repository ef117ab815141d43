# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishing the messages of a topic at their times."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile

from rlt_ros.replay.clock import ReplayClock
from rlt_ros.replay.errors import ReplayError
from rlt_ros.replay.message_types import message_class

_HEARING = Duration(seconds=0.5)  # while rclpy waits it hears no Ctrl-C


class DueMessage(NamedTuple):
    """A serialized message and the time on the replay's clock at which it is to be published."""

    due_ns: int
    data: bytes


class Player:
    """Publishes the messages of a topic as they are, none of them lost on the way.

    The publisher is reliable, and it waits for its subscribers to acknowledge what was sent
    before its queue overflows.
    """

    QUEUE = 20
    PATIENCE = 30.0  # seconds

    def __init__(
        self,
        node: Node,
        topic: str,
        message_type: str,
        messages: Iterable[DueMessage],
        clock: ReplayClock,
    ) -> None:
        """Prepare to publish.

        Args:
            node: who publishes.
            topic: where to.
            message_type: for example "sensor_msgs/msg/Image".
            messages: in the order of their times; taken one by one, ahead of their times.
            clock: says when they are due.
        """
        kind = message_class(message_type)
        self.sent = 0
        self.latest = 0.0
        self._publisher = node.create_publisher(kind, topic, QoSProfile(depth=self.QUEUE))
        self._messages = iter(messages)
        self._clock = clock

    @property
    def subscribers(self) -> int:
        """Number of subscriptions that will get the messages."""
        return int(self._publisher.get_subscription_count())

    def publish_next(self) -> bool:
        """Wait for the next message's time and publish it; false when there is none.

        ``latest`` is the most that any message was late, in seconds of wall time.

        Raises:
            ReplayError: a subscriber does not acknowledge messages.
            Exception: whatever the messages' source raises.
        """
        message = next(self._messages, None)
        if message is None:
            return False
        time.sleep(max(0.0, self._clock.seconds_until(message.due_ns)))
        if self.sent % (self.QUEUE // 2) == 0:
            self.wait_for_delivery()
        self.latest = max(self.latest, -self._clock.seconds_until(message.due_ns))
        self._publisher.publish(message.data)
        self.sent += 1
        return True

    def wait_for_delivery(self) -> None:
        """Wait until the subscribers have got everything.

        Raises:
            ReplayError: they do not acknowledge it in time.
        """
        deadline = time.monotonic() + self.PATIENCE
        while not self._publisher.wait_for_all_acked(_HEARING):
            if time.monotonic() > deadline:
                raise ReplayError(
                    f"{self._publisher.topic_name}: not every message was acknowledged within "
                    f"{self.PATIENCE:g} s; the subscriber hangs or the network loses too much"
                )
