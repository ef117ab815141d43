# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking import make_config
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.finding.first_looks import turned_looks
from rlt_ros.tracking.learning.augmentation import shrunk, turned

Image = NDArray[np.uint8]


class Glances:
    """Stands for an extractor: keeps what it is shown, and numbers it."""

    def __init__(self) -> None:
        self.shown: list[tuple[Image, Boxes]] = []

    def glance(self, image: Image, box: Boxes) -> Glances:
        self.shown.append((image, box))
        return self

    def features(self, boxes: Boxes) -> Tensor:
        np.testing.assert_array_equal(boxes, [self.shown[-1][1]])
        return torch.tensor([[float(len(self.shown))]])


@pytest.mark.parametrize("steps", [0, 1, 4])
@pytest.mark.parametrize(("side", "halved"), [(126.0, False), (130.0, True)])
def test_the_target_is_turned_and_mirrored_in_a_smaller_copy(
    steps: int, side: float, halved: bool
) -> None:
    """Of twice the sides that it gets in the search region, or more."""
    image = np.random.default_rng(0).integers(0, 256, (400, 500, 3), np.uint8)
    target = np.array([200.0, 100.0, side / 2, side * 2])
    extractor: Any = Glances()
    config = make_config(turned_looks=steps, region_target_size=32.0)
    looks = turned_looks(config, extractor, image, target)
    smaller, there = shrunk(image, target, 64.0)
    assert smaller.shape == ((200, 250, 3) if halved else (400, 500, 3))
    ways = [(step, mirrored) for mirrored in (False, True) for step in range(steps)]
    expected = [
        turned(smaller, there, 2 * np.pi * step / steps, mirrored)
        for step, mirrored in ways
        if mirrored or step  # the target as it is was looked at before
    ]
    assert len(looks) == len(expected) == max(0, 2 * steps - 1)
    for number, (piece, box) in enumerate(expected):
        np.testing.assert_array_equal(extractor.shown[number][0], piece)
        np.testing.assert_allclose(extractor.shown[number][1], box)
        assert looks[number].tolist() == [[number + 1]]
