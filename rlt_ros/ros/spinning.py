# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Running a node's callbacks until it has had enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

WAKE_PERIOD = 1.0
"""Seconds after which a node without callbacks looks whether ROS was shut down."""


class Executor(SingleThreadedExecutor):
    """Rclpy's, whose making fails quietly where a signal has shut ROS down meanwhile."""

    _sigint_gc: Any = None  # rclpy looks for it when the object goes, even if it was never set


def spin_until(
    node: Node, ended: Callable[[], bool], failed: Callable[[Exception], None] | None = None
) -> None:
    """Run a node's callbacks until ``ended``, asked after each of them, or until ROS shuts down.

    Asked every second as well: rclpy wakes who waits for a callback before it shuts ROS down for a
    signal, and one who looks in between waits again, for ever where nothing else happens.

    With ``failed``, it is told what a callback raises, and the others go on.

    Rclpy's ``spin_until_future_complete`` keeps an object for every callback that it has run until
    its future is done (Jazzy; https://github.com/ros2/rclpy/pull/1702): 30 MiB an hour of images.

    Raises:
        ExternalShutdownException: ROS was shut down by a signal.
    """
    executor = Executor(context=node.context)
    executor.add_node(node)
    wakes = node.create_timer(WAKE_PERIOD, _nothing, clock=Clock(clock_type=ClockType.STEADY_TIME))
    try:
        while node.context.ok() and not ended():
            try:
                executor.spin_once()
            except ExternalShutdownException:
                raise
            except Exception as error:
                if failed is None or not node.context.ok():
                    raise
                failed(error)
    finally:
        node.destroy_timer(wakes)
        executor.remove_node(node)


def _nothing() -> None:
    pass
