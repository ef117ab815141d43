# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.tracking.features.halving import halved, halvings_within


@pytest.mark.parametrize(
    ("factor", "times"), [(0.3, 0), (1.0, 0), (1.9, 0), (2.0, 1), (3.9, 1), (4.0, 2), (17.0, 4)]
)
def test_halving_shrinks_by_no_more_than_the_factor(factor: float, times: int) -> None:
    assert halvings_within(factor) == times


def test_halved_pixels_are_means_of_four() -> None:
    image = np.zeros((4, 8, 3), np.uint8)
    image[:2, :2, 1] = [[10, 20], [30, 40]]
    image[2:, 6:, 2] = 200
    once = halved(image, 1)
    assert once.shape == (2, 4, 3)
    assert (once[0, 0, 1], once[1, 3, 2], once.sum()) == (25, 200, 225)
    assert halved(image, 2).shape == (1, 2, 3)
    assert halved(image, 0) is image


def test_odd_sides_are_rounded_up() -> None:
    assert halved(np.zeros((5, 11, 3), np.uint8), 1).shape == (3, 6, 3)
    assert halved(np.zeros((1, 3, 3), np.uint8), 3).shape == (1, 1, 3)
    # Means still: each new pixel covers one and a half.
    row = np.repeat(np.array([[0, 90, 30]], np.uint8)[:, :, None], 3, axis=2)
    assert halved(row, 1)[0, :, 0].tolist() == [30, 50]
