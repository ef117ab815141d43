# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where saved targets lie: nowhere but in the folder that a parameter names (no ROS in it)."""

from __future__ import annotations

import os
from pathlib import Path

SUFFIX = ".safetensors"


class TargetNameError(ValueError):
    """A name that is no plain file name; the text says what it may be."""


def target_folder(text: str) -> Path:
    """Return the folder that the parameter names; an empty text is the usual one."""
    if text:
        return Path(text).expanduser()
    home = os.environ.get("ROS_HOME") or Path.home() / ".ros"
    return Path(home, "rlt_ros")


def target_file(folder: Path, name: str) -> Path:
    """Return the file of that name in the folder.

    Raises:
        TargetNameError: it would lie elsewhere, or could not be written.
    """
    plain = name and Path(name).name == name and not name.startswith(".") and name.isprintable()
    if not plain or len(name.encode()) > 200:
        raise TargetNameError(
            f"the name {name[:50]!r} is no plain file name: give one without folders that does not"
            " begin with a dot, such as head"
        )
    return folder / (name if name.endswith(SUFFIX) else name + SUFFIX)
