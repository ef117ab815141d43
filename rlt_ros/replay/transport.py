# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the middleware that let large images through."""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

_FAST_DDS_PROFILES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")


def make_room_for_images() -> None:
    """Give Fast DDS enough shared memory, in this process and those that it starts.

    To be called before ROS is started. Settings that the user made stay; other middleware does
    not look at these.
    """
    if not any(name in os.environ for name in _FAST_DDS_PROFILES):
        profiles = Path(get_package_share_directory("rlt_ros"), "config", "fastdds.xml")
        for name in _FAST_DDS_PROFILES:  # Fast DDS 2 reads the first, Fast DDS 3 the second
            os.environ[name] = str(profiles)
