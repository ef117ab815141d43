# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The results of a study of variants as text, CSV and cells of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rlt_ros.benchmark.experiments.experiment import Experiment, Result
from rlt_ros.benchmark.text_tables import aligned, write_records

_HEADINGS = (
    "AUC",
    "precision 20 px",
    "AUC less the first",
    "95 % interval",
    "verdict",
)
_PAPER_HEADINGS = ("paper: AUC", "paper: precision")
_CAPTION = (
    "± is half of the 95 % interval over seeds, the verdict that of Welch's t-test between the "
    "seeds' means."
)
_PAPER_CAPTION = (
    "The paper's numbers were not run here: they are published, on OTB-2013, with VGG-M features "
    "on image samples."
)
_NONE = "-"


def headings(experiment: Experiment) -> list[str]:
    """Return the heading of each column; the paper's are there where it has numbers."""
    paper = _PAPER_HEADINGS if experiment.in_paper else ()
    return [experiment.heading, *_HEADINGS, *paper]


def caption(experiment: Experiment) -> str:
    """Return what the numbers mean."""
    return f"{_CAPTION} {_PAPER_CAPTION}" if experiment.in_paper else _CAPTION


def cells(experiment: Experiment, result: Result) -> list[str]:
    """Return the row of a variant, its label first."""
    interval = _NONE
    if result.low is not None and result.high is not None:
        interval = f"{result.low:+.3f} to {result.high:+.3f}"
    paper = [_number(result.paper_auc), _number(result.paper_precision)]
    return [
        result.label,
        _with_half(result.auc, result.auc_half),
        _with_half(result.precision, result.precision_half),
        _NONE if result.difference is None else f"{result.difference:+.3f}",
        interval,
        result.verdict or _NONE,
        *(paper if experiment.in_paper else []),
    ]


def table_lines(experiment: Experiment, results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of the table for a terminal."""
    yield from aligned([headings(experiment), *(cells(experiment, one) for one in results)])
    yield caption(experiment)


def write_csv(path: Path, results: Sequence[Result]) -> Path:
    """Write every number of the results, one variant per line, and return the path."""
    return write_records(path, [asdict(result) for result in results])


def _with_half(value: float | None, half: float | None) -> str:
    return _number(value) + ("" if half is None else f" ± {half:.3f}")


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"
