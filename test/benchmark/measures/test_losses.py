# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Counting how often a target is lost and found again."""

from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.benchmark.measures.losses import loss_measures

ON, BESIDE, TOUCHING = 0.0, 50.0, 8.0  # px to the right; TOUCHING has an IoU of 2 / 18


def losses(shifts: list[float], hidden: tuple[int, ...] = ()) -> tuple[float, ...]:
    truth = np.tile([20.0, 20.0, 10.0, 10.0], (len(shifts), 1))
    boxes = truth + np.array([[shift, 0, 0, 0] for shift in shifts])
    truth[list(hidden)] = np.nan
    found = loss_measures(boxes, truth)
    return tuple(found[name] for name in ("losses", "refound", "lost_frames", "missed_frames"))


def test_a_target_that_is_never_lost() -> None:
    assert losses([ON, TOUCHING, ON, TOUCHING]) == (0, 0, 0, 0)


def test_a_target_lost_and_found_and_lost_to_the_end() -> None:
    assert losses([ON, BESIDE, BESIDE, ON, ON, BESIDE]) == (2, 1, 3, 3)


def test_a_passing_touch_is_not_found() -> None:
    assert losses([ON, BESIDE, TOUCHING, BESIDE, TOUCHING, ON]) == (1, 1, 4, 2)


def test_no_box_is_lost_and_no_annotation_is_left_out() -> None:
    assert losses([ON, float("nan"), ON]) == (1, 1, 1, 1)
    assert losses([ON, BESIDE, BESIDE, BESIDE, ON], hidden=(2, 3)) == (1, 1, 1, 1)
    with pytest.raises(ValueError, match="no frame is annotated"):
        losses([ON], hidden=(0,))


def test_an_iou_of_a_half_is_not_found() -> None:
    truth = np.tile([20.0, 20.0, 10.0, 10.0], (3, 1))
    boxes = truth + np.array([[0, 0, 0, 0], [50, 0, 0, 0], [0, 0, 0, -5]])
    assert loss_measures(boxes, truth)["refound"] == 0
    boxes[2, 3] = 5.1
    assert loss_measures(boxes, truth)["refound"] == 1
