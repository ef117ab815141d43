# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Headers of messages that are written into a bag."""

from __future__ import annotations

from typing import Any

from rosbags.typesys.store import Typestore


def make_header(stamp_ns: int, frame_id: str, types: Typestore) -> Any:
    """Return a std_msgs/Header with a stamp in nanoseconds."""
    stamp = types.types["builtin_interfaces/msg/Time"](
        sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9
    )
    return types.types["std_msgs/msg/Header"](stamp=stamp, frame_id=frame_id)
