# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The results of a study of variants as text, CSV and cells of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rlt_ros.benchmark.experiments.experiment import Experiment, Result
from rlt_ros.benchmark.text_tables import aligned, write_records

HEADINGS = (
    "AUC",
    "precision 20 px",
    "AUC less the first",
    "95 % interval",
    "verdict",
    "paper: AUC",
    "paper: precision",
)
CAPTION = (
    "± is half of the 95 % interval over seeds, the verdict that of Welch's t-test between the "
    "seeds' means. The paper's numbers were not run here: they are published, on OTB-2013, with "
    "VGG-M features on image samples."
)
_NONE = "-"


def cells(result: Result) -> list[str]:
    """Return the row of a variant, its label first."""
    interval = _NONE
    if result.low is not None and result.high is not None:
        interval = f"{result.low:+.3f} to {result.high:+.3f}"
    return [
        result.label,
        _with_half(result.auc, result.auc_half),
        _with_half(result.precision, result.precision_half),
        _NONE if result.difference is None else f"{result.difference:+.3f}",
        interval,
        result.verdict or _NONE,
        _number(result.paper_auc),
        _number(result.paper_precision),
    ]


def table_lines(experiment: Experiment, results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of the table for a terminal."""
    rows = [[experiment.heading, *HEADINGS], *(cells(result) for result in results)]
    yield from aligned(rows)
    yield CAPTION


def write_csv(path: Path, results: Sequence[Result]) -> Path:
    """Write every number of the results, one variant per line, and return the path."""
    return write_records(path, [asdict(result) for result in results])


def _with_half(value: float | None, half: float | None) -> str:
    return _number(value) + ("" if half is None else f" ± {half:.3f}")


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"
