# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.benchmark.measures.calibration import (
    calibration_measures,
    reliability_bins,
    scored_frames,
)
from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_frames, record_from_json

NAN = float("nan")


def test_bins_of_equal_width() -> None:
    scores = np.array([0.0, 0.2, 0.3, 0.4, 1.0, 0.9])
    hits = np.array([False, True, False, True, True, False])
    bins = reliability_bins(scores, hits, 5)
    assert bins.counts.tolist() == [2, 2, 2]  # 0.2 and 0.4 close their bins
    np.testing.assert_allclose(bins.scores, [0.1, 0.35, 0.95])
    np.testing.assert_allclose(bins.hit_rates, [0.5, 0.5, 0.5])
    assert bins.error == pytest.approx((0.4 + 0.15 + 0.45) / 3)


def test_bins_of_equal_mass() -> None:
    scores = np.array([0.9, 0.1, 0.8, 0.7])
    hits = np.array([True, False, False, True])
    bins = reliability_bins(scores, hits, 2, equal_mass=True)
    assert bins.counts.tolist() == [2, 2]
    np.testing.assert_allclose(bins.scores, [0.4, 0.85])
    np.testing.assert_allclose(bins.hit_rates, [0.5, 0.5])
    assert bins.error == pytest.approx((0.1 + 0.35) / 2)
    few = reliability_bins(scores, hits, 15, equal_mass=True)
    assert few.counts.tolist() == [1, 1, 1, 1]


def test_measures_of_known_scores() -> None:
    sure = np.array([1.0, 1.0, 0.0, 0.0])
    right = np.array([True, True, False, False])
    assert calibration_measures(sure, right) == {"ece": 0, "ece_equal_mass": 0, "brier": 0}
    assert calibration_measures(sure, ~right) == {"ece": 1, "ece_equal_mass": 1, "brier": 1}
    half = calibration_measures(np.full(4, 0.5), right)
    assert half["ece"] == 0
    assert half["brier"] == 0.25
    assert np.isnan(list(calibration_measures(np.empty(0), np.empty(0, bool)).values())).all()


def test_the_two_errors_differ_where_scores_crowd() -> None:
    # 15 misses at .5 and 15 hits at .52, all in the bin 7/15..8/15. Of 15 bins of two frames each,
    # in order, 7 hold misses alone, one a miss and a hit, and 7 hits alone.
    scores, hits = np.repeat([0.5, 0.52], 15), np.repeat([False, True], 15)
    shuffled = np.random.default_rng(0).permutation(30)
    found = calibration_measures(scores[shuffled], hits[shuffled])
    assert found["ece"] == pytest.approx(0.51 - 0.5)
    assert found["ece_equal_mass"] == pytest.approx((7 * 0.5 + (0.51 - 0.5) + 7 * 0.48) / 15)


def test_bins_of_equal_mass_are_by_score() -> None:
    # Scores (i + .5) / 30, every other one a hit: the means of the pairs are (2 k + 1) / 30, and
    # half of each are hits. |2 k - 14| / 30 is 112 / 15 / 30 in the mean over k = 0..14.
    scores, hits = (np.arange(30) + 0.5) / 30, np.arange(30) % 2 == 1
    assert calibration_measures(scores, hits)["ece_equal_mass"] == pytest.approx(112 / 450)


def test_no_frames_are_judged_of_no_runs() -> None:
    scores, hits = scored_frames([])
    assert (scores.shape, hits.shape) == ((0,), (0,))
    assert (scores.dtype.name, hits.dtype.name) == ("float64", "bool")


def test_a_score_that_is_no_probability_is_refused() -> None:
    for scores in ([0.5, 1.5], [0.5, -0.5], [np.nan, 0.5]):
        with pytest.raises(ValueError, match="from 0 to 1"):
            reliability_bins(np.array(scores), np.array([True, False]))
    with pytest.raises(ValueError, match="from 0 to 1"):
        reliability_bins(np.array([1.5]), np.array([True]))
    with pytest.raises(ValueError, match="one of each per frame"):
        reliability_bins(np.array([0.5]), np.array([True, False]))


def test_which_frames_are_judged() -> None:
    record = FrameRecord(
        np.array([1.0, 0.9, 0.8, 0.7, 0.6, NAN]),
        np.array(["tracking"] * 6),
        np.array([1.0, 0.6, 0.5, NAN, NAN, 0.9]),
        np.array([NAN, NAN, NAN, 0.0, NAN, NAN]),
    )
    scores, hits = scored_frames([record, record])
    # Not the first, not the one of unknown truth, not the one without a score; 0.5 is no hit.
    assert scores.tolist() == [0.9, 0.8, 0.7] * 2
    assert hits.tolist() == [True, False, False] * 2


def test_a_record_is_stored_and_read() -> None:
    truth = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [NAN] * 4])
    boxes = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [1.0, 1, 2, 2]])
    visible = np.array([1.0, 1e-9, 0.0])
    record = record_frames(
        [1.0, NAN, 0.25], ["tracking", "uncertain", "lost"], boxes, truth, visible
    )
    again = record_from_json(record.to_json())
    assert again is not None
    np.testing.assert_allclose(again.overlaps, [1, 1 / 3, NAN], atol=1e-6)
    np.testing.assert_array_equal(again.scores, [1.0, NAN, 0.25])
    assert again.states.tolist() == ["tracking", "uncertain", "lost"]
    assert again.visible.tolist() == visible.tolist()  # 0 stays apart from nearly 0
    assert again.lost.tolist() == [False, False, True]
    assert again.hits.tolist() == [True, False, False]
    assert record_from_json({}) is None
