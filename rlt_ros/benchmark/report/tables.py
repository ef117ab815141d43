# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The numbers of a benchmark as CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.disappearances import find_disappearances
from rlt_ros.benchmark.measures.frame_records import record_from_json
from rlt_ros.benchmark.runs.output_folder import Study

_EVENT = ("tracker", "sequence", "seed", "first", "last", "back", "flagged_after", "refound_after")


def write_tables(study: Study, folder: Path) -> list[Path]:
    """Write trackers.csv, sequences.csv (means over seeds) and runs.csv, and return their paths.

    Where targets disappear, disappearances.csv has a row for each time; frames count from 1 there.
    """
    measures = _measures(study)
    trackers = [
        [
            name,
            len(study.tracker(name)["sequences"]),
            *_values(study.tracker(name)["mean"], measures),
        ]
        for name in study.trackers
    ]
    sequences = [
        [name, sequence, *_values(numbers, measures)]
        for name in study.trackers
        for sequence, numbers in study.tracker(name)["sequences"].items()
    ]
    runs = [
        [name, sequence, "" if seed is None else seed, *_values(result["measures"], measures)]
        for name in study.trackers
        for seed, sequence, result in study.runs(name)
    ]
    tables = [
        _write(folder / "trackers.csv", ["tracker", "sequences", *measures], trackers),
        _write(folder / "sequences.csv", ["tracker", "sequence", *measures], sequences),
        _write(folder / "runs.csv", ["tracker", "sequence", "seed", *measures], runs),
    ]
    if events := list(_disappearances(study)):
        tables.append(_write(folder / "disappearances.csv", _EVENT, events))
    return tables


def _disappearances(study: Study) -> Iterator[list[Json]]:
    for name in study.trackers:
        for seed, sequence, result in study.runs(name):
            record = record_from_json(result.get("frames", {}))
            if record is None or not record.tells_state:
                continue
            for one in find_disappearances(record):
                back = "" if one.back is None else one.back + 1
                times = (one.first + 1, one.last + 1, back, one.flagged_after, one.refound_after)
                yield [name, sequence, seed, *times]


def _measures(study: Study) -> list[str]:
    """Return the names of all measures, in the order in which trackers have them."""
    return list(
        dict.fromkeys(key for name in study.trackers for key in study.tracker(name)["mean"])
    )


def _values(numbers: Json, measures: Sequence[str]) -> list[str]:
    values = (numbers.get(key) for key in measures)
    return ["" if value is None else f"{value:.6g}" for value in values]


def _write(path: Path, heading: Sequence[str], rows: Iterable[Sequence[Json]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)
    return path
