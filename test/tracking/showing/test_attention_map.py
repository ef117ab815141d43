# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking.features.extractor import View
from rlt_ros.tracking.showing.attention_map import attention_image

SIDE = 96  # of the view's pixels: smoothed by a 48th, 2 pixels
SLOPES = torch.tensor([[2.0, -3.0, 1.0]])  # of the target's score by the three features


def classifier(features: torch.Tensor) -> torch.Tensor:
    return torch.cat([7 * features.sum(dim=1, keepdim=True), features @ SLOPES.T], dim=1)


def image_of(
    area: tuple[float, ...], places: list[tuple[int, int]], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """The attention on a view with a derivative at (row, column) of one colour per feature."""

    def pulled(gradient: torch.Tensor) -> torch.Tensor:
        result = torch.zeros(1, 3, SIDE, SIDE)
        for feature, (row, column) in enumerate(places):
            result[0, feature, row, column] = gradient[0, feature]
        return result

    view = View(np.array(area), torch.ones(1, 3), pulled)
    return attention_image(view, cast(Any, classifier), size)


def test_it_is_the_smoothed_positive_part_where_the_view_is() -> None:
    found = image_of((20, 30, SIDE, SIDE), [(40, 50), (70, 70), (40, 50)], (200, 150))
    assert found.shape == (150, 200)
    assert found.dtype == np.uint8
    expected = np.zeros((150, 200), np.float32)
    expected[30 + 40, 20 + 50] = 2 + 1  # colours add up; the negative one is no attention
    expected = cv2.GaussianBlur(expected, (0, 0), 2.0)
    np.testing.assert_allclose(found, 255 / expected.max() * expected, atol=0.51)
    assert found[70, 70] == 255


@pytest.mark.parametrize(
    "area",
    [(20, 30, 2 * SIDE, 1.5 * SIDE), (20.4, 29.3, SIDE / 1.5, SIDE / 2), (-90, -40, 192, 96)],
)
def test_it_lies_where_the_pixels_of_the_view_do(area: tuple[float, ...]) -> None:
    row, column = 60, 70
    found = image_of(area, [(row, column), (0, 0), (row, column)], (320, 240)).astype(float)
    y, x = np.indices(found.shape) + 0.5
    middle = [(one * found).sum() / found.sum() for one in (x, y)]
    scale = np.array(area[2:]) / SIDE
    np.testing.assert_allclose(middle, area[:2] + (np.array([column, row]) + 0.5) * scale, atol=0.1)
    deviation = [np.sqrt(((one - at) ** 2 * found).sum() / found.sum())
                 for one, at in zip((x, y), middle, strict=True)]  # fmt: skip
    np.testing.assert_allclose(deviation, 2 * scale, rtol=0.1)
    assert found.max() == 255


def test_it_reaches_the_edges_of_the_view_and_of_the_frame() -> None:
    for corner in ((0, 0), (0, SIDE - 1), (SIDE - 1, 0), (SIDE - 1, SIDE - 1)):
        inside = image_of((10, 20, 192, 192), [corner, (5, 5), corner], (300, 300))
        row, column = (20 + 2 * corner[0], 10 + 2 * corner[1])
        assert inside[row : row + 2, column : column + 2].max() == 255
        frame = image_of((0, 0, 192, 192), [corner, (5, 5), corner], (192, 192))
        np.testing.assert_array_equal(frame, inside[20 : 20 + 192, 10 : 10 + 192])


@pytest.mark.parametrize("side", [0.3 * SIDE, 0.5 * SIDE, SIDE, 2.5 * SIDE])
def test_no_pixel_that_the_view_reaches_is_left_out(side: float) -> None:
    size = (300, 320)
    edges = [(0, 0), (0, SIDE - 1), (SIDE - 1, 0), (SIDE - 1, SIDE - 1)]
    for at in (10.1, 10.4, 10.6, 10.9):
        for corner in edges:
            found = image_of((at, at + 10, side, side), [corner, (5, 5), corner], size)
            attention = np.zeros((SIDE, SIDE), np.float32)
            attention[corner] = 1
            attention = cv2.GaussianBlur(attention, (0, 0), 2.0)
            step = side / SIDE
            onto = np.array([[step, 0, at + step / 2 - 0.5], [0, step, at + 10 + step / 2 - 0.5]])
            expected = cv2.warpAffine(attention, onto, size)
            np.testing.assert_allclose(found, 255 / expected.max() * expected, atol=1.5)


def test_a_view_outside_the_frame_shows_nothing() -> None:
    for area in ((321, 10, 96, 96), (10, 300, 96, 96), (-200, 10, 96, 96), (10, -200, 96, 96)):
        assert not image_of(area, [(48, 48)] * 3, (320, 240)).any()


def test_no_attention_is_black() -> None:
    black = image_of((20, 30, 96, 96), [(9, 9), (48, 48)], (200, 150))
    assert black.max() == 255
    view = View(np.array([0.0, 0, 9, 9]), torch.ones(1, 3), lambda _: -torch.ones(1, 3, 9, 9))
    assert not attention_image(view, cast(Any, classifier), (20, 20)).any()
