# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.showing.confidence_map import confidence_map


class Extractor:
    """The features of a box are the box."""

    def __init__(self, *area: float) -> None:
        self.area = np.array(area)
        self.seen = np.zeros((0, 4))

    def features(self, boxes: Boxes) -> torch.Tensor:
        self.seen = boxes
        return torch.from_numpy(boxes).float()


def classifier(boxes: torch.Tensor) -> torch.Tensor:
    """Target scores that grow by 0.1 per pixel to the right and by 0.01 per pixel down."""
    target = 0.1 * boxes[:, 0] + 0.01 * boxes[:, 1]
    return torch.stack([torch.ones_like(target), target], dim=1)


def fakes(*area: float) -> tuple[Any, Any]:
    return Extractor(*area), classifier


@pytest.mark.parametrize(
    ("area", "cells", "shape"),
    [
        ((10, 20, 80, 40), 4, (2, 4)),
        ((10, 20, 40, 80), 4, (4, 2)),
        ((0, 0, 100, 2), 5, (1, 5)),
        ((0, 0, 2, 100), 5, (5, 1)),
    ],
)
def test_every_cell_has_the_box_centred_in_it(
    area: tuple[float, ...], cells: int, shape: tuple[int, int]
) -> None:
    extractor, scores = fakes(*area)
    box = np.array([3.0, 4.0, 6.0, 10.0])  # only its size counts
    found = confidence_map(extractor, scores, box, cells)
    assert found.probability.shape == shape
    assert found.probability.dtype == np.float32
    np.testing.assert_array_equal(found.area, area)
    width, height = area[2] / shape[1], area[3] / shape[0]
    for row in range(shape[0]):
        for column in range(shape[1]):
            x = area[0] + (column + 0.5) * width - 3
            y = area[1] + (row + 0.5) * height - 5
            odds = 0.1 * x + 0.01 * y - 1
            assert found.probability[row, column] == pytest.approx(1 / (1 + np.exp(-odds)))
    np.testing.assert_array_equal(extractor.seen[:, 2:], np.tile([6, 10], (len(extractor.seen), 1)))


def test_the_area_is_not_that_of_the_next_frame() -> None:
    extractor, scores = fakes(10, 20, 80, 40)
    found = confidence_map(extractor, scores, np.array([0.0, 0.0, 6.0, 10.0]), 4)
    extractor.area += 1
    np.testing.assert_array_equal(found.area, [10, 20, 80, 40])
