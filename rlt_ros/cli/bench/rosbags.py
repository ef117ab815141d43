# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package that reads and writes bags is an extra: only the commands for bags need it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.util import find_spec

PACKAGES = ("rosbags", "mcap")


def require_rosbags() -> None:
    """Make sure that bags can be read.

    Raises:
        ValueError: a package is missing; says how to install it.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"bags need the packages {' and '.join(PACKAGES)}: pip install {' '.join(missing)}"
        )


def warn(notes: Iterable[str]) -> None:
    """Tell what is unusual, one line each."""
    for note in notes:
        print(f"rlt-bench: warning: {note}", file=sys.stderr)
