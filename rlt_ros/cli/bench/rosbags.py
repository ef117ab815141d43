# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The packages that read and write bags are an extra: only the commands for bags need them."""

from __future__ import annotations

from importlib.util import find_spec


def require_rosbags() -> None:
    """Make sure that bags can be read.

    Raises:
        ValueError: a package is missing; says how to install it.
    """
    if find_spec("rosbags") is None or find_spec("rosbags.image") is None:
        raise ValueError(
            "bags need the packages rosbags and rosbags-image: pip install rosbags rosbags-image"
        )
