# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a result was made with: command, machine, versions."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from typing import Any

import cv2
import numpy as np
import torch


def provenance(command: str = "") -> dict[str, Any]:
    """Return the keys command, machine and versions of a summary.json.

    Args:
        command: the command line; empty takes this process's.
    """
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return {
        "command": command or shlex.join(sys.argv),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}{gpu}",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "opencv": cv2.__version__,
            "numpy": np.__version__,
        },
    }
