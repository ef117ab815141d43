# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where numbers come from: versions and machine."""

from __future__ import annotations

import os
import platform

import cv2
import torch


def versions() -> dict[str, str]:
    """Return the versions of what computes: python, torch and opencv."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "opencv": cv2.__version__,
    }


def machine() -> str:
    """Return this machine in words: architecture, cores, system, GPU."""
    parts = [platform.machine(), f"{os.cpu_count()} cores", platform.system()]
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return ", ".join(parts)
