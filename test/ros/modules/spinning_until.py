# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Running a test's own executor until something has come."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.executors import Executor

SPINS, SPIN_SECONDS = 2000, 0.01


def spin_until(executor: Executor, condition: Callable[[], object]) -> None:
    """Run callbacks until a condition holds, so many times at most."""
    for _ in range(SPINS):
        if condition():
            return
        executor.spin_once(SPIN_SECONDS)
    raise AssertionError("waited in vain")
