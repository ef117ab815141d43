# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of results for people and programs: complete or not there, NaN as null."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlt_ros.whole_files import write_whole

Json = Any  # what the json module reads and writes


def without_nan(value: Json) -> Json:
    """Return a JSON value with None for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return value


def fingerprint(settings: Mapping[str, Json]) -> str:
    """Return a short text that is the same for equal settings and differs for others."""
    text = json.dumps(without_nan(dict(settings)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_json(path: Path, value: Json) -> None:
    """Write a JSON file for people, NaN as null; complete or not at all."""
    write_atomically(path, json.dumps(without_nan(value), indent=2, allow_nan=False) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that appears under its name only when it is complete.

    Raises:
        NotWrittenError: it cannot be written.
    """
    # Several processes may write the same file.
    write_whole(path, text.encode(), path.with_name(f"{path.name}.{os.getpid()}.part"))
