# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import warnings

import pytest

from rlt_ros.benchmark.measures.seed_statistics import (
    compare,
    finite_intervals,
    in_short,
    interval,
    seed_means,
)


def by_seed(*values: float, sequence: str = "A") -> dict[int, dict[str, float]]:
    return {seed: {sequence: value} for seed, value in enumerate(values)}


def test_the_interval_is_students() -> None:
    # Mean 2, standard deviation 1, and t(0.975, 2) = 4.302653 from a table.
    found = interval([1.0, 2.0, 3.0])
    assert found is not None
    assert found.mean == pytest.approx(2)
    assert found.half == pytest.approx(4.302653 / 3**0.5, rel=1e-6)
    assert interval([1.0]) is None
    # Mean 2, standard deviation sqrt 2, over sqrt 2 seeds, and t(0.975, 1) = 12.7062.
    two = interval([1.0, 3.0])
    assert two is not None
    assert (two.low, two.high) == pytest.approx((2 - 12.7062, 2 + 12.7062), abs=1e-4)


def test_intervals_of_what_is_known_with_every_seed() -> None:
    found = finite_intervals([{"auc": 1.0, "cle": math.nan}, {"auc": 3.0, "cle": 2.0}])
    assert list(found) == ["auc"]
    assert found["auc"] == pytest.approx({"mean": 2, "low": -10.7062, "high": 14.7062}, abs=1e-4)
    assert finite_intervals([{"auc": 1.0}]) == {}


def test_a_seeds_value_is_the_mean_over_the_sequences() -> None:
    tracker = {0: {"A": 0.2, "B": 0.6, "C": 9.0}, 1: {"A": 0.3, "B": 0.5}}
    assert seed_means(tracker, {"A", "B"}) == pytest.approx([0.4, 0.4])


def test_without_chance_in_either_the_difference_is_exact() -> None:
    found = compare("a", "b", by_seed(0.6), by_seed(0.45), False, False)
    assert found.verdict == "neither depends on seeds: the difference is exact"
    assert found.difference == pytest.approx(0.15)
    assert found.p is found.low is found.high is None


def test_without_a_sequence_in_common_nothing_is_compared() -> None:
    found = compare("a", "b", by_seed(0.6, 0.7), by_seed(0.5, 0.6, sequence="B"), True, True)
    assert found.sequences == 0
    assert math.isnan(found.difference)


def test_nearly_equal_seeds_are_compared_silently() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compare("a", "b", by_seed(0.6, 0.6 + 1e-11), by_seed(0.5, 0.5 + 1e-11), True, True)
    assert found.verdict == "exceeds seed noise"


def test_welch_of_a_worked_example() -> None:
    # Means 0.62 and 0.60, variances 1e-4 and 4e-4 of 3 seeds each: t = 0.02 / sqrt(5e-4 / 3)
    # = 1.5492 with (1 + 4)^2 / ((1 + 16) / 2) = 2.9412 degrees of freedom.
    found = compare("a", "b", by_seed(0.61, 0.62, 0.63), by_seed(0.58, 0.6, 0.62), True, True)
    assert found.difference == pytest.approx(0.02)
    assert found.p == pytest.approx(0.2210, abs=2e-3)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    assert found.verdict == "within seed noise"


def test_a_clear_difference_exceeds_seed_noise() -> None:
    found = compare("a", "b", by_seed(0.61, 0.62, 0.63), by_seed(0.5, 0.51, 0.52), True, True)
    assert found.verdict == "exceeds seed noise"
    assert found.low is not None
    assert found.low > 0


def test_a_tracker_without_chance_is_exact() -> None:
    # t = (0.62 - 0.55) / (0.01 / sqrt 3) = 12.12 with 2 degrees of freedom.
    found = compare("a", "b", by_seed(0.61, 0.62, 0.63), by_seed(0.55), True, False)
    assert found.p == pytest.approx(0.00674, abs=1e-4)
    assert found.verdict == "exceeds seed noise"
    other = compare("b", "a", by_seed(0.55), by_seed(0.61, 0.62, 0.63), False, True)
    assert other.p == pytest.approx(found.p)
    assert other.difference == pytest.approx(-found.difference)


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (by_seed(0.6), by_seed(0.5, 0.6), "one seed of a: seed noise is unknown"),
        (by_seed(0.6), by_seed(0.5), "one seed of a and b: seed noise is unknown"),
        (by_seed(0.6, 0.6), by_seed(0.5, 0.5), "exceeds seed noise (there is none)"),
        (by_seed(0.5, 0.5), by_seed(0.6, 0.6), "exceeds seed noise (there is none)"),
        # Equal but for rounding.
        (by_seed(0.1 + 0.2, 0.3), by_seed(0.5, 0.5), "exceeds seed noise (there is none)"),
        (by_seed(0.6, 0.6), by_seed(0.6, 0.6), "no difference"),
        (by_seed(0.6, 0.7), by_seed(0.5, 0.6, sequence="B"), "no sequence in common"),
    ],
)
def test_what_the_seeds_cannot_tell_is_said(
    a: dict[int, dict[str, float]], b: dict[int, dict[str, float]], verdict: str
) -> None:
    found = compare("a", "b", a, b, True, True)
    assert found.verdict == verdict
    assert found.p is None
    short = "one seed: unknown noise" if verdict.startswith("one seed") else verdict
    assert in_short(found.verdict) == short


def test_only_sequences_that_both_finished_with_every_seed_count() -> None:
    a = {0: {"A": 0.6, "B": 0.1}, 1: {"A": 0.7}}
    b = {0: {"A": 0.5, "B": 0.9}, 1: {"A": 0.4, "B": 0.9}}
    found = compare("a", "b", a, b, True, True)
    assert found.sequences == 1
    assert found.difference == pytest.approx(0.2)
