# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node whose callbacks run in a thread beside the program."""

from __future__ import annotations

import threading

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from rlt_ros.closing import Closing


class SpinningNode(Closing):
    """A ROS context of its own with one node, spun in a thread; Ctrl-C stays the program's."""

    def __init__(self, name: str) -> None:
        """Start ROS and the thread."""
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node(name, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._spin, name=f"{name} callbacks", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise the error of a callback, if one failed."""
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the thread and ROS."""
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            pass
        except BaseException as error:
            self._error = error
