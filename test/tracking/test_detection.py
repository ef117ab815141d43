# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.detection import Detector, Find, Scene
from rlt_ros.tracking.sighting import Sighting

START = np.array([100.0, 80.0, 40.0, 20.0])


class Regressor:
    """Moves boxes by (3, -2) pixels and makes them 1.1 times as large."""

    def refined(self, _: torch.Tensor, boxes: Boxes) -> Boxes:
        return from_centres(centres(boxes) + np.array([3.0, -2.0]), 1.1 * boxes[:, 2:])


def refined(best_width: float, **settings: Any) -> Boxes:
    """START after box regression, by a classifier that likes boxes about ``best_width`` wide."""

    def features(boxes: Boxes) -> torch.Tensor:
        return torch.from_numpy(boxes)

    def classifier(boxes: torch.Tensor) -> torch.Tensor:
        score = -(boxes[:, 2] - best_width).abs()
        return torch.stack([torch.zeros_like(score), score], dim=1)

    extractor = SimpleNamespace(
        area=np.array([0.0, 0.0, 640.0, 480.0]), features=features, context_features=features
    )
    config = make_config(**settings)
    regressor: Any = Regressor()
    detector = Detector(config, np.random.default_rng(0), START, regressor, None)
    seen = Sighting(START, START[None], features(START[None]), 1.0, 0.9)
    scene: Any = Scene(np.zeros((480, 640, 3), np.uint8), extractor, classifier)  # type: ignore[arg-type]
    return detector._refined(seen, scene)[0]


@pytest.mark.parametrize(
    ("best_width", "width"), [(10.0, 40.0), (43.0, 44.0), (48.0, 48.4), (100.0, 48.4)]
)
def test_boxes_move_in_full_and_are_resized_as_far_as_the_classifier_agrees(
    best_width: float, width: float
) -> None:
    box = refined(best_width)
    assert np.allclose(centres(box), centres(START) + np.array([6.0, -4.0]))
    assert np.allclose(box[2:], [width, width / 2])


def test_one_step_is_taken_whole_as_in_the_paper() -> None:
    box = refined(10.0, regression_steps=1)
    assert np.allclose(centres(box), centres(START) + np.array([3.0, -2.0]))
    assert np.allclose(box[2:], 1.1 * START[2:])


def test_the_next_frame_takes_over_a_share() -> None:
    seen = Sighting(START, START[None], torch.zeros(1, 4), 1.0, 0.9)
    box = from_centres(centres(START) + np.array([4.0, 2.0]), 16.0 * START[2:])
    extractor: Any = None
    find = Find(seen, box, torch.zeros(1, 4), 1.0, True, True, extractor)
    for shares, move, size in (((0.5, 0.25), (2.0, 1.0), 2.0), ((0.0, 0.0), (0.0, 0.0), 1.0)):
        adaptation: dict[str, Any] = dict(
            zip(("centre_adaptation", "size_adaptation"), shares, strict=True)
        )
        with Tracker(make_config(device="cpu", **adaptation)) as tracker:
            box_kept = tracker._carried_over(find)
        assert np.allclose(centres(box_kept), centres(START) + np.array(move))
        assert np.allclose(box_kept[2:], size * START[2:])


@pytest.mark.parametrize(("penalty", "chosen"), [(0.0, 45.0), (0.5, 45.0), (2.0, 5.0), (3.0, 0.0)])
def test_candidates_pay_for_their_distance(
    monkeypatch: pytest.MonkeyPatch, penalty: float, chosen: float
) -> None:
    """The score of a candidate is less by the penalty times its squared distance in mean sides."""
    # Target scores by the pixels that candidates lie to the right.
    gains = {0.0: 0.0, 5.0: 0.07, 45.0: 4.0}
    side = 30.0
    wide = np.array([100.0, 80.0, side, side])
    candidates = np.array([wide + np.array([shift, 0.0, 0.0, 0.0]) for shift in gains])

    def features(boxes: Boxes) -> torch.Tensor:
        return torch.from_numpy(boxes - wide)

    def classifier(shifts: torch.Tensor) -> torch.Tensor:
        score = torch.tensor([gains[round(shift, 6)] for shift in shifts[:, 0].tolist()])
        return torch.stack([-score - 1.0, score + 1.0], dim=1)

    monkeypatch.setattr("rlt_ros.tracking.detection.sampling.gaussian_boxes", lambda *_: candidates)
    extractor: Any = SimpleNamespace(area=np.array([0.0, 0.0, 640.0, 480.0]), features=features)
    config = make_config(motion_penalty=penalty, best_candidates=1)
    detector = Detector(config, np.random.default_rng(0), wide, None, None)
    scene: Any = Scene(np.zeros((480, 640, 3), np.uint8), extractor, classifier)  # type: ignore[arg-type]
    find = detector.find(scene, wide, 0.8, 0)
    # Of 4 - 2.25 p, 0.07 - p / 36 and 0 the largest wins.
    assert find.seen.box[0] - wide[0] == chosen
    # What the classifier says of it is left as it is.
    assert find.seen.score == pytest.approx(gains[chosen] + 1.0)
