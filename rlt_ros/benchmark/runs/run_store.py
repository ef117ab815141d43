# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finished runs on disk, one JSON file each, so that a stopped command can go on later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from rlt_ros.benchmark.json_files import Json, fingerprint, without_nan, write_atomically

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


def differences(stored: Mapping[str, Json], wanted: Mapping[str, Json]) -> list[str]:
    """Return in words which settings of a stored run are not the wanted ones."""
    wanted = json.loads(json.dumps(without_nan(dict(wanted))))  # tuples are lists in a file
    return [
        f"{key} was {stored.get(key)!r}, is {wanted.get(key)!r}"
        for key in sorted(set(stored) | set(wanted))
        if stored.get(key) != wanted.get(key)
    ]
