# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package that reads and writes bags is an extra: only the commands for bags need it."""

from __future__ import annotations

from importlib.util import find_spec


def require_rosbags() -> None:
    """Make sure that bags can be read.

    Raises:
        ValueError: the package is missing; says how to install it.
    """
    if find_spec("rosbags") is None:
        raise ValueError("bags need the package rosbags: pip install rosbags")
