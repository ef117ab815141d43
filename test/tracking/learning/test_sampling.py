# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import centres, iou
from rlt_ros.tracking.learning import sampling

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


def test_gaussian_boxes_vary_size_and_aspect_each_by_itself() -> None:
    boxes = sampling.gaussian_boxes(np.random.default_rng(0), BOX, 20000, AREA, 0.6, 1.2, 1.5)
    shifts = centres(boxes) - centres(BOX)
    assert np.corrcoef(shifts[:, 0], shifts[:, 1])[0, 1] == pytest.approx(0, abs=0.03)
    wide, tall = np.log(boxes[:, 2:] / BOX[2:]).T
    size, aspect = (wide + tall) / 2, (wide - tall) / 2
    # Exponents are normal with deviation 0.5, cut at 1: their deviation is .48.
    for found, base in ((size, 1.2), (aspect, 1.5)):
        assert abs(found).max() == pytest.approx(np.log(base))
        assert found.mean() == pytest.approx(0, abs=0.02 * np.log(base))
        assert found.std() == pytest.approx(0.48 * np.log(base), rel=0.02)
    assert np.corrcoef(size, aspect)[0, 1] == pytest.approx(0, abs=0.03)


def test_gaussian_boxes_stay_in_the_area() -> None:
    area = np.array([290.0, 235.0, 40.0, 20.0])
    boxes = sampling.gaussian_boxes(np.random.default_rng(0), BOX, 500, area, 2.0, 1.05)
    assert (centres(boxes) >= area[:2] - 1e-9).all()
    assert (centres(boxes) <= area[:2] + area[2:] + 1e-9).all()


def test_uniform_boxes_are_uniform_around_the_box() -> None:
    boxes = sampling.uniform_boxes(np.random.default_rng(0), BOX, 20000, AREA, 2.0, 1.2)
    assert boxes.shape == (20000, 4)
    shifts = (centres(boxes) - centres(BOX)) / 60  # the mean of 40 and 80 px
    factors = np.log(boxes[:, 2:] / BOX[2:]) / np.log(1.2)
    for values, limit in ((shifts[:, 0], 2.0), (shifts[:, 1], 2.0), (factors[:, 0], 1.0)):
        assert values.mean() == pytest.approx(0, abs=0.02 * limit)
        assert values.std() == pytest.approx(limit / 3**0.5, rel=0.02)
        assert abs(values).max() == pytest.approx(limit, rel=0.01)
    np.testing.assert_allclose(factors[:, 0], factors[:, 1])
    unlike = np.corrcoef(np.column_stack([shifts, factors[:, 0]]).T) - np.eye(3)
    assert abs(unlike).max() < 0.03


def test_uniform_boxes_stay_in_the_area() -> None:
    area = np.array([290.0, 235.0, 40.0, 20.0])
    boxes = sampling.uniform_boxes(np.random.default_rng(0), BOX, 500, area, 2.0, 1.2)
    assert (centres(boxes) >= area[:2] - 1e-9).all()
    assert (centres(boxes) <= area[:2] + area[2:] + 1e-9).all()


def test_spread_boxes_lie_anywhere_in_an_area_that_need_not_begin_at_0() -> None:
    area = np.array([100.0, 30.0, 400.0, 200.0])
    boxes = sampling.spread_boxes(np.random.default_rng(0), BOX, 20000, area, 1.2)
    assert boxes.shape == (20000, 4)
    factors = np.log(boxes[:, 2:] / BOX[2:]) / np.log(1.2)
    np.testing.assert_allclose(factors[:, 0], factors[:, 1])
    assert factors.mean() == pytest.approx(0, abs=0.02)
    assert factors.std() == pytest.approx(3**-0.5, rel=0.02)  # uniform in -1..1
    places = (boxes[:, :2] - area[:2]) / (area[2:] - boxes[:, 2:])  # uniform in 0..1
    assert places.min() >= 0
    assert places.max() <= 1
    assert places.mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.01)
    assert places.std(axis=0) == pytest.approx([12**-0.5] * 2, rel=0.02)
    assert np.corrcoef(places[:, 0], places[:, 1])[0, 1] == pytest.approx(0, abs=0.03)


def test_spread_boxes_are_no_larger_than_the_area() -> None:
    for area in ((100.0, 30.0, 400.0, 50.0), (100.0, 30.0, 25.0, 60.0)):
        boxes = sampling.spread_boxes(np.random.default_rng(0), BOX, 50, np.array(area), 1.2)
        np.testing.assert_array_equal(boxes[:, 1::2], np.tile(area[1::2], (50, 1)))
        if area[2] == 25:
            np.testing.assert_array_equal(boxes[:, ::2], np.tile(area[::2], (50, 1)))


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


def test_boxes_are_drawn_until_there_are_enough() -> None:
    box = np.array([0.0, 0.0, 10.0, 10.0])
    half, whole = [0.0, 0.0, 10.0, 5.0], [0.0, 0.0, 10.0, 10.0]  # IoU 0.5 and 1
    draws = [np.array([half, whole]), np.array([whole] * 4), np.array([half, half, half])]
    asked: list[int] = []

    def draw(count: int) -> NDArray[np.float64]:
        asked.append(count)
        return draws[len(asked) - 1]

    # Both limits are within the range; the second draw has none of it.
    found = sampling.boxes_within_iou(draw, box, 3, 0.5, 0.5)
    np.testing.assert_array_equal(found, [half] * 3)
    assert len(asked) == 3
    asked.clear()
    assert len(sampling.boxes_within_iou(draw, box, 2, 0.5, 0.5)) == 2  # one is missing for long
    assert min(asked) >= 3
    asked.clear()
    assert len(sampling.boxes_within_iou(draw, box, 2, 0.5, 1.0)) == 2
    assert len(asked) == 1  # the first draw has enough


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


def test_target_boxes_lie_close_to_the_target() -> None:
    """As MDNet draws them: deviations of 0.1 mean sides, and of size by up to a fifth."""
    boxes = sampling.target_boxes(np.random.default_rng(0), BOX, 4000, AREA, 0.0)
    assert boxes.shape == (4000, 4)
    shifts = centres(boxes) - centres(BOX)
    assert abs(shifts).max() == pytest.approx(0.2 * 60)
    assert abs(np.log(boxes[:, 2:] / BOX[2:])).max() == pytest.approx(np.log(1.2))
    close = sampling.target_boxes(np.random.default_rng(0), BOX, 100, AREA, 0.8)
    assert close.shape == (100, 4)
    assert iou(close, BOX).min() >= 0.8


def test_a_target_that_no_other_box_comes_near_stands_for_itself() -> None:
    rng = np.random.default_rng(0)
    needle = np.array([300.0, 200.0, 0.01, 80.0])  # boxes of less than a pixel are made wider
    found = sampling.target_boxes(rng, needle, 20, AREA, 0.7)
    np.testing.assert_array_equal(found, [needle])
    for away in ([400.0, 0.0, 0.0, 0.0], [0.0, -400.0, 0.0, 0.0]):
        gone = needle + np.array(away)
        assert sampling.target_boxes(rng, gone, 20, AREA, 0.7).shape == (0, 4)


def test_background_boxes_overlap_the_target_by_no_more_than_they_may() -> None:
    rng = np.random.default_rng(0)
    boxes = sampling.background_boxes(rng, BOX, 2000, AREA, 2.0, 1.5, 0.3)
    assert boxes.shape == (2000, 4)
    overlaps = iou(boxes, BOX)
    assert overlaps.min() == 0  # some are apart from it
    assert 0.28 < overlaps.max() <= 0.3
    assert abs(centres(boxes) - centres(BOX)).max() == pytest.approx(2.0 * 60, rel=0.01)
    assert abs(np.log(boxes[:, 2:] / BOX[2:])).max() == pytest.approx(np.log(1.5), rel=0.01)


def test_boxes_of_a_wrong_size_are_close() -> None:
    boxes = sampling.wrong_size_boxes(np.random.default_rng(0), BOX, 2000, AREA, 0.5)
    assert boxes.shape == (2000, 4)
    assert iou(boxes, BOX).max() <= 0.5
    assert abs(centres(boxes) - centres(BOX)).max() == pytest.approx(0.5 * 60, rel=0.01)
    assert abs(np.log2(boxes[:, 2:] / BOX[2:])).max() == pytest.approx(1, rel=0.01)
