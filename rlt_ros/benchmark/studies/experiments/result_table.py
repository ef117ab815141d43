# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The results of a study of variants as text, CSV and cells of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rlt_ros.benchmark.measures.seed_statistics import in_short
from rlt_ros.benchmark.studies.experiments.experiment import Experiment, Result
from rlt_ros.benchmark.text_tables import aligned, number, write_records

_MEANS = ("AUC", "precision 20 px", "AUC less the first")
_TESTED = ("95 % interval", "verdict")
_PAPER = ("paper: AUC", "paper: precision")
_CAPTION = (
    "± is half of the 95 % interval over seeds, the verdict that of Welch's t-test between the "
    "seeds' means."
)
_UNTESTED_CAPTION = (
    "With one seed nobody knows the noise, so differences are not tested; --seeds 3 or more shows "
    "it."
)
_PAPER_CAPTION = (
    "The paper's numbers were not run here: they are published, on OTB-2013, with VGG-M features "
    "on image samples."
)
_NONE = "-"


def headings(experiment: Experiment, results: Sequence[Result]) -> list[str]:
    """Return the heading of each column: tests and the paper's numbers where there are any."""
    tested = _TESTED if _are_tested(results) else ()
    return [experiment.heading, *_MEANS, *tested, *(_PAPER if experiment.in_paper else ())]


def caption(experiment: Experiment, results: Sequence[Result]) -> str:
    """Return what the numbers mean."""
    words = _CAPTION if _are_tested(results) else _UNTESTED_CAPTION
    return f"{words} {_PAPER_CAPTION}" if experiment.in_paper else words


def rows(experiment: Experiment, results: Sequence[Result]) -> list[list[str]]:
    """Return the row of each variant, its label first."""
    tested = _are_tested(results)
    return [_cells(experiment, result, tested) for result in results]


def table_lines(experiment: Experiment, results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of the table for a terminal."""
    yield from aligned([headings(experiment, results), *rows(experiment, results)])
    yield caption(experiment, results)


def write_csv(path: Path, results: Sequence[Result]) -> Path:
    """Write every number of the results, one variant per line, and return the path."""
    return write_records(path, [asdict(result) for result in results])


def _are_tested(results: Sequence[Result]) -> bool:
    return any(one.low is not None for one in results)


def _cells(experiment: Experiment, result: Result, tested: bool) -> list[str]:
    interval = _NONE
    if result.low is not None and result.high is not None:
        interval = f"{result.low:+.3f} to {result.high:+.3f}"
    paper = [number(result.paper_auc, 3), number(result.paper_precision, 3)]
    return [
        result.label,
        _with_half(result.auc, result.auc_half),
        _with_half(result.precision, result.precision_half),
        _NONE if result.difference is None else f"{result.difference:+.3f}",
        *([interval, in_short(result.verdict) or _NONE] if tested else []),
        *(paper if experiment.in_paper else []),
    ]


def _with_half(value: float | None, half: float | None) -> str:
    return number(value, 3) + ("" if half is None else f" ± {half:.3f}")
