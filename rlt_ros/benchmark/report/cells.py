# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The numbers of a benchmark as cells of tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.seed_statistics import in_short
from rlt_ros.benchmark.report.views import COLUMNS, Column
from rlt_ros.benchmark.runs.output_folder import Study, number

_NONE = "-"
_NOTHING: Mapping[str, Json] = {"mean": {}, "interval95": {}}


@dataclass(frozen=True)
class Cell:
    """A number in a table; ``best`` of its column or row."""

    text: str
    best: bool = False


def known_columns(study: Study, columns: Sequence[Column] = COLUMNS) -> list[Column]:
    """Return the measures that some tracker has a mean of; older studies lack some."""
    about = [study.tracker(name)["mean"] for name in study.trackers]
    return [one for one in columns if any(one.measure in each for each in about)]


def mean_rows(study: Study, columns: Sequence[Column]) -> dict[str, list[Cell]]:
    """Return the means of each tracker, with half of their intervals over seeds where known."""
    about = {name: study.tracker(name) for name in study.trackers}
    every = [_column_cells(list(about.values()), column) for column in columns]
    return {name: [cells[place] for cells in every] for place, name in enumerate(about)}


def halved_rows(study: Study, columns: Sequence[Column]) -> tuple[list[str], dict[str, list[Cell]]]:
    """Return the means of each tracker over all sequences, beside those over either half of them.

    Returns:
        The headings and a row for each tracker; no row where no tracker has two halves.
    """
    about = {name: study.tracker(name) for name in study.trackers}
    if not any("B" in one.get("halves", {}) for one in about.values()):
        return [], {}
    headings, every = [], []
    for column in columns:
        headings += [column.heading, *(f"{column.heading}, half {half}" for half in "AB")]
        every.append(_column_cells(list(about.values()), column))
        for half in "AB":
            found = [one.get("halves", {}).get(half, _NOTHING) for one in about.values()]
            every.append(_column_cells(found, column))
    return headings, {name: [cells[place] for cells in every] for place, name in enumerate(about)}


def named_rows(
    study: Study, key: str, names: Iterable[str], column: Column
) -> dict[str, list[Cell]]:
    """Return a row for each name, which is one of those under a key of every tracker."""
    found = [study.tracker(name).get(key, {}) for name in study.trackers]
    return {
        name: _cells([one.get(name, {}).get(column.measure) for one in found], column)
        for name in names
    }


def _column_cells(about: Sequence[Mapping[str, Json]], column: Column) -> list[Cell]:
    cells = _cells([one["mean"].get(column.measure) for one in about], column)
    for place, one in enumerate(about):
        if found := one["interval95"].get(column.measure):
            half = f" ± {(found['high'] - found['low']) / 2:.{column.decimals}f}"
            cells[place] = Cell(cells[place].text + half, cells[place].best)
    return cells


def _cells(numbers: Iterable[float | None], column: Column) -> list[Cell]:
    values = [_finite(one) for one in numbers]
    best = _best(values, column.more)
    return [
        Cell(_NONE) if value is None else Cell(f"{value:.{column.decimals}f}", value == best)
        for value in values
    ]


def _best(values: Any, more: bool | None) -> float | None:
    known = [value for value in values if value is not None]
    if more is None or len(known) < 2:
        return None
    return max(known) if more else min(known)


def _finite(value: float | None) -> float | None:
    return None if value is None or number(value) != value else value


def comparison_cells(one: Mapping[str, Any]) -> dict[str, str]:
    """Return what a comparison of two trackers says, as texts."""
    known = one["p"] is not None
    difference = _NONE if one["difference"] is None else f"{one['difference']:+.3f}"
    return {
        "a": one["a"],
        "b": one["b"],
        "difference": difference,
        "interval": f"{one['low']:+.3f} to {one['high']:+.3f}" if known else _NONE,
        "p": f"{one['p']:.2g}" if known else _NONE,
        "verdict": in_short(one["verdict"]),
    }
