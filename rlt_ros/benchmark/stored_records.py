# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frame records of a finished benchmark, for example to fit a calibration curve to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_from_json
from rlt_ros.benchmark.report.study import read_study


@dataclass(frozen=True)
class StoredRecord:
    """What a tracker said in one run.

    Attributes:
        tracker, sequence: their names.
        seed: of the run.
        frames: score, state, IoU and visible share of every frame.
    """

    tracker: str
    seed: int
    sequence: str
    frames: FrameRecord


def read_records(folder: Path) -> Iterator[StoredRecord]:
    """Yield the records of all runs in an output folder of ``rlt-bench ope`` or ``lost``.

    Published boxes have none, nor have runs that an older version stored.

    Raises:
        ReportError: the folder has no usable summary.
    """
    study = read_study(folder)
    for tracker in study.trackers:
        for seed, sequence, result in study.runs(tracker):
            record = record_from_json(result.get("frames", {}))
            if record is not None and seed is not None:
                yield StoredRecord(tracker, seed, sequence, record)
