# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a tracker said of each frame, beside what was true."""

from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_frames, record_from_json

TRUTH = np.array([[10.0, 10.0, 30.0, 20.0]] * 3)
BOXES = TRUTH + np.array([[0.0, 0, 0, 0], [10.0, 0, 0, 0], [15.0, 0, 0, 0]])


def record(states: list[str]) -> FrameRecord:
    truth = TRUTH.copy()
    truth[0, 2] = np.nan  # no box, whatever the other three numbers are
    return record_frames([1 / 3, 0.5, 0.25], states, BOXES, truth, None)


def test_a_frame_without_a_true_box_has_no_overlap() -> None:
    found = record(["tracking", "tracking", "lost"])
    np.testing.assert_array_equal(found.overlaps, [np.nan, 0.5, 1 / 3])
    assert found.hits.tolist() == [False, False, False]  # an IoU of a half is not above it
    assert found.lost.tolist() == [False, False, True]
    assert np.isnan(found.visible).all()


@pytest.mark.parametrize(
    ("states", "tells"),
    [(["tracking"] * 3, True), (["tracking", "", "lost"], False), ([""] * 3, False)],
)
def test_a_tracker_tells_its_state_in_each_frame_or_not_at_all(
    states: list[str], tells: bool
) -> None:
    assert record(states).tells_state is tells


def test_six_decimals_are_stored() -> None:
    stored = record(["tracking"] * 3).to_json()
    assert stored["scores"] == [0.333333, 0.5, 0.25]
    assert stored["overlaps"][1:] == [0.5, 0.333333]
    again = record_from_json(stored)
    assert again is not None
    np.testing.assert_array_equal(again.scores, [0.333333, 0.5, 0.25])
    np.testing.assert_array_equal(again.overlaps, [np.nan, 0.5, 0.333333])
    assert record_from_json({}) is None
