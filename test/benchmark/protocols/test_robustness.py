# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OTB's temporal and spatial robustness evaluation."""

from __future__ import annotations

import numpy as np
import pytest
from scripted import ScriptedRunner, ScriptedSequence

from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.benchmark.protocols.sre import shifted_boxes, spatial_robustness
from rlt_ros.benchmark.protocols.tre import temporal_robustness, temporal_starts


def moving_boxes(count: int) -> np.ndarray:
    boxes = np.tile([10.0, 10.0, 20.0, 30.0], (count, 1))
    boxes[:, 0] += np.arange(count) / 2
    return boxes


def test_20_starts_leave_20_frames_each() -> None:
    # OTB's formula with 71 frames: floor(1 + k 52/19) for k = 0..18, then 52, counted from 1.
    starts = temporal_starts(moving_boxes(71))
    assert starts == [0, 2, 5, 8, 10, 13, 16, 19, 21, 24, 27, 30, 32, 35, 38, 41, 43, 46, 49, 51]


def test_starts_avoid_frames_without_a_box() -> None:
    boxes = moving_boxes(71)
    boxes[0] = np.nan
    boxes[2, 2] = 0  # no width
    boxes[5, 0] = -1  # at 0 when counted from 1
    starts = temporal_starts(boxes, omit=range(40, 60))
    assert not {0, 2, 5, *range(40, 60)} & set(starts)
    assert starts[0] == 1
    assert starts[-1] == 39


def test_a_short_sequence_has_fewer_starts() -> None:
    assert temporal_starts(moving_boxes(22)) == [0, 1, 2]
    assert temporal_starts(moving_boxes(5)) == [0]


def test_no_start_at_all() -> None:
    with pytest.raises(ValueError, match="no frame has a box"):
        temporal_starts(np.full((3, 4), np.nan))
    with pytest.raises(ValueError, match="1 segments: give 2 or more"):
        temporal_starts(moving_boxes(50), segments=1)


def test_tre_runs_from_each_start_to_the_end() -> None:
    truth = moving_boxes(60)
    answers = truth + np.array([3.0, 0, 0, 0])
    runner = ScriptedRunner(answers)
    passes = list(temporal_robustness(runner, ScriptedSequence(truth), segments=3))
    assert [one.start for one in passes] == [0, 20, 40]
    assert runner.starts == [(start, truth[start].tolist()) for start in (0, 20, 40)]
    for one in passes:
        expected = np.concatenate([truth[[one.start]], answers[one.start + 1 :]])
        np.testing.assert_array_equal(one.boxes, expected)
        assert one.measures == one_pass_measures(expected, truth[one.start :])


def test_12_wrong_boxes() -> None:
    boxes = shifted_boxes(np.array([40.0, 30.0, 25.0, 20.0]), (100, 80))
    # A tenth of the size is 2.5 x 2 px: shifts are rounded up, corners to the nearest pixel.
    expected = {
        "left": (37, 30, 25, 20),
        "right": (43, 30, 25, 20),
        "up": (40, 28, 25, 20),
        "down": (40, 32, 25, 20),
        "top_left": (38, 28, 27, 22),
        "top_right": (40, 28, 28, 22),
        "bottom_left": (38, 30, 27, 22),
        "bottom_right": (40, 30, 28, 22),
        "scale_0.8": (43, 32, 20, 16),
        "scale_0.9": (41, 31, 23, 18),
        "scale_1.1": (39, 29, 28, 22),
        "scale_1.2": (38, 28, 30, 24),
    }
    assert {name: tuple(box.tolist()) for name, box in boxes.items()} == expected


def test_wrong_boxes_stay_in_the_image() -> None:
    boxes = shifted_boxes(np.array([0.0, 0.0, 100.0, 80.0]), (100, 80))
    for box in boxes.values():
        assert (box[:2] >= 0).all()
        assert (box[:2] + box[2:] <= (100, 80)).all()
    assert boxes["left"].tolist() == [0, 0, 100, 80]
    assert boxes["right"].tolist() == [10, 0, 90, 80]


def test_sre_starts_on_each_wrong_box() -> None:
    truth = moving_boxes(4)
    runner = ScriptedRunner(truth)
    passes = list(spatial_robustness(runner, ScriptedSequence(truth)))
    assert [one.name for one in passes] == list(shifted_boxes(truth[0], (100, 80)))
    assert runner.starts == [
        (0, box.tolist()) for box in shifted_boxes(truth[0], (100, 80)).values()
    ]
    assert all(one.measures["cle"] == 0 for one in passes)
