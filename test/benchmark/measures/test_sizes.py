# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Widths and heights over the true ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlt_ros.benchmark.measures.sizes import sides_over_true, size_measures

NAN = math.nan
TRUE = [20.0, 20.0, 10.0, 20.0]


def test_medians_over_the_frames_of_all_runs() -> None:
    truth = np.array([TRUE] * 4)
    one = sides_over_true(truth * [1, 1, 1.2, 0.9], truth)
    np.testing.assert_allclose(one, [[1.2, 0.9]] * 4)
    other = sides_over_true(truth[:3] * [1, 1, 2, 0.5], truth[:3])
    # The run of four frames outweighs that of three: no mean of medians.
    assert size_measures([one, other]) == pytest.approx(
        {"width_over_true": 1.2, "height_over_true": 0.9}
    )
    assert size_measures([other]) == pytest.approx({"width_over_true": 2, "height_over_true": 0.5})


def test_only_frames_in_which_the_box_overlaps_a_target_that_is_there() -> None:
    gone = [NAN] * 4
    truth = np.array([TRUE, gone, TRUE, TRUE, TRUE, TRUE, TRUE])
    boxes = np.array(
        [
            TRUE,  # counts: 1, 1
            [20, 20, 90, 90],  # the target is not annotated
            [30, 20, 90, 90],  # touches the border, IoU 0
            [NAN, 20, 90, 90],  # no box
            [29, 39, 30, 30],  # counts, by one pixel: 3, 1.5
            [20, 20, 50, 50],  # hidden altogether
            [20, 20, 15, 10],  # counts, seen in part: 1.5, 0.5
        ]
    )
    visible = np.array([1, 0, 1, 1, NAN, 0, 0.1])
    sides = sides_over_true(boxes, truth, visible)
    assert sides.tolist() == [[1, 1], [3, 1.5], [1.5, 0.5]]
    assert size_measures([sides]) == {"width_over_true": 1.5, "height_over_true": 1.0}
    # Where it is not known what is seen, the hidden one counts: an even number, the mean of two.
    np.testing.assert_allclose(sides_over_true(boxes, truth)[2], [5, 2.5])
    assert size_measures([sides_over_true(boxes, truth)]) == {
        "width_over_true": 2.25,
        "height_over_true": 1.25,
    }


def test_a_run_that_never_overlaps_has_no_sizes() -> None:
    truth = np.array([TRUE] * 2)
    nothing = sides_over_true(np.add(truth, [100, 0, 0, 0]), truth)
    assert nothing.shape == (0, 2)
    assert all(math.isnan(value) for value in size_measures([nothing]).values())
    assert size_measures([nothing, sides_over_true(truth, truth)])["width_over_true"] == 1
