# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM of a node's process, from the first import on.

No signal raises an exception in the middle of something. Until ROS takes care of them, they end
the process at once, as there is nothing to clean up yet. From then on rclpy, which calls the
handler here as well, shuts ROS down, and a second signal does no more than the first.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

_left_to_ros = False


def handle_stop_signals() -> None:
    """Take over SIGINT and SIGTERM; before ``rclpy.init``, which then builds upon this."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _handle)


def leave_stop_signals_to_ros() -> None:
    """From now on, with ``rclpy.init`` done, signals are its matter."""
    global _left_to_ros
    _left_to_ros = True


def _handle(*_: object) -> None:
    if not _left_to_ros:
        os._exit(0)


# Not where the node is a library of another program.
if Path(sys.argv[0]).stem in ("tracker_node", "tracker_nodes"):
    handle_stop_signals()
