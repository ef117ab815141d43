# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What several seeds tell: how sure a mean is, and whether two trackers differ by more than chance.

The noise is that of the seeds alone, on the sequences at hand. It says nothing about how the
numbers would change on other sequences, and nothing is corrected for comparing many pairs.
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_ONE_SEED = "one seed"
CONFIDENCE = 0.95

# Of one tracker: seed -> sequence -> a measure. Trackers without chance have one seed.
BySeed = Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and the 95 % interval of Student's t around it."""

    mean: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of the interval's width, for "mean ± half"."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Comparison:
    """How much more one tracker scores than another.

    Attributes:
        a, b: the trackers.
        sequences: how many sequences both finished with all of their seeds.
        difference: mean of a less mean of b over those.
        low, high: 95 % interval of the difference; None where the seeds cannot tell.
        p: chance of so large a difference from seeds alone; None where they cannot tell.
        verdict: in words.
    """

    a: str
    b: str
    sequences: int
    difference: float
    low: float | None
    high: float | None
    p: float | None
    verdict: str


def interval(values: Sequence[float]) -> Interval | None:
    """Return the mean of one value per seed with its 95 % interval; None for fewer than two."""
    if len(values) < 2:
        return None
    from scipy import stats  # see ``compare``

    mean = float(np.mean(values))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    half = reach * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def finite_intervals(by_seed: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return the interval of each measure over seeds, of those that are known with every seed."""
    found = {name: interval([one[name] for one in by_seed]) for name in by_seed[0]}
    return {
        name: dataclasses.asdict(one)
        for name, one in found.items()
        if one and math.isfinite(one.mean)
    }


def complete_sequences(tracker: BySeed) -> set[str]:
    """Return the sequences that a tracker finished with every seed."""
    return set.intersection(*(set(sequences) for sequences in tracker.values()))


def seed_means(tracker: BySeed, sequences: set[str]) -> list[float]:
    """Return one mean over the sequences for each seed."""
    return [
        float(np.mean([by_sequence[name] for name in sorted(sequences)]))
        for by_sequence in tracker.values()
    ]


def in_short(verdict: str) -> str:
    """Return a comparison's verdict for a table in which the trackers are named already."""
    return "one seed: unknown noise" if is_untested(verdict) else verdict


def is_untested(verdict: str) -> bool:
    """Whether a comparison's verdict is that one seed tells nothing of the noise."""
    return verdict.startswith(_ONE_SEED)


def compare(
    a: str, b: str, of_a: BySeed, of_b: BySeed, a_seeded: bool, b_seeded: bool
) -> Comparison:
    """Compare two trackers by Welch's t-test over their seeds' means.

    Against a tracker without chance in it, whose one value is exact, it is Student's t-test of one
    sample.
    """
    common = complete_sequences(of_a) & complete_sequences(of_b)
    if not common:
        return Comparison(a, b, 0, math.nan, None, None, None, "no sequence in common")
    means_a, means_b = seed_means(of_a, common), seed_means(of_b, common)
    difference = float(np.mean(means_a) - np.mean(means_b))

    def result(
        verdict: str,
        low: float | None = None,
        high: float | None = None,
        p: float | None = None,
    ) -> Comparison:
        return Comparison(a, b, len(common), difference, low, high, p, verdict)

    if not a_seeded and not b_seeded:
        return result("neither depends on seeds: the difference is exact")
    if short := [name for name, means, seeded in ((a, means_a, a_seeded), (b, means_b, b_seeded))
                 if seeded and len(means) < 2]:  # fmt: skip
        return result(f"{_ONE_SEED} of {' and '.join(short)}: seed noise is unknown")
    spread = float(np.std(means_a) + np.std(means_b))
    if math.isclose(spread, 0.0, abs_tol=1e-12):
        # No seed changes anything: a t-test would divide by zero.
        word = "no difference" if abs(difference) < 1e-12 else "exceeds seed noise (there is none)"
        return result(word, difference, difference)
    # Takes a third of a second, which commands that compare nothing need not wait for.
    from scipy import stats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of nearly equal values
        if a_seeded and b_seeded:
            test = stats.ttest_ind(means_a, means_b, equal_var=False)
        elif a_seeded:
            test = stats.ttest_1samp(np.array(means_a) - means_b[0], 0.0)
        else:
            test = stats.ttest_1samp(means_a[0] - np.array(means_b), 0.0)
        low, high = test.confidence_interval(CONFIDENCE)
    exceeds = test.pvalue < 1 - CONFIDENCE
    verdict = "exceeds seed noise" if exceeds else "within seed noise"
    return result(verdict, float(low), float(high), float(test.pvalue))
