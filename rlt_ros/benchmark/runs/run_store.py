# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finished runs on disk, one JSON file each, so that a stopped command can go on later."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from rlt_ros.whole_files import write_whole

Json = Any  # what the json module reads and writes

_FORMAT = 1


@dataclass(frozen=True)
class StoredRun:
    """A finished run as it was stored.

    Attributes:
        result: what the run gave.
        settings: all that its result depends on.
        version: of rlt_ros that ran it.
    """

    result: dict[str, Json]
    settings: dict[str, Json]
    version: str


class RunStore:
    """A folder with one file per finished run; numbers that are NaN are stored as null.

    Attributes:
        folder: where the files are; made with the first run that is saved.
        version: of rlt_ros, noted in each file.
    """

    def __init__(self, folder: Path, version: str = "") -> None:
        self.folder = folder
        self.version = version

    def save(
        self, path: PurePath, settings: Mapping[str, Json], result: Mapping[str, Json]
    ) -> None:
        """Store one run; its file appears under its name when it is complete.

        Args:
            path: of the file below the folder.
            settings, result: as in ``StoredRun``.
        """
        document = {
            "format": _FORMAT,
            "fingerprint": fingerprint(settings),
            "settings": dict(settings),
            "version": self.version,
            "result": dict(result),
        }
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, json.dumps(without_nan(document), allow_nan=False) + "\n")

    def load(self, path: PurePath) -> StoredRun | None:
        """Return a stored run; None where there is none or its file is damaged."""
        try:
            document = json.loads((self.folder / path).read_text(encoding="utf-8"))
            if document["format"] != _FORMAT:
                return None
            return StoredRun(document["result"], document["settings"], document["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def paths(self) -> list[PurePath]:
        """Return the paths of all runs that are stored, below the folder."""
        return [path.relative_to(self.folder) for path in self.folder.rglob("*.json")]


def fingerprint(settings: Mapping[str, Json]) -> str:
    """Return a short text that is the same for equal settings and differs for others."""
    text = json.dumps(without_nan(dict(settings)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(stored: Mapping[str, Json], wanted: Mapping[str, Json]) -> list[str]:
    """Return in words which settings of a stored run are not the wanted ones."""
    wanted = json.loads(json.dumps(without_nan(dict(wanted))))  # tuples are lists in a file
    return [
        f"{key} was {stored.get(key)!r}, is {wanted.get(key)!r}"
        for key in sorted(set(stored) | set(wanted))
        if stored.get(key) != wanted.get(key)
    ]


def without_nan(value: Json) -> Json:
    """Return a JSON value with None for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return value


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
