# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is drawn of the first frame and of its copies: features stand for their boxes here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking import make_config
from rlt_ros.tracking.boxes import Boxes, centres, iou
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning import first_frame
from rlt_ros.tracking.learning.augmentation import Swap
from rlt_ros.tracking.learning.first_frame import learned_from_first_frame

Image = NDArray[np.uint8]
TARGET: Boxes = np.array([300.0, 200.0, 40.0, 80.0])  # a mean side of 60 px
IMAGE: Image = np.zeros((480, 640, 3), np.uint8)
SETTINGS: dict[str, Any] = {
    "initial_positives": 50,
    "initial_negatives": 401,
    "initial_scale_negatives": 60,
    "initial_negative_iou": 0.4,
    "positive_iou": 0.7,
    "regression_samples": 140,
    "regression_ridge": 12.5,
    "background_swaps": 0,
}


class Places:
    """Stands for an extractor: the features of boxes are the boxes."""

    def __init__(self) -> None:
        self.area = np.array([0.0, 0.0, 640.0, 480.0])
        self.observed: list[tuple[Image, Boxes]] = []

    def observe(self, image: Image, target: Boxes) -> None:
        self.observed.append((image, target))

    def samples(self, boxes: Boxes) -> Samples:
        return Samples(torch.from_numpy(boxes))

    def features(self, boxes: Boxes) -> Tensor:
        return torch.from_numpy(boxes)

    context_features = features


def learned(
    target: Boxes = TARGET, **settings: Any
) -> tuple[Boxes, Boxes, Any, list[tuple[Image, Boxes]]]:
    """Return positive boxes, negative ones, what the regressor is given, and what was observed."""
    extractor: Any = Places()
    config = make_config(**SETTINGS | settings)
    rng = np.random.default_rng(0)
    positives, negatives, regressor = learned_from_first_frame(
        config, rng, extractor, IMAGE, target
    )
    return positives.features.numpy(), negatives.features.numpy(), regressor, extractor.observed


@pytest.fixture(autouse=True)
def regressor_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_frame, "BoxRegressor", lambda *arguments: arguments)


def test_the_frame_gives_samples_of_the_target_and_of_background_near_and_far() -> None:
    positives, negatives, _, observed = learned()
    assert positives.shape == (50, 4)
    assert iou(positives, TARGET).min() >= 0.7
    assert negatives.shape == (461, 4)
    assert 0.35 < iou(negatives, TARGET).max() <= 0.4
    assert iou(negatives, TARGET).min() == 0
    near, far, wrong_size = negatives[:200], negatives[200:401], negatives[401:]
    for boxes, reach, scale in ((near, 1.0, 1.6), (wrong_size, 0.5, 2.0)):
        shifts = abs(centres(boxes) - centres(TARGET))
        assert 0.9 * reach * 60 < shifts.max() <= reach * 60
        assert abs(np.log(boxes[:, 2:] / TARGET[2:])).max() == pytest.approx(
            np.log(scale), rel=0.05
        )
    assert np.ptp(far[:, :2], axis=0) == pytest.approx([600, 400], rel=0.1)
    assert abs(np.log(far[:, 2:] / TARGET[2:])).max() == pytest.approx(np.log(1.2), rel=0.05)
    assert observed == []  # it was before


def test_box_regression_learns_from_boxes_around_the_target() -> None:
    _, _, (features, boxes, targets, ridge), _ = learned(regression_samples=2000)
    assert boxes.shape == (2000, 4)
    np.testing.assert_array_equal(features.numpy(), boxes)
    np.testing.assert_array_equal(targets, np.tile(TARGET, (2000, 1)))
    assert ridge == 12.5
    overlaps = iou(boxes, TARGET)
    assert 0.6 <= overlaps.min() < 0.61
    assert overlaps.max() > 0.9
    wide, tall = np.log(boxes[:, 2:] / TARGET[2:]).T
    # Sizes by up to half: limited by the overlap. Proportions by up to 1.1 each way.
    assert 1.25 < np.exp(abs(wide + tall) / 2).max() <= 1.5
    assert np.exp(abs(wide - tall) / 2).max() == pytest.approx(1.1)
    assert abs(centres(boxes) - centres(TARGET)).max() <= 0.6 * 60


def test_without_samples_there_is_no_box_regression() -> None:
    assert learned(regression_samples=0)[2] is None
    assert learned(regression_samples=0, background_swaps=1)[2] is None


@pytest.fixture
def vacated(monkeypatch: pytest.MonkeyPatch) -> Boxes:
    """Where copies have the target's old surroundings, and copies that count from 1."""
    result = TARGET + np.array([150.0, -60.0, 0.0, 0.0])
    copies: list[Image] = []

    def copy(rng: Any, image: Image, target: Boxes) -> Swap:
        copies.append(np.full_like(image, len(copies) + 1))
        return Swap(copies[-1], result)

    monkeypatch.setattr(first_frame, "with_other_background", copy)
    return result


def test_copies_give_samples_of_their_own(vacated: Boxes) -> None:
    positives, negatives, (_, boxes, targets, _), observed = learned(background_swaps=2)
    # Two copies, then the frame itself, which is observed last.
    assert [int(image.max()) for image, _ in observed] == [1, 2, 0]
    assert observed[2][0] is IMAGE
    for _, target in observed:
        np.testing.assert_array_equal(target, TARGET)
    assert positives.shape == (100 + 100 + 50, 4)
    assert iou(positives, TARGET).min() >= 0.7
    assert negatives.shape == (160 + 160 + 461, 4)
    assert iou(negatives, TARGET).max() <= 0.4
    for first in (0, 160):
        around, old = negatives[first : first + 100], negatives[first + 100 : first + 160]
        shifts = abs(centres(around) - centres(TARGET))
        assert 0.9 * 0.8 * 60 < shifts.max() <= 0.8 * 60
        assert abs(np.log(around[:, 2:] / TARGET[2:])).max() == pytest.approx(np.log(1.6), rel=0.1)
        assert iou(old, vacated).min() >= 0.7
    assert boxes.shape == targets.shape == (20 + 20 + 140, 4)
    assert iou(boxes, targets).min() >= 0.6


@pytest.mark.parametrize(
    ("shift", "highest", "least", "most"),
    [
        (24.0, 0.4, 0, 0),  # IoU 1 / 4
        (28.0, 0.4, 60, 60),  # 12 / 68 = .18
        (28.0, 0.15, 1, 50),  # and those that overlap the target by less
    ],
)
def test_old_surroundings_that_the_target_covers_are_no_background(
    vacated: Boxes, shift: float, highest: float, least: int, most: int
) -> None:
    vacated[:] = TARGET + np.array([shift, 0.0, 0.0, 0.0])
    _, negatives, _, _ = learned(background_swaps=1, initial_negative_iou=highest)
    assert least <= len(negatives) - 461 - 100 <= most
    assert iou(negatives, TARGET).max() <= highest


def test_each_copy_gives_box_regression_a_sample_or_more(vacated: Boxes) -> None:
    _, _, (_, boxes, _, _), _ = learned(background_swaps=2, regression_samples=5)
    assert len(boxes) == 1 + 1 + 5


@pytest.mark.parametrize(("side", "halved"), [(126.0, False), (130.0, True)])
def test_copies_of_a_very_large_target_are_smaller(
    vacated: Boxes, side: float, halved: bool
) -> None:
    """Its mean side stays eight times what it has in the search region, or more."""
    target = np.array([100.0, 100.0, 2 * side, 2 * side])
    _, _, _, observed = learned(target, background_swaps=1, region_target_size=16.0)
    image, there = observed[0]
    assert image.shape == ((240, 320, 3) if halved else (480, 640, 3))
    np.testing.assert_array_equal(there, target / 2 if halved else target)
    np.testing.assert_array_equal(observed[1][1], target)
