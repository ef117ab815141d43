# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a benchmark as text, in the order of its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rlt_ros.benchmark.measures.seed_statistics import is_untested
from rlt_ros.benchmark.report.cells import (
    Cell,
    comparison_cells,
    halved_rows,
    known_columns,
    mean_rows,
    named_rows,
)
from rlt_ros.benchmark.report.page import Gallery
from rlt_ros.benchmark.report.views import HALVES_NOTE, SIZES, SIZES_NOTE, VIEWS, main_column
from rlt_ros.benchmark.runs.job import LOST, OPE
from rlt_ros.benchmark.runs.output_folder import Study
from rlt_ros.benchmark.text_tables import Table, counted

HALVES, SIZES_OVER_TRUE = "Halves of the sequences", "Sizes over true"

_MEANS = "Means over the sequences"
_INTERVALS = "± is half of the 95 % interval of Student's t over seeds."
_TESTS = (
    "Welch's t-test over the means of the seeds, on the sequences that both finished; it knows the "
    "noise of the seeds alone, and is not corrected for many pairs."
)
_ATTRIBUTES = "Means over the sequences that have the attribute, on the frames that have it."


def study_tables(study: Study, gallery: Gallery | None = None) -> list[Table]:
    """Return the tables; ``gallery`` tells where a tracker goes wrong, if that is known."""
    main, view = main_column(study.protocol), VIEWS[study.protocol]
    tables = [*_experiment(study), _means(study), *_differences(study)]
    tables += [*_halves(study), *_sizes(study)]
    for column in known_columns(study, view.by_sequence):
        rows = named_rows(study, "sequences", study.sequences, column)
        tables.append(_by_name(f"{_capital(column.heading)} by sequence", "sequence", study, rows))
    if attributes := study.attributes:
        cells = named_rows(study, "attributes", attributes, main)
        title = f"{_capital(main.heading)} by attribute"
        heading, *others = _by_name(title, "attribute", study, cells).rows
        sized = [[*row, str(attributes[row[0]])] for row in others]
        tables.append(Table(title, [[*heading, "sequences"], *sized], _ATTRIBUTES))
    if gallery:
        words = (
            f"{gallery.tracker} on its worst sequences, each with the seed that did worst there."
        )
        tables.append(Table("Where it goes wrong", [gallery.headings, *gallery.rows], words))
    return tables


def study_data(study: Study) -> str:
    """Return on what a benchmark was run: sequences, frames and seeds, in words."""
    first, summary = study.trackers[0], study.summary
    parts = [counted(len(study.sequences), "sequence")]
    if study.protocol in (OPE, LOST):
        found = (study.boxes(first, name) for name in study.sequences)
        parts.append(f"{sum(len(boxes) for boxes in found if boxes is not None):,} frames")
    if summary.get("max_frames"):
        parts.append(f"the first {summary['max_frames']} of each")
    seeds = sorted({seed for name in study.trackers for seed in study.tracker(name)["seeds"]})
    if seeds:
        word = "seed" if len(seeds) == 1 else "seeds"
        parts.append(f"{word} {' '.join(map(str, seeds))}")
    return ", ".join(parts)


def _experiment(study: Study) -> Iterator[Table]:
    if found := study.summary.get("experiment"):
        yield Table(found["title"], [found["headings"], *found["rows"]], found["caption"])


def _means(study: Study) -> Table:
    columns = known_columns(study)
    headings = [one.heading for one in columns]
    note = f"{VIEWS[study.protocol].note} {_INTERVALS}".strip()
    return _by_tracker(_MEANS, study, headings, mean_rows(study, columns), note)


def _differences(study: Study) -> Iterator[Table]:
    # A published tracker's boxes are those of one run of many, whose noise nobody knows.
    ran = {name for name in study.trackers if not study.tracker(name)["published"]}
    every = study.summary.get("comparisons", [])
    found = [one for one in every if {one["a"], one["b"]} <= ran]
    if all(is_untested(one["verdict"]) for one in found):
        return
    heading = main_column(study.protocol).heading
    rows = [["tracker", "less", "difference", "95 % interval", "p", "verdict"]]
    rows += [list(comparison_cells(one).values()) for one in found]
    yield Table(f"Differences of {heading}", rows, _TESTS)


def _halves(study: Study) -> Iterator[Table]:
    headings, rows = halved_rows(study, VIEWS[study.protocol].halves)
    if headings:
        yield _by_tracker(HALVES, study, headings, rows, f"{HALVES_NOTE} {_INTERVALS}")


def _sizes(study: Study) -> Iterator[Table]:
    if columns := known_columns(study, SIZES):
        headings, rows = [one.heading for one in columns], mean_rows(study, columns)
        yield _by_tracker(SIZES_OVER_TRUE, study, headings, rows, f"{SIZES_NOTE} {_INTERVALS}")


def _by_tracker(
    title: str, study: Study, headings: Sequence[str], rows: Mapping[str, Sequence[Cell]], note: str
) -> Table:
    texts = []
    for name, cells in rows.items():
        published = " (published)" if study.tracker(name)["published"] else ""
        texts.append([f"{name}{published}", *(cell.text for cell in cells)])
    return Table(title, [["tracker", *headings], *texts], note)


def _by_name(title: str, what: str, study: Study, rows: Mapping[str, Sequence[Cell]]) -> Table:
    texts = [[name, *(cell.text for cell in cells)] for name, cells in rows.items()]
    return Table(title, [[what, *study.trackers], *texts])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
