# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the outcomes of many runs to what summary.json says of each tracker and each pair."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.attributes import attribute_table
from rlt_ros.benchmark.measures.one_pass import mean_measures
from rlt_ros.benchmark.measures.seed_statistics import (
    BySeed,
    compare,
    complete_sequences,
    interval,
    seed_means,
)
from rlt_ros.benchmark.runs.job import Outcome

Measures = dict[str, float]


@dataclass
class TrackerRuns:
    """All outcomes of one tracker.

    Attributes:
        name: the tracker's.
        seeded: whether chance plays a part in it.
        folder: name of its folders in the output.
        published: where its boxes come from, if they were not run.
        settings: those inside its name, changed for it alone.
        outcomes: by seed (0 where there is none) and sequence.
    """

    name: str
    seeded: bool
    folder: str
    published: str = ""
    settings: Mapping[str, Json] = field(default_factory=dict)
    outcomes: dict[int, dict[str, Outcome]] = field(default_factory=dict)

    def by_seed(self, measure: str) -> BySeed:
        """Return one measure by seed and sequence."""
        return {
            seed: {name: one.measures[measure] for name, one in by_sequence.items()}
            for seed, by_sequence in self.outcomes.items()
        }

    def only(self, sequences: Collection[str]) -> TrackerRuns:
        """Return the same with the outcomes of some sequences."""
        outcomes = {
            seed: {name: one for name, one in by_sequence.items() if name in sequences}
            for seed, by_sequence in self.outcomes.items()
        }
        return dataclasses.replace(self, outcomes=outcomes)

    def by_sequence(self) -> dict[str, list[Outcome]]:
        """Return the outcomes of all seeds by sequence, in alphabetical order."""
        names = sorted(set(itertools.chain(*self.outcomes.values())))
        return {
            name: [runs[name] for runs in self.outcomes.values() if name in runs] for name in names
        }


def summarise(tracker: TrackerRuns, sequences: Sequence[str]) -> dict[str, Json]:
    """Return what summary.json says of one tracker.

    Args:
        tracker: with at least one outcome.
        sequences: all that were asked for.
    """
    by_sequence = tracker.by_sequence()
    means = {
        name: mean_measures(one.measures for one in outcomes)
        for name, outcomes in by_sequence.items()
    }
    mean = mean_measures(means.values())
    return {
        "mean": mean,
        "sequences": means,
        "missing": [name for name in sequences if name not in means],
        "seeds": [] if tracker.published else sorted(tracker.outcomes),
        "seeded": tracker.seeded,
        "seed_means": _seed_means(tracker, mean),
        "interval95": _intervals(tracker, mean),
        "init_seconds": mean.get("init_seconds"),
        "curves": {
            name: np.mean([_mean_curve(outcomes, name) for outcomes in by_sequence.values()], 0)
            .round(6)
            .tolist()
            for name in next(iter(by_sequence.values()))[0].curves
        },
        "attributes": attribute_table(
            {
                attribute: mean_measures(one.attributes[attribute] for one in outcomes)
                for attribute in outcomes[0].attributes
            }
            for outcomes in by_sequence.values()
        ),
        "settings": dict(tracker.settings),
        "folder": tracker.folder,
        "published": tracker.published,
    }


def compare_trackers(trackers: Sequence[TrackerRuns], measure: str = "auc") -> list[Json]:
    """Compare each pair in which chance plays a part; see ``seed_statistics.compare``."""
    return [
        {
            "measure": measure,
            **dataclasses.asdict(
                compare(a.name, b.name, a.by_seed(measure), b.by_seed(measure), a.seeded, b.seeded)
            ),
        }
        for a, b in itertools.combinations(trackers, 2)
        if a.seeded or b.seeded
    ]


def _mean_curve(outcomes: Sequence[Outcome], name: str) -> Json:
    return np.mean([one.curves[name] for one in outcomes], axis=0)


def _seed_means(tracker: TrackerRuns, measures: Iterable[str]) -> dict[str, Measures]:
    """Return the means by seed; see ``_means_of_seeds``."""
    if not tracker.seeded:
        return {}
    means: dict[str, Measures] = {str(seed): {} for seed in tracker.outcomes}
    for measure in measures:
        if values := _means_of_seeds(tracker, measure):
            for seed, value in zip(tracker.outcomes, values, strict=True):
                means[str(seed)][measure] = value
    return means


def _intervals(tracker: TrackerRuns, measures: Iterable[str]) -> dict[str, Json]:
    """Return mean and 95 % interval by measure; see ``_means_of_seeds``."""
    return {
        measure: dataclasses.asdict(found)
        for measure in (measures if tracker.seeded else ())
        if (found := interval(_means_of_seeds(tracker, measure)))
    }


def _means_of_seeds(tracker: TrackerRuns, measure: str) -> list[float]:
    """Return each seed's mean over the sequences for which every seed has a number, if any."""
    numbers = {
        seed: {name: value for name, value in by_sequence.items() if math.isfinite(value)}
        for seed, by_sequence in tracker.by_seed(measure).items()
    }
    common = complete_sequences(numbers)
    return seed_means(numbers, common) if common else []
