# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What summary.json says of trackers' states and scores, over the frames of all runs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.calibration import (
    calibration_measures,
    reliability_bins,
    scored_frames,
)
from rlt_ros.benchmark.measures.disappearances import disappearance_measures
from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_from_json
from rlt_ros.benchmark.measures.seed_statistics import complete_sequences, finite_intervals
from rlt_ros.benchmark.runs.job import Outcome
from rlt_ros.benchmark.studies.evaluation.summary import TrackerRuns, summarise


def summarise_with_records(
    tracker: TrackerRuns, sequences: Sequence[str], *, disappearances: bool
) -> dict[str, Json]:
    """Return what ``summarise`` does, and the calibration of the tracker's scores.

    Frames of all runs count alike. ``mean``, ``seed_means`` and ``interval95`` get the measures of
    ``calibration_measures``, and ``reliability`` the bins, where the tracker has scores.

    Args:
        tracker, sequences: see ``summarise``.
        disappearances: whether to put ``disappearance_measures``, taken alike, in place of the
            means over sequences.
    """
    summary = summarise(tracker, sequences)
    records = _records(one for runs in tracker.by_sequence().values() for one in runs)
    scores, hits = scored_frames(records)
    pooled = _pooled(records, disappearances)
    summary["mean"] |= pooled
    for name in pooled:
        summary["interval95"].pop(name, None)
    if scores.size:
        summary["reliability"] = {
            "equal_width": _bins_json(reliability_bins(scores, hits)),
            "equal_mass": _bins_json(reliability_bins(scores, hits, equal_mass=True)),
        }
    common = complete_sequences(tracker.by_seed("auc")) if tracker.seeded else set()
    if common:
        by_seed = {
            seed: _pooled(_records(runs[name] for name in sorted(common)), disappearances)
            for seed, runs in tracker.outcomes.items()
        }
        for seed, measures in by_seed.items():
            summary["seed_means"][str(seed)] |= measures
        summary["interval95"] |= finite_intervals(list(by_seed.values()))
    return summary


def _records(outcomes: Iterable[Outcome]) -> list[FrameRecord]:
    found = (record_from_json(one.frames) for one in outcomes)
    return [record for record in found if record is not None]


def _pooled(records: Sequence[FrameRecord], disappearances: bool) -> dict[str, float]:
    scores, hits = scored_frames(records)
    measures = disappearance_measures(records) if disappearances else {}
    return measures | (calibration_measures(scores, hits) if scores.size else {})


def _bins_json(bins: Json) -> dict[str, Json]:
    return {
        "counts": bins.counts.tolist(),
        "scores": bins.scores.round(6).tolist(),
        "hit_rates": bins.hit_rates.round(6).tolist(),
    }
