# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What summary.json says of trackers in VOT-2016's supervised protocol."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.seed_statistics import compare, complete_sequences, finite_intervals
from rlt_ros.benchmark.measures.vot_measures import JudgedRun, expected_overlap_curve, vot_measures
from rlt_ros.benchmark.measures.vot_ranks import ranks_on_common_sequences
from rlt_ros.benchmark.runs.stored_outcomes import judged_run
from rlt_ros.benchmark.studies.evaluation.summary import TrackerRuns, summarise

EaoInterval = tuple[int, int]


def summarise_supervised(
    trackers: Mapping[str, TrackerRuns], sequences: Sequence[str], eao_interval: EaoInterval
) -> dict[str, dict[str, Json]]:
    """Return what summary.json says of each tracker.

    As for one pass, with VOT's measures for ``mean`` (see ``vot_measures``), ``seed_means`` and
    ``interval95``, the ranks among these trackers in ``mean`` (on the sequences that all finished),
    and the curve ``expected_overlap`` over 0, 1, 2 ... frames after a start.
    """
    judged = {
        name: {
            sequence: [judged_run(one) for one in outcomes]
            for sequence, outcomes in tracker.by_sequence().items()
        }
        for name, tracker in trackers.items()
    }
    ranks = ranks_on_common_sequences(judged)
    summaries = {}
    for name, tracker in trackers.items():
        summary = summarise(tracker, sequences)
        mean = vot_measures(judged[name], eao_interval) | ranks.get(name, {})
        # VOT's first; its accuracy and failures are other means than the plain ones.
        summary["mean"] = mean | {**summary["mean"], **mean}
        every = itertools.chain(*judged[name].values())
        summary["curves"] = {"expected_overlap": expected_overlap_curve(every).round(6).tolist()}
        if tracker.seeded and (common := complete_sequences(tracker.by_seed("accuracy"))):
            by_seed = seed_measures(tracker, common, eao_interval)
            for seed, measures in by_seed.items():
                summary["seed_means"][str(seed)] |= measures
            summary["interval95"] |= finite_intervals(list(by_seed.values()))
        summaries[name] = summary
    return summaries


def compare_supervised(
    trackers: Sequence[TrackerRuns], eao_interval: EaoInterval
) -> list[dict[str, Json]]:
    """Compare the expected average overlap of each pair in which chance plays a part.

    It is taken over the sequences that both finished with all seeds; where these are too short to
    give one, the pair is left out.
    """
    found = []
    for a, b in itertools.combinations(trackers, 2):
        every = [complete_sequences(one.by_seed("accuracy")) for one in (a, b)]
        common = every[0] & every[1]
        if not (a.seeded or b.seeded) or not common:
            continue
        # The expected overlap is of all sequences together, so these are one to compare.
        of_a, of_b = (
            {
                seed: {"all": measures["eao"]}
                for seed, measures in seed_measures(one, common, eao_interval).items()
            }
            for one in (a, b)
        )
        if any(math.isnan(one["all"]) for one in (*of_a.values(), *of_b.values())):
            continue
        result = compare(a.name, b.name, of_a, of_b, a.seeded, b.seeded)
        found.append({"measure": "eao", **dataclasses.asdict(result), "sequences": len(common)})
    return found


def seed_measures(
    tracker: TrackerRuns, sequences: Iterable[str], eao_interval: EaoInterval
) -> dict[int, dict[str, float]]:
    """Return ``vot_measures`` for each seed, over sequences that all of its seeds finished."""
    names = sorted(sequences)
    measures = {}
    for seed, outcomes in tracker.outcomes.items():
        runs: dict[str, list[JudgedRun]] = {name: [judged_run(outcomes[name])] for name in names}
        measures[seed] = vot_measures(runs, eao_interval)
    return measures
