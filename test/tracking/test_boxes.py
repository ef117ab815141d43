# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.tracking import InvalidBoxError
from rlt_ros.tracking.boxes import iou, keep_in_area, validated_box


def test_iou_of_known_boxes() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [2, 2, 1, 1], [0.5, 0.5, 1, 1]], dtype=float)
    expected = [1.0, 1 / 3, 0.0, 1 / 4]
    np.testing.assert_allclose(iou(boxes, np.array([0.0, 0.0, 2.0, 2.0])), expected)


def test_a_box_that_leaves_the_image_is_clipped() -> None:
    np.testing.assert_array_equal(validated_box((-5, 10, 20, 100), (64, 48)), [0, 10, 15, 38])


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((1, 2, float("nan"), 4), "not finite"),
        ((1, 2, float("inf"), 4), "not finite"),
        ((1, 2, 0.5, 4), "empty"),
        ((1, 2, 5, -4), "empty"),
        ((64, 2, 5, 4), "does not overlap the 64 x 48 image"),
        ((-5, -5, 5.5, 50), "does not overlap"),
        ((1, 2, 3), "four numbers"),
        ("abcd", "four numbers"),
        (None, "four numbers"),
    ],
)
def test_a_bad_box_is_refused_with_a_reason(box: object, message: str) -> None:
    with pytest.raises(InvalidBoxError, match=message):
        validated_box(box, (64, 48))  # type: ignore[arg-type]


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
