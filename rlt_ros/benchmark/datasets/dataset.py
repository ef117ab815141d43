# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What all data sets have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.sequence import Sequence
from rlt_ros.media.sources import natural_order
from rlt_ros.pixels.files import is_text
from rlt_ros.pixels.intensity import IntensityRange


class Dataset(ABC):
    """Sequences by name. Nothing but names is looked up before ``read``.

    Attributes:
        name: the folder's name.
        names: all sequences, broken ones too.
        intensity: what becomes black and white of frames of more than 8 bits; None takes it from
            the first frame that is asked for.
    """

    intensity: IntensityRange | None = None

    def __init__(self, path: Path, names: list[str], form: str) -> None:
        """Keep the names.

        Args:
            path: where the data set is.
            names: of its sequences.
            form: how a sequence is laid out, for the error.

        Raises:
            DatasetError: there is no sequence, or the name of one cannot be written into results.
        """
        if not names:
            raise DatasetError(f"{path} holds no sequence ({form})")
        if odd := [ascii(name) for name in names if not is_text(name)]:
            raise DatasetError(f"{path} holds {odd[0]}, a name that is no text: rename it")
        self.name = path.name
        self.names = names

    def read(self, name: str) -> Sequence:
        """Read one sequence; its images are read later.

        Raises:
            DatasetError: there is no such sequence, or it is broken: names the file and line.
        """
        if name not in self.names:
            raise DatasetError(f"{self.name} has no sequence {name}")
        return self._read(name).with_intensity(self.intensity)

    @abstractmethod
    def _read(self, name: str) -> Sequence: ...


def folders(path: Path) -> list[Path]:
    """Return the folders in a folder in natural order, without hidden ones."""
    found = [one for one in path.iterdir() if one.is_dir() and not one.name.startswith(".")]
    return sorted(found, key=natural_order)
