# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of reference, which tell one camera's images and boxes from another's."""

from __future__ import annotations


def fits(wanted: str, frame_id: str) -> bool:
    """Return whether a box for one `frame_id` may name an image of another; empty fits any."""
    # tf of ROS 1 wrote some of them with a slash.
    return not wanted or not frame_id or wanted.lstrip("/") == frame_id.lstrip("/")
