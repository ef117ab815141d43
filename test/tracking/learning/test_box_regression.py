# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch

from rlt_ros.tracking.learning.box_regression import BoxRegressor


def test_a_linear_relation_is_learned() -> None:
    rng = np.random.default_rng(0)
    target = np.array([50.0, 60.0, 30.0, 40.0])
    sides = target[2:] * np.exp(rng.normal(0, 0.1, (300, 2)))
    middle = target[:2] + target[2:] / 2 + rng.normal(0, 3, (300, 2))
    boxes = np.concatenate([middle - sides / 2, sides], axis=1)
    # Features from which shift and ratio follow linearly, mixed, beside ones that say nothing.
    change = np.concatenate(
        [(target[:2] + target[2:] / 2 - middle) / sides, np.log(target[2:] / sides)], axis=1
    )
    mixed = change @ rng.normal(size=(4, 6)) + 3.0
    noise = rng.normal(size=(300, 10))
    features = torch.from_numpy(np.concatenate([mixed, 0.01 * noise], axis=1)).float()
    regressor = BoxRegressor(features[:200], boxes[:200], target, ridge=1e-3)
    refined = regressor.refined(features[200:], boxes[200:])
    np.testing.assert_allclose(refined, np.broadcast_to(target, (100, 4)), atol=0.5)


def test_it_is_ridge_regression_about_the_means() -> None:
    rng = np.random.default_rng(1)
    target = np.array([50.0, 60.0, 30.0, 40.0])
    boxes = target + rng.uniform(-4, 4, (12, 4))
    features = rng.normal(size=(12, 5))
    wanted = np.column_stack(
        [
            (target[0] + 15 - boxes[:, 0] - boxes[:, 2] / 2) / boxes[:, 2],
            (target[1] + 20 - boxes[:, 1] - boxes[:, 3] / 2) / boxes[:, 3],
            np.log(30 / boxes[:, 2]),
            np.log(40 / boxes[:, 3]),
        ]
    )
    x, y = features - features.mean(axis=0), wanted - wanted.mean(axis=0)
    weights = np.linalg.solve(x.T @ x + 2.5 * np.eye(5), x.T @ y)  # the primal form
    change = x @ weights + wanted.mean(axis=0)
    middle = boxes[:, :2] + boxes[:, 2:] / 2 + change[:, :2] * boxes[:, 2:]
    sides = boxes[:, 2:] * np.exp(change[:, 2:])
    table = torch.from_numpy(features)
    refined = BoxRegressor(table, boxes, target, ridge=2.5).refined(table, boxes)
    np.testing.assert_allclose(refined, np.concatenate([middle - sides / 2, sides], axis=1))


def test_no_box_moves_by_more_than_a_side_or_changes_by_more_than_a_factor_e() -> None:
    target = np.array([0.0, 0.0, 10.0, 20.0])
    boxes = np.array([[-4.0, 4.0, 12.0, 16.0], [4.0, -4.0, 8.0, 24.0]])
    features = torch.tensor([[-1.0], [1.0]]).double()
    regressor = BoxRegressor(features, boxes, target, ridge=1e-6)
    box = np.array([[100.0, 200.0, 10.0, 20.0]])
    for sign in (-1.0, 1.0):  # a thousand times as far as was learned
        x, y, w, h = regressor.refined(sign * torch.full((1, 1), 1e3).double(), box)[0]
        # Boxes to the left are moved right, wide ones made narrow; and the other way round.
        shift = -sign * np.array([10.0, -20.0])
        np.testing.assert_allclose([x + w / 2, y + h / 2], np.array([105.0, 210.0]) + shift)
        np.testing.assert_allclose([w, h], [10 * np.e**sign, 20 * np.e**-sign])
