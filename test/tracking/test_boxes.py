# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlt_ros.tracking import InvalidBoxError
from rlt_ros.tracking.boxes import (
    clip_to_image,
    iou,
    is_centred_in,
    keep_in_area,
    seen_part,
    validated_box,
)


def test_iou_of_known_boxes() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [2, 2, 1, 1], [0.5, 0.5, 1, 1]], dtype=float)
    expected = [1.0, 1 / 3, 0.0, 1 / 4]
    np.testing.assert_allclose(iou(boxes, np.array([0.0, 0.0, 2.0, 2.0])), expected)


def test_iou_of_every_box_with_every_other() -> None:
    # x, y, w, h all differ, so that no coordinate can stand for another.
    boxes = np.array([[0.0, 10.0, 4.0, 2.0], [2.0, 11.0, 4.0, 6.0]])[:, None]
    others = np.array([[1.0, 10.0, 2.0, 3.0], [9.0, 30.0, 1.0, 1.0], [3.0, 8.0, 5.0, 3.0]])
    # By hand: overlaps 2 x 2, none (apart both ways), 1 x 1; then 1 x 2, none, 3 x 0.
    expected = [[4 / (8 + 6 - 4), 0, 1 / (8 + 15 - 1)], [2 / (24 + 6 - 2), 0, 0]]
    np.testing.assert_allclose(iou(boxes, others), expected)


def test_iou_of_boxes_without_area_is_none() -> None:
    empty = np.array([1.0, 2.0, 0.0, 0.0])
    assert iou(empty, empty) == 0


def test_what_is_outside_the_image_is_clipped_away() -> None:
    boxes = np.array([[60, 10, 20, 100], [-30, 40, 20, 4], [-5, -3, 100, 100], [70, 50, 5, 5]])
    expected = [[60, 10, 4, 38], [0, 40, 0, 4], [0, 0, 64, 48], [64, 48, 0, 0]]
    np.testing.assert_array_equal(clip_to_image(boxes.astype(float), (64, 48)), expected)


def test_the_end_of_a_box_may_be_beyond_what_a_number_holds() -> None:
    box = np.array([3.0, 1e308, 1.7e308, 1.7e308])
    with np.errstate(over="raise"):
        np.testing.assert_array_equal(clip_to_image(box, (64, 48)), [3, 48, 61, 0])


def test_whole_numbers_become_float64() -> None:
    box = validated_box((1, 2, 30, 40), (64, 48))
    assert box.dtype == np.float64
    np.testing.assert_array_equal(box, [1, 2, 30, 40])


def test_one_pixel_is_enough() -> None:
    np.testing.assert_array_equal(validated_box((3, 0, 1, 1), (64, 48)), [3, 0, 1, 1])
    np.testing.assert_array_equal(validated_box((-5, 47, 6, 9), (64, 48)), [0, 47, 1, 1])


def test_a_box_that_leaves_the_image_is_clipped() -> None:
    np.testing.assert_array_equal(validated_box((-5, 10, 20, 100), (64, 48)), [0, 10, 15, 38])


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((1, 2, float("nan"), 4), "not finite"),
        ((1, 2, float("inf"), 4), "not finite"),
        (
            (1, 2, 0.5, 4),
            r"^box \(1, 2, 0.5, 4\) is empty; give a width and height of 1 px or more$",
        ),
        ((1, 2, 5, -4), "empty"),
        ((64, 2, 5, 4), "does not overlap the 64 x 48 image"),
        ((-5, -5, 5.5, 50), "does not overlap"),
        ((1, 2, 3), "four numbers"),
        ("abcd", "four numbers"),
        (None, "four numbers"),
        ((10**400, 2, 5, 4), "four numbers"),
        (np.array([1 + 2j, 2, 5, 4]), "four numbers"),
        ((0, 0, -5, 4), "empty"),
        ((-1e308, 0, 1e308, 4), "does not overlap"),
        (torch.ones(4, requires_grad=True), "four numbers"),
    ],
)
def test_a_bad_box_is_refused_with_a_reason(box: object, message: str) -> None:
    with pytest.raises(InvalidBoxError, match=message) as refusal:
        validated_box(box, (64, 48))  # type: ignore[arg-type]
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("kind", [tuple, list, np.float32, np.int64, np.uint8, torch.tensor])
def test_four_numbers_of_any_kind_are_a_box(kind: Any) -> None:
    box = validated_box(kind((5, 6, 20, 10)), (64, 48))
    assert box.dtype == np.float64
    np.testing.assert_array_equal(box, [5, 6, 20, 10])


@pytest.mark.parametrize(
    ("box", "part"),
    [
        ((5, 6, 20, 10), (5, 6, 20, 10)),
        ((-5, 40, 20, 10), (0, 40, 15, 8)),
        ((63.75, 6, 20, 10), (63, 6, 1, 10)),
        ((-50, 60, 20, 10), (0, 47, 1, 1)),
        ((-50, -60, 500, 500), (0, 0, 64, 48)),
    ],
)
def test_what_is_seen_of_a_box_is_a_pixel_or_more(
    box: tuple[float, ...], part: tuple[float, ...]
) -> None:
    np.testing.assert_array_equal(seen_part(np.array(box, dtype=float), (64, 48)), part)


@pytest.mark.parametrize(
    ("centre", "inside"),
    [
        ((15, 80), True),
        ((10, 70), True),  # the border belongs to it
        ((40, 90), True),
        ((9.9, 80), False),
        ((40.1, 80), False),
        ((15, 69.9), False),
        ((15, 90.1), False),
    ],
)
def test_a_box_is_centred_in_an_area_whatever_its_sides(
    centre: tuple[float, float], inside: bool
) -> None:
    area = np.array([10.0, 70.0, 30.0, 20.0])
    for sides in ((2.0, 4.0), (400.0, 200.0)):
        box = np.array([centre[0] - sides[0] / 2, centre[1] - sides[1] / 2, *sides])
        assert is_centred_in(box, area) is inside


def test_kept_boxes_are_centred_in_the_area_and_no_larger() -> None:
    rng = np.random.default_rng(0)
    area = np.array([10.0, 20.0, 50.0, 30.0])
    boxes = rng.uniform(-100, 200, (500, 4))
    kept = keep_in_area(boxes, area)
    middle = kept[:, :2] + kept[:, 2:] / 2
    assert (middle >= area[:2] - 1e-9).all()
    assert (middle <= area[:2] + area[2:] + 1e-9).all()
    assert (kept[:, 2:] <= area[2:]).all()
    assert (kept[:, 2:] >= 1).all()


def test_kept_boxes_stay_where_they_are_if_they_can() -> None:
    area = np.array([10.0, 20.0, 50.0, 30.0])
    boxes = np.array(
        [[15, 25, 8, 6], [0, 0, 8, 6], [58, 90, 4, 6], [20, 30, 90, 70], [30, 40, 0, 0]]
    )
    # Unchanged; centre moved to a corner; moved up; moved and cut to the area; one pixel at least.
    expected = np.array(
        [[15, 25, 8, 6], [6, 17, 8, 6], [58, 47, 4, 6], [35, 35, 50, 30], [29.5, 39.5, 1, 1]]
    )
    np.testing.assert_allclose(keep_in_area(boxes.astype(float), area), expected)
