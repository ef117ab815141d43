# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What to type to get a package that is missing, however rlt_ros was installed."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path


def pip_line(arguments: str) -> str:
    """Return a command line of pip that changes the environment which runs now.

    It names this Python, so it does the right thing in a virtual environment, in that of ``make``
    and in a ROS workspace alike. Where the system's Python refuses pip (PEP 668) it says so to pip.

    Args:
        arguments: of pip, for example "install vot-trax".
    """
    managed = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").is_file()
    outside = " --break-system-packages" if managed and sys.prefix == sys.base_prefix else ""
    return f"{sys.executable} -m pip {arguments}{outside}"
