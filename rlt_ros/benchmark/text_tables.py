# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tables as text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rlt_ros.benchmark.json_files import Json, write_atomically

Rows = Sequence[Sequence[str]]


class Table(NamedTuple):
    """A table for a page and for a terminal.

    Attributes:
        title: above it.
        rows: cells, the headings first.
        note: what the numbers mean, below it.
    """

    title: str
    rows: Rows
    note: str = ""


def aligned(rows: Rows) -> Iterator[str]:
    """Yield the lines of a table for a terminal: the first column to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join([row[0].ljust(len(first)), *others])


def markdown(rows: Rows) -> str:
    """Return a table in Markdown; the first row is its heading."""
    heading, *others = rows
    rule = ["---", *("---:" for _ in heading[1:])]
    cells = ([cell.replace("|", "\\|") for cell in row] for row in (heading, rule, *others))
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def write_records(path: Path, records: Sequence[Mapping[str, Json]]) -> Path:
    """Write records with the same keys as CSV and return the path; NaN and None stay empty.

    The folder is made if it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in one.items()} for one in records)
    write_atomically(path, text.getvalue())
    return path


def counted(count: int, noun: str) -> str:
    """Return "1 clip", "2 clips"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def number(value: float | None, decimals: int) -> str:
    """Return a number for a table, "-" where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.{decimals}f}"


def _cell(value: Json) -> Json:
    if not isinstance(value, float):
        return value
    return "" if math.isnan(value) else f"{value:.6g}"
