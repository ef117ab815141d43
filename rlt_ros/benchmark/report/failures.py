# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where our tracker goes wrong in a benchmark: its worst sequences, each by its worst seed."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rlt_ros.benchmark.datasets import Sequence, open_dataset
from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.failure_reasons import (
    Deviation,
    Reason,
    find_reason,
    measure_deviation,
)
from rlt_ros.benchmark.measures.failure_windows import FailureWindow, find_failure
from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_frames, record_from_json
from rlt_ros.benchmark.runs.job import OPE
from rlt_ros.benchmark.runs.output_folder import ReportError, Study, number
from rlt_ros.benchmark.text_tables import write_records
from rlt_ros.benchmark.trackers.tracker_name import OURS
from rlt_ros.tracking.boxes import Boxes

COUNT = 5  # sequences

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Failure:
    """Where a tracker goes wrong on a sequence of N frames, with the seed that did worst.

    Attributes:
        tracker: its name.
        sequence: with the true boxes, cut to what was run.
        seed: of the run.
        auc: success AUC of the sequence, the mean over the seeds.
        seed_auc: that of the run.
        boxes: ``(N, 4)`` of the run.
        record: what the tracker said in it.
        window: where it goes wrong.
        deviation: of the boxes there; None where there are none.
        reason: the same in words.
    """

    tracker: str
    sequence: Sequence
    seed: int
    auc: float
    seed_auc: float
    boxes: Boxes
    record: FrameRecord
    window: FailureWindow
    deviation: Deviation | None
    reason: Reason

    @property
    def overlap(self) -> float:
        """IoU in the first frame in which it goes wrong."""
        return float(self.record.overlaps[self.window.frame])

    @property
    def state(self) -> str:
        """What the tracker said there; "" where it told nothing."""
        return str(self.record.states[self.window.frame])

    @property
    def score(self) -> float:
        """The same as a number; NaN likewise."""
        return float(self.record.scores[self.window.frame])


def find_failures(study: Study, count: int = COUNT) -> list[Failure]:
    """Return where the best of our trackers goes wrong in one-pass evaluation, the worst first.

    One tracker is enough to learn from, and keeps the page small. Sequences whose annotation is not
    at hand are left out.

    Args:
        study: the benchmark; of other protocols nothing is returned.
        count: of sequences, those with the least AUC.
    """
    if study.protocol != OPE or (tracker := best_of_ours(study)) is None:
        return []
    found = []
    for name in worst_sequences(study, tracker, count):
        try:
            path, layout = Path(study.summary["dataset"]), study.summary.get("layout")
            sequence = open_dataset(path, layout).read(name)
            found.append(_failure(study, tracker, sequence))
        except (ValueError, OSError) as error:
            # The data set may be elsewhere by now.
            _LOG.warning("not told where %s goes wrong on %s: %s", tracker, name, error)
    return found


def best_of_ours(study: Study) -> str | None:
    """Return the first of our trackers in the table; None if none of them was run."""
    for name in study.trackers:
        # Not taken apart further: an older version may have had other settings.
        if not study.tracker(name)["published"] and re.split("[:,]", name)[0] == OURS:
            return name
    return None


def worst_sequences(study: Study, tracker: str, count: int) -> list[str]:
    """Return the sequences with the least mean AUC, the worst first."""
    by_sequence = study.tracker(tracker)["sequences"]
    return sorted(by_sequence, key=lambda name: (_auc(by_sequence[name]), name))[:count]


def write_failures(path: Path, failures: Items[Failure]) -> Path:
    """Write one failure per line as CSV and return the path; frames count from 1 there."""
    return write_records(path, [_row(one) for one in failures])


def _failure(study: Study, tracker: str, sequence: Sequence) -> Failure:
    name = sequence.name
    runs = [(seed, run) for seed, run in study.results(tracker, name) if seed is not None]
    if not runs:
        raise ReportError("its runs are not stored")
    seed, result = min(runs, key=lambda run: _auc(run[1]["measures"]))
    boxes = np.array(result["boxes"], dtype=np.float64)
    if len(boxes) > len(sequence):
        raise ReportError(f"{len(boxes)} boxes are stored, and it has {len(sequence)} frames")
    sequence = sequence.head(len(boxes))
    record = _record_of(result, boxes, sequence.boxes)
    window = find_failure(record.overlaps)
    deviation = measure_deviation(boxes[window.frames], sequence.boxes[window.frames])
    return Failure(
        tracker,
        sequence,
        seed,
        _auc(study.tracker(tracker)["sequences"][name]),
        _auc(result["measures"]),
        boxes,
        record,
        window,
        deviation,
        find_reason(deviation),
    )


def _record_of(result: Mapping[str, Json], boxes: Boxes, truth: Boxes) -> FrameRecord:
    """Return what was said in a run; of one by an older version just the IoU is known."""
    scores, states = [math.nan] * len(boxes), [""] * len(boxes)
    if (stored := record_from_json(result.get("frames", {}))) is not None:
        scores, states = stored.scores.tolist(), stored.states.tolist()
    return record_frames(scores, states, boxes, truth, None)


def _row(one: Failure) -> dict[str, Json]:
    differs = one.deviation
    recovered = one.window.recovered
    return {
        "tracker": one.tracker,
        "sequence": one.sequence.name,
        "auc": one.auc,
        "seed": one.seed,
        "seed_auc": one.seed_auc,
        "sustained": int(one.window.sustained),
        "frame": one.window.frame + 1,
        "iou": one.overlap,
        "kind": one.reason.kind,
        "why": one.reason.text,
        "offset_sides": None if differs is None else differs.offset,
        "scale": None if differs is None else differs.scale,
        "aspect": None if differs is None else differs.aspect,
        "true_aspect": None if differs is None else differs.true_aspect,
        "state": one.state,
        "score": one.score,
        "recovered": None if recovered is None else recovered + 1,
    }


def _auc(measures: Json) -> float:
    return number(measures["auc"])
