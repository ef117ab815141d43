# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors in one line for logs and answers (no ROS in it)."""

from __future__ import annotations

import traceback


def in_words(error: Exception) -> str:
    """Our own errors say all; one that nobody expected is told with the place it came from."""
    text = " ".join(str(error).split())
    if type(error).__module__.startswith("rlt_ros."):
        return text
    return f"{type(error).__name__}: {text} ({place(error)})"


def place(error: Exception) -> str:
    """Where an error was raised: that tells its kind, whatever its text says of the case."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__
