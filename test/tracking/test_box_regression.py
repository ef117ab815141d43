# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch

from rlt_ros.tracking.box_regression import BoxRegressor


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
