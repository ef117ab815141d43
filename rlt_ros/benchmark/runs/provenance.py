# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where numbers come from: versions, commit and machine."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import re
from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np
import torch

from rlt_ros.benchmark.json_files import Json
from rlt_ros.version import commit, package_version

_CPU_INFO = Path("/proc/cpuinfo")
_NUMERIC = {True: ("numpy", "opencv", "openvino", "torch"), False: ("opencv",)}


def origin(command: str) -> dict[str, Json]:
    """Return where results of a command come from: itself, date (UTC), commit, machine, versions.

    The commit is empty where the code is not in a checkout.
    """
    return {
        "command": command,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what computes: rlt_ros with its commit, python, torch, opencv.

    And numpy's, and openvino's where that is installed.
    """
    at = f", {commit()})" if commit() else ")"
    found = {
        "rlt_ros": package_version().removesuffix(")") + at,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "opencv": cv2.__version__,
    }
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        found["openvino"] = importlib.metadata.version("openvino")
    return found


def libraries(*, ours: bool) -> dict[str, str]:
    """Return the versions of the libraries that a tracker's boxes depend on, ours or OpenCV's."""
    return {name: text for name, text in versions().items() if name in _NUMERIC[ours]}


def machine() -> str:
    """Return this machine in words: architecture, cores, system, processor, GPU."""
    parts = [platform.machine(), f"{os.cpu_count()} cores", platform.system()]
    if _CPU_INFO.is_file() and (
        model := re.search(r"^model name\s*:\s*(.+)$", _CPU_INFO.read_text(), re.MULTILINE)
    ):
        parts.append(model[1].strip())
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return ", ".join(parts)
