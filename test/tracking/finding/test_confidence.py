# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from rlt_ros.tracking.finding.confidence import calibrated, log_odds


def test_without_scaling_a_probability_stays_what_it_is() -> None:
    for probability in (0.001, 0.3, 0.5, 0.9):
        assert calibrated(probability, 1.0, 1.0, 0.0, 0.0) == pytest.approx(probability)


def test_scaling_draws_scores_together_and_keeps_their_order() -> None:
    scores = [calibrated(p, 1.0, 0.3, 6.0, -0.2) for p in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert scores == sorted(scores)
    assert 0 < scores[0] < 0.1 < scores[2] < 0.5 < scores[4] < 1


def test_log_odds_are_finite() -> None:
    assert log_odds(0.5) == 0
    assert log_odds(1.0) == pytest.approx(9.21, abs=0.01)
    assert log_odds(0.0) == pytest.approx(-9.21, abs=0.01)


def test_a_score_of_known_parts() -> None:
    # 0.3 * log(0.9 / 0.1) + 6 * (0.6 - 1) - 0.2 = 0.65917 - 2.4 - 0.2
    assert calibrated(0.9, 0.6, 0.3, 6.0, -0.2) == pytest.approx(0.12556, abs=1e-5)


def test_what_looks_unlike_the_target_scores_less() -> None:
    scores = [calibrated(0.9, likeness, 0.3, 6.0, 0.0) for likeness in (0.2, 0.6, 1.0, 1.3)]
    assert scores[0] < scores[1] < scores[2] == scores[3]


@pytest.mark.parametrize("likeness", [-10.0, 0.0, 1.0])
@pytest.mark.parametrize("probability", [0.0, 1.0, float("nan")])
@pytest.mark.parametrize("offset", [-100.0, 100.0])
def test_scores_are_finite_at_the_ends_of_all_ranges(
    likeness: float, probability: float, offset: float
) -> None:
    score = calibrated(probability, likeness, 100.0, 100.0, offset)
    assert score == pytest.approx(1.0 if probability == 1 and likeness >= 0 else 0.0)
    if probability != probability:  # what is no number is no probability at all
        assert score == calibrated(0.0, likeness, 100.0, 100.0, offset)
