# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Message types by name, as Python classes and as definitions to write into a bag."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from rosbags.typesys.store import Typestore

from rlt_ros.bags.writer import jazzy_types


def message_class(message_type: str) -> Any:
    """Return the class of a type such as "sensor_msgs/msg/Image".

    Raises:
        ImportError: its package is not installed or has no such message.
    """
    package, _, name = message_type.split("/")
    module = importlib.import_module(f"{package}.msg")
    try:
        return getattr(module, name)
    except AttributeError:
        raise ImportError(f"{package} has no message {name}") from None


def installed_types(*packages: str) -> Typestore:
    """Return ROS 2 Jazzy's types and those of installed packages, from their .msg files."""
    return jazzy_types({name: Path(get_package_share_directory(name), "msg") for name in packages})
