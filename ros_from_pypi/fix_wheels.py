# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points the CMake files of the ROS wheels at the Python that they are installed for.

The wheels were built in a container, whose paths to the headers of Python and numpy
(/opt/python/cp311-cp311/...) stand in their exported CMake targets. CMake refuses targets with
include directories that do not exist. Running this twice does no harm.

Usage: VENV/bin/python fix_wheels.py
"""

import re
import sys
import sysconfig
from pathlib import Path

import numpy

_PYTHON = re.compile(r"/opt/python/cp\d+-cp\d+/include/python3\.\d+")
_NUMPY = re.compile(
    r"/opt/python/cp\d+-cp\d+/lib/python3\.\d+/site-packages/numpy/(?:_core|core)/include"
)


def fix_wheels(prefix: Path) -> int:
    """Rewrites the CMake files below `prefix`/share; returns the number of files changed."""
    changed = 0
    for path in prefix.glob("share/*/cmake/*.cmake"):
        before = path.read_text()
        # A function as the replacement, because a path may hold characters that re would expand.
        after = _NUMPY.sub(lambda _: numpy.get_include(), before)
        after = _PYTHON.sub(lambda _: sysconfig.get_path("include"), after)
        if after != before:
            path.write_text(after)
            changed += 1
    return changed


if __name__ == "__main__":
    print(f"{fix_wheels(Path(sys.prefix))} CMake files changed")
