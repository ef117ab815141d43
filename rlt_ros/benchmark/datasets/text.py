# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Text files of data sets: boxes, flags and lists of names, with errors that name the line."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.tracking.boxes import Boxes

_LONGEST = 300  # letters of a path that is shown
_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1 on, stripped line); empty lines at the end are left out.

    Raises:
        DatasetError: there is no such file, or it cannot be read.
    """
    try:
        # A byte that is no UTF-8 becomes a sign that no number has, so its line is named.
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError as error:
        raise DatasetError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:  # what a list of names held may be no name at all
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(f"{str(path)[:_LONGEST]} cannot be read: {reason}") from error
    for number, line in enumerate(text.rstrip().splitlines(), start=1):
        yield number, line.strip()


def read_rows(path: Path, form: str, sizes: Collection[int]) -> list[list[float]]:
    """Read one row of numbers per line, separated by commas, semicolons, tabs or spaces.

    Args:
        path: the file.
        form: what a line looks like, for errors, for example ``"four numbers x,y,w,h"``.
        sizes: how many numbers a line may have.

    Returns:
        The rows. One with a NaN in it is NaN as a whole.

    Raises:
        DatasetError: the file is missing or empty, or a line is of another form.
    """
    rows = []
    for number, line in read_lines(path):
        try:
            row = [float(word) for word in _SEPARATOR.split(line.strip(" ,;"))]
        except ValueError:
            row = []
        if len(row) not in sizes or any(math.isinf(value) for value in row):
            raise DatasetError(f"{path}:{number}: {line!r} is not {form}")
        rows.append([math.nan] * len(row) if any(map(math.isnan, row)) else row)
    if not rows:
        raise DatasetError(f"{path} is empty; every line must be {form}")
    return rows


def read_boxes(path: Path, origin: int) -> Boxes:
    """Read a file of x,y,w,h, one per frame.

    Args:
        path: the file.
        origin: what the file calls the first pixel, 1 or 0.

    Returns:
        ``(N, 4)`` x, y, w, h in pixels, 0-based; NaN where the file has a NaN. A side may be 0.

    Raises:
        DatasetError: the file is missing or empty, or a line is not a box.
    """
    boxes = np.array(read_rows(path, "four numbers x,y,w,h", {4}), dtype=np.float64)
    boxes[:, :2] -= origin
    return refuse_negative_sides(path, boxes)


def refuse_negative_sides(path: Path, boxes: Boxes) -> Boxes:
    """Return the boxes ``(N, 4)``, one per line of the file, if no width or height is negative."""
    wrong = np.flatnonzero((boxes[:, 2:] < 0).any(axis=1))
    if wrong.size:
        raise DatasetError(f"{path}:{wrong[0] + 1}: the box has a negative width or height")
    return boxes


def read_flags(path: Path, frames: int, *, pad: bool = False) -> NDArray[np.bool_]:
    """Read a file of one 0 or 1 per line and frame.

    Args:
        path: the file.
        frames: how many there must be.
        pad: whether missing ones at the end count as 0.

    Raises:
        DatasetError: the file is missing, a line is neither 0 nor 1, or the number is wrong.
    """
    flags = []
    for number, line in read_lines(path):
        if line not in ("0", "1"):
            raise DatasetError(f"{path}:{number}: {line!r} is neither 0 nor 1")
        flags.append(line == "1")
    if pad:
        flags += [False] * (frames - len(flags))
    if len(flags) != frames:
        line_number = min(len(flags), frames) + 1
        raise DatasetError(f"{path}:{line_number}: {len(flags)} lines for {frames} frames")
    return np.array(flags, dtype=np.bool_)


def read_names(path: Path) -> list[str]:
    """Read a list of names, one per line; empty lines are left out."""
    return [line for _, line in read_lines(path) if line]
