# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and scores of a run as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from rlt_ros.whole_files import write_whole


@dataclass(frozen=True)
class ResultRow:
    """The result for one frame.

    Attributes:
        frame: number of the frame in the video, 1-based.
        stamp: seconds, the frame's time.
        x, y, w, h: the box in pixels, top-left corner, 0-based.
        score: 0 to 1.
        state: "TRACKING", "UNCERTAIN" or "LOST".
    """

    frame: int
    stamp: float
    x: float
    y: float
    w: float
    h: float
    score: float
    state: str

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The box as x, y, w, h."""
        return (self.x, self.y, self.w, self.h)


COLUMNS = tuple(field.name for field in fields(ResultRow))


def write_results(path: Path, rows: Iterable[ResultRow]) -> int:
    """Write rows as CSV with a header line and return their number.

    The file appears under its name when it is complete. Numbers are in Python's shortest form
    that reads back as the same number.

    Raises:
        NotWrittenError: the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([getattr(row, name) for name in COLUMNS])
        count += 1
    write_whole(path, text.getvalue().encode())
    return count


def read_results(path: Path) -> list[ResultRow]:
    """Read a file that ``write_results`` wrote.

    Raises:
        ValueError: a line is not a result; the message names the file and the line.
    """
    rows = []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != COLUMNS:
            raise ValueError(f"{path}: line 1 is not the header {','.join(COLUMNS)}")
        for line in reader:
            try:
                frame, *numbers, state = line
                stamp, x, y, w, h, score = (float(number) for number in numbers)
                rows.append(ResultRow(int(frame), stamp, x, y, w, h, score, state))
            except ValueError as error:
                raise ValueError(f"{path}: line {reader.line_num} is not a result") from error
    return rows
