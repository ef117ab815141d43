# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames that OTB's TRE does not start at, because the target is hidden or out of view.

The benchmark's MATLAB code has them in its folder ``initOmit``: ``NAME.txt`` with a line
``FIRST LAST`` for each stretch of such frames, by the numbers of their images. A sequence without
a file has none; there are none for the sequences that OTB-2015 added.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.otb import first_image
from rlt_ros.benchmark.datasets.text import read_rows

FOLDER = "initOmit"

# The first and the last frame of each stretch, both part of it, counted from 0.
Stretches = tuple[tuple[int, int], ...]


def read_omitted(folder: Path, names: Iterable[str]) -> dict[str, Stretches]:
    """Read the files of some sequences; their names may have small letters, as in the toolkit.

    Args:
        folder: with the files.
        names: of the sequences.

    Returns:
        The stretches of each sequence that has a file.

    Raises:
        DatasetError: there is no such folder or no file in it, or a line is not ``FIRST LAST``.
    """
    files = {path.stem.casefold(): path for path in folder.glob("*.txt")}
    if not files:
        raise DatasetError(f"{folder} holds no NAME.txt; give the folder {FOLDER} of OTB's toolkit")
    return {
        name: _stretches(files[name.casefold()], first_image(name))
        for name in names
        if name.casefold() in files
    }


def _stretches(path: Path, first: int) -> Stretches:
    stretches = []
    for number, (begin, end) in enumerate(read_rows(path, "two numbers FIRST LAST", {2}), start=1):
        if not (begin.is_integer() and end.is_integer() and begin <= end):
            raise DatasetError(f"{path}:{number}: {begin:g} {end:g} is not FIRST LAST, two images")
        stretches.append((int(begin) - first, int(end) - first))
    return tuple(stretches)
