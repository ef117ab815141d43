# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pretended_extractor import Computing

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.finding.sighting import Sighting, best_sighting

BOXES = np.array([[0, 5, 10, 20], [2, 9, 30, 10], [8, 1, 10, 40], [4, 3, 50, 60]], dtype=float)
# Background and target scores of each; the difference of the two is another order.
SCORES = torch.tensor([[0.0, 1.0], [3.0, 4.0], [-1.0, 2.0], [2.0, 0.5]])


class Extractor(Computing):
    """Boxes have their index and their first corner as features."""

    def features(self, boxes: Boxes) -> torch.Tensor:
        index = [BOXES.tolist().index(one) for one in boxes.tolist()]
        return torch.tensor([[float(i), float(boxes[k, 0])] for k, i in enumerate(index)])


def classifier(features: torch.Tensor) -> torch.Tensor:
    assert not torch.is_grad_enabled()
    return SCORES[features[:, 0].long()]


def sighted(count: int, handicap: NDArray[np.float64] | None = None) -> Sighting:
    scores, extractor = cast(Any, classifier), cast(Any, Extractor())
    return best_sighting(scores, extractor, BOXES, count, handicap)


def test_the_place_is_the_mean_of_the_best_boxes() -> None:
    found = sighted(2)
    np.testing.assert_array_equal(found.boxes, BOXES[[1, 2]])  # target scores 4 and 2
    np.testing.assert_array_equal(found.box, [5, 5, 20, 25])
    assert found.features.tolist() == [[1, 2], [2, 8]]
    assert found.score == pytest.approx(3)
    odds = (1, 3)  # target less background score
    assert found.probability == pytest.approx(np.mean([1 / (1 + np.exp(-one)) for one in odds]))


def test_a_handicap_counts_for_the_choice_alone() -> None:
    found = sighted(1, np.array([0.0, 3.5, 0.5, 0.0]))
    np.testing.assert_array_equal(found.box, BOXES[2])  # 1.5 against 1, 0.5 and 0.5
    assert found.score == 2
    assert found.probability == pytest.approx(1 / (1 + np.exp(-3)))


def test_of_few_boxes_all_are_the_best() -> None:
    np.testing.assert_allclose(sighted(9).box, BOXES.mean(axis=0))
