# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What summary.json says over the frames of all runs together, and of halves of the sequences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.calibration import (
    calibration_measures,
    reliability_bins,
    scored_frames,
)
from rlt_ros.benchmark.measures.disappearances import disappearance_measures
from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_from_json
from rlt_ros.benchmark.measures.seed_statistics import complete_sequences, finite_intervals
from rlt_ros.benchmark.measures.sizes import size_measures
from rlt_ros.benchmark.runs.job import Outcome
from rlt_ros.benchmark.studies.evaluation.one_pass import SIDES
from rlt_ros.benchmark.studies.evaluation.summary import TrackerRuns, summarise


def summarise_with_records(
    tracker: TrackerRuns, sequences: Sequence[str], *, disappearances: bool
) -> dict[str, Json]:
    """Return what ``summarise`` does, with what is taken over the frames of all runs, and halves.

    Frames of all runs count alike. ``mean``, ``seed_means`` and ``interval95`` get the measures of
    ``calibration_measures``, and ``reliability`` the bins, where the tracker has scores; and those
    of ``size_measures``, in place of the means over sequences. ``halves`` has ``sequences``,
    ``mean`` and ``interval95`` of each of ``halves``, where the tracker finished any of it.

    Args:
        tracker, sequences: see ``summarise``.
        disappearances: whether to put ``disappearance_measures``, taken alike, in place of the
            means over sequences.
    """
    summary = _summarise(tracker, sequences, disappearances)
    summary["halves"] = {}
    for half, names in halves(sequences).items():
        if finished := list((runs := tracker.only(names)).by_sequence()):
            found = _summarise(runs, names, disappearances)
            numbers = {key: found[key] for key in ("mean", "interval95")}
            summary["halves"][half] = {"sequences": finished, **numbers}
    return summary


def halves(sequences: Iterable[str]) -> dict[str, list[str]]:
    """Return half A, the first, third ... of the sequences sorted by name, and B, the others.

    A setting that was chosen on one half can be confirmed on the other.
    """
    names = sorted(sequences)
    return {"A": names[::2], "B": names[1::2]}


def _summarise(
    tracker: TrackerRuns, sequences: Sequence[str], disappearances: bool
) -> dict[str, Json]:
    summary = summarise(tracker, sequences)
    outcomes = [one for runs in tracker.by_sequence().values() for one in runs]
    pooled = _pooled(outcomes, disappearances)
    summary["mean"] |= pooled
    for name in pooled:
        summary["interval95"].pop(name, None)
    scores, hits = scored_frames(_records(outcomes))
    if scores.size:
        summary["reliability"] = {
            "equal_width": _bins_json(reliability_bins(scores, hits)),
            "equal_mass": _bins_json(reliability_bins(scores, hits, equal_mass=True)),
        }
    common = complete_sequences(tracker.by_seed("auc")) if tracker.seeded else set()
    if common:
        by_seed = {
            seed: _pooled([runs[name] for name in sorted(common)], disappearances)
            for seed, runs in tracker.outcomes.items()
        }
        for seed, measures in by_seed.items():
            summary["seed_means"][str(seed)] |= measures
        summary["interval95"] |= finite_intervals(list(by_seed.values()))
    return summary


def _records(outcomes: Iterable[Outcome]) -> list[FrameRecord]:
    found = (record_from_json(one.frames) for one in outcomes)
    return [record for record in found if record is not None]


def _pooled(outcomes: Sequence[Outcome], disappearances: bool) -> dict[str, float]:
    records = _records(outcomes)
    scores, hits = scored_frames(records)
    sides = [np.array(one.details[SIDES]) for one in outcomes if SIDES in one.details]
    measures = disappearance_measures(records) if disappearances else {}
    measures |= size_measures(sides) if sides else {}
    return measures | (calibration_measures(scores, hits) if scores.size else {})


def _bins_json(bins: Json) -> dict[str, Json]:
    return {
        "counts": bins.counts.tolist(),
        "scores": bins.scores.round(6).tolist(),
        "hit_rates": bins.hit_rates.round(6).tolist(),
    }
