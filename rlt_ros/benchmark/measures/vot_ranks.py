# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ranks of trackers by accuracy and robustness, where equally good trackers share a rank.

Source: Kristan et al., "A Novel Performance Evaluation Methodology for Single-Target Trackers",
TPAMI 2016, without its threshold of practical difference, which comes with VOT's annotations.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.vot_measures import BURN_IN, JudgedRun

Samples = NDArray[np.float64]
FEWEST_SAMPLES = 5  # under so many nothing is said to differ


def vot_ranks(
    trackers: Mapping[str, Mapping[str, Sequence[JudgedRun]]],
    alpha: float = 0.05,
    burn_in: int = BURN_IN,
) -> dict[str, dict[str, float]]:
    """Rank trackers on each sequence, and return each tracker's mean rank over the sequences.

    On a sequence trackers are ordered by their mean value; then each gets the mean rank of all
    that do not differ from it significantly. Accuracies are compared frame by frame (Wilcoxon's
    signed-rank test), failures run by run (the rank-sum test), so one run each shows no difference.

    Args:
        trackers: the runs by tracker and sequence; the same sequences for all.
        alpha: level of significance; 0 takes every difference as real.
        burn_in: frames from a start that do not count for accuracy.

    Returns:
        By tracker: accuracy_rank and robustness_rank, 1 is best.

    Raises:
        ValueError: the trackers ran on different sequences.
    """
    names = list(trackers)
    sequences = list(trackers[names[0]])
    if different := [name for name in names if set(trackers[name]) != set(sequences)]:
        raise ValueError(
            f"{', '.join(different)} and {names[0]} ran on different sequences; "
            "rank trackers on the sequences that all of them have"
        )
    accuracy, robustness = [], []
    for sequence in sequences:
        runs = [trackers[name][sequence] for name in names]
        overlaps = [_overlaps(one, burn_in) for one in runs]
        failures = [np.array([float(run.failures) for run in one]) for one in runs]
        accuracy.append(
            _ranks([-_mean(one) for one in overlaps], overlaps, _overlaps_differ, alpha)
        )
        robustness.append(_ranks([_mean(one) for one in failures], failures, _counts_differ, alpha))
    return {
        name: {
            "accuracy_rank": fmean(ranks[index] for ranks in accuracy),
            "robustness_rank": fmean(ranks[index] for ranks in robustness),
        }
        for index, name in enumerate(names)
    }


def ranks_on_common_sequences(
    trackers: Mapping[str, Mapping[str, Sequence[JudgedRun]]],
) -> dict[str, dict[str, float]]:
    """Return ``vot_ranks`` on the sequences that all trackers have; nothing if there is none."""
    if not trackers:
        return {}
    common = set.intersection(*(set(runs) for runs in trackers.values()))
    shared = {
        name: {sequence: runs[sequence] for sequence in sorted(common)}
        for name, runs in trackers.items()
    }
    return vot_ranks(shared) if common else {}


def _ranks(
    costs: list[float],
    samples: list[Samples],
    differ: Callable[[Samples, Samples, float], bool],
    alpha: float,
) -> list[float]:
    """Rank by ascending cost, and share ranks among those whose samples do not differ."""
    # SciPy's statistics take a third of a second, which who ranks nothing need not wait for.
    from scipy.stats import rankdata

    order = rankdata(costs)
    if alpha <= 0:
        return order.tolist()
    equal = np.eye(len(costs), dtype=np.bool_)
    for one, other in combinations(range(len(costs)), 2):
        same = not differ(samples[one], samples[other], alpha)
        equal[one, other] = equal[other, one] = same
    return [float(order[row].mean()) for row in equal]


def _overlaps(runs: Sequence[JudgedRun], burn_in: int) -> Samples:
    """Return the mean overlap per frame over the runs in which it counts, NaN where in none."""
    every = np.array([run.counted_overlaps(burn_in) for run in runs])
    counts = (~np.isnan(every)).sum(axis=0)
    return np.where(counts > 0, np.nansum(every, axis=0) / np.maximum(counts, 1), np.nan)


def _mean(samples: Samples) -> float:
    known = samples[~np.isnan(samples)]
    return float(known.mean()) if known.size else 0.0


def _overlaps_differ(one: Samples, other: Samples, alpha: float) -> bool:
    differences = one - other
    differences = differences[~np.isnan(differences)]
    if len(differences) < FEWEST_SAMPLES or not differences.any():
        return False
    from scipy.stats import wilcoxon  # see ``_ranks``

    with warnings.catch_warnings():
        # SciPy before 1.13 says that it takes the normal approximation where there are zeros.
        warnings.simplefilter("ignore", UserWarning)
        return bool(wilcoxon(differences).pvalue <= alpha)


def _counts_differ(one: Samples, other: Samples, alpha: float) -> bool:
    from scipy.stats import mannwhitneyu  # see ``_ranks``

    return bool(mannwhitneyu(one, other).pvalue <= alpha)
