# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlt_ros.tracking import sampling
from rlt_ros.tracking.boxes import centres, iou

AREA = np.array([0.0, 0.0, 640.0, 480.0])
BOX = np.array([300.0, 200.0, 40.0, 80.0])


def test_gaussian_boxes_have_the_papers_spread() -> None:
    boxes = sampling.gaussian_boxes(np.random.default_rng(0), BOX, 20000, AREA, 0.6, 1.05)
    shifts = centres(boxes) - centres(BOX)
    # Normal with deviation 0.3 mean sides, cut at 0.6: a little under 0.3 * 60 px.
    assert shifts.mean(axis=0) == pytest.approx([0, 0], abs=0.6)
    assert shifts.std(axis=0) == pytest.approx([17, 17], abs=1.2)
    assert abs(shifts).max() <= 0.6 * 60 + 1e-9
    factors = boxes[:, 2:] / BOX[2:]
    assert factors.min() >= 1 / 1.05 - 1e-9
    assert factors.max() <= 1.05 + 1e-9
    np.testing.assert_allclose(factors[:, 0], factors[:, 1])


def test_spread_boxes_fill_the_area() -> None:
    boxes = sampling.spread_boxes(np.random.default_rng(0), BOX, 2000, AREA, 1.2)
    assert boxes[:, :2].min() >= 0
    assert (boxes[:, :2] + boxes[:, 2:] <= AREA[2:] + 1e-9).all()
    assert centres(boxes).std(axis=0) == pytest.approx([600 / 12**0.5, 400 / 12**0.5], rel=0.1)


def test_boxes_within_iou_are() -> None:
    rng = np.random.default_rng(0)
    boxes = sampling.boxes_within_iou(
        lambda n: sampling.gaussian_boxes(rng, BOX, n, AREA, 0.2, 1.2), BOX, 500, 0.7, 1.0
    )
    assert boxes.shape == (500, 4)
    assert iou(boxes, BOX).min() >= 0.7


def test_impossible_iou_gives_no_boxes_and_ends() -> None:
    full = np.array([0.0, 0.0, 640.0, 480.0])
    rng = np.random.default_rng(0)
    boxes = sampling.boxes_within_iou(
        lambda n: sampling.spread_boxes(rng, full, n, AREA, 1.0), full, 50, 0.0, 0.3
    )
    assert boxes.shape == (0, 4)


@pytest.mark.parametrize("draw", [sampling.gaussian_boxes, sampling.uniform_boxes])
@pytest.mark.parametrize(
    ("size", "reach"),
    [((40, 80), (60, 60)), ((70, 10), (40, 40)), ((250, 10), (130, 40)), ((2, 300), (8, 151))],
)
def test_across_a_long_target_boxes_move_less(
    draw: Any, size: tuple[float, float], reach: tuple[float, float]
) -> None:
    """By mean sides, and no more than four of the shorter sides."""
    box = np.array([320 - size[0] / 2, 240 - size[1] / 2, *size], dtype=float)
    boxes = draw(np.random.default_rng(0), box, 4000, AREA, 0.5, 1.0)
    shifts = np.abs(centres(boxes) - centres(box)).max(axis=0)
    np.testing.assert_allclose(shifts, 0.5 * np.array(reach), rtol=0.02)
