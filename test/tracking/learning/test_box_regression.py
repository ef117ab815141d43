# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres, iou
from rlt_ros.tracking.learning.box_regression import FINDS, BoxRegressor, boxes_about
from rlt_ros.tracking.state import Kept


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


FIND: Boxes = np.array([40.0, 60.0, 30.0, 20.0])
MIX = np.random.default_rng(7).normal(size=(4, 6))


def seen(boxes: Boxes, target: Boxes, larger: float = 1.0) -> torch.Tensor:
    """Return features from which shift and log ratio follow linearly, for a target in a frame.

    Args:
        boxes: ``(N, 4)``.
        target: ``(4,)`` true box.
        larger: how much larger it looks than it is.
    """
    change = np.concatenate(
        [
            (centres(target) - centres(boxes)) / boxes[:, 2:],
            np.log(larger * target[2:] / boxes[:, 2:]),
        ],
        axis=1,
    )
    return torch.from_numpy(change @ MIX)


def learned(ridge: float = 0.5) -> BoxRegressor:
    """Return a regressor of a first frame with the target at FIND."""
    rng = np.random.default_rng(3)
    boxes = FIND + rng.uniform(-4, 4, (60, 4))
    return BoxRegressor(seen(boxes, FIND), boxes, FIND, ridge)


def refined_size(regressor: BoxRegressor, larger: float) -> NDArray[np.float64]:
    size: NDArray[np.float64] = regressor.refined(seen(FIND[None], FIND, larger), FIND[None])[0, 2:]
    return size / FIND[2:]


def test_boxes_about_a_find_are_off_it_every_way() -> None:
    boxes = boxes_about(FIND)
    assert boxes.shape == (16, 4)
    np.testing.assert_allclose(centres(boxes).mean(axis=0), centres(FIND))
    np.testing.assert_allclose(np.log(boxes[:, 2:]).mean(axis=0), np.log(FIND[2:]))
    assert len({tuple(np.sign(box - FIND[2:])) for box in boxes[:, 2:]}) == 4
    assert 0.6 < iou(boxes, FIND).min() < iou(boxes, FIND).max() < 0.8


def test_sizes_of_later_finds_are_learned_and_forgotten() -> None:
    regressor, boxes = learned(ridge=2.0), boxes_about(FIND)
    first = refined_size(regressor, 1.3)
    assert (first > 1.1).all()  # it looks larger than it is, and that was not so at first
    place = regressor.refined(seen(boxes, FIND, 1.3), boxes)
    sizes = [first]
    for _ in range(10):
        regressor.learn_sizes(seen(boxes, FIND, 1.3), boxes, FIND)
        sizes.append(refined_size(regressor, 1.3))
    assert (np.diff(sizes, axis=0)[:2] < 0).all()
    np.testing.assert_allclose(sizes[-1], 1.0, atol=0.05)
    # Shifts are those of the first frame for ever.
    now = regressor.refined(seen(boxes, FIND, 1.3), boxes)
    np.testing.assert_allclose(centres(now), centres(place))
    # It looks as in the first frame again, for so long that nothing else is remembered.
    for _ in range(FINDS):
        regressor.learn_sizes(seen(boxes, FIND), boxes, FIND)
    afresh = learned(ridge=2.0)
    for _ in range(FINDS):
        afresh.learn_sizes(seen(boxes, FIND), boxes, FIND)
    np.testing.assert_allclose(regressor.state()["weights"], afresh.state()["weights"])
    np.testing.assert_allclose(refined_size(regressor, 1.3), refined_size(afresh, 1.3))


def test_later_finds_are_ridge_regression_on_what_the_first_frame_misses() -> None:
    regressor = learned(ridge=0.5)
    finds = [(1.2, FIND), (1.3, np.array([45.0, 63.0, 38.0, 18.0]))]
    kept = regressor.state()
    first, mean, offset = (kept[name] for name in ("weights", "feature_mean", "offset"))
    rows, missed = [], []
    for larger, find in finds:
        boxes = boxes_about(find)
        regressor.learn_sizes(seen(boxes, find, larger), boxes, find)
        x = seen(boxes, find, larger).numpy() - mean
        y = np.log(find[2:] / boxes[:, 2:]) - offset[2:] - x @ first[:, 2:]
        # What all boxes have in common, and how they differ in x, y, width and height.
        off = np.sign(np.concatenate([centres(boxes) - centres(find), boxes[:, 2:] - find[2:]], 1))
        contrasts = np.concatenate([np.ones((16, 1)), off], axis=1)
        parts = contrasts @ np.linalg.inv(contrasts.T @ contrasts) @ contrasts.T
        rows.append(parts @ x)
        missed.append(parts @ y)
    a, b = np.concatenate(rows), np.concatenate(missed)
    more = np.linalg.solve(a.T @ a + 0.5 * np.eye(6), a.T @ b)  # the primal form
    found = refined_size(regressor, 1.25)
    x = seen(FIND[None], FIND, 1.25).numpy()[0] - mean
    expected = np.exp(offset[2:] + x @ (first[:, 2:] + more))
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(regressor.state()["weights"], first)


@pytest.mark.parametrize("ridge", [1e-9, 1e9])
def test_no_ridge_is_too_small_for_boxes_that_all_look_alike(ridge: float) -> None:
    rng = np.random.default_rng(4)
    table = torch.from_numpy(rng.normal(size=(60, 50))).float()
    boxes = FIND + rng.uniform(-4, 4, (60, 4))
    regressor = BoxRegressor(table, boxes, FIND, ridge=max(ridge, 1.0))
    kept = Kept(regressor.state())
    regressor = BoxRegressor.restored(kept, 50, torch.device("cpu"), ridge)
    about = boxes_about(FIND)
    for _ in range(2 * FINDS):
        regressor.learn_sizes(1e3 * table[:1].expand(16, 50), about, FIND)
        assert np.isfinite(regressor.refined(table[:16], about)).all()


def test_what_later_finds_taught_is_kept() -> None:
    rng = np.random.default_rng(5)
    table = torch.from_numpy(rng.normal(size=(60, 50))).float()
    regressor = BoxRegressor(table, FIND + rng.uniform(-4, 4, (60, 4)), FIND, ridge=1.0)
    untaught = regressor.refined(table, np.broadcast_to(FIND, (60, 4)))
    boxes = boxes_about(FIND)
    for _ in range(FINDS - 1):
        regressor.learn_sizes(table[:16], boxes, FIND)

    def again(state: Any) -> BoxRegressor:
        return BoxRegressor.restored(Kept(state), 50, torch.device("cpu"), 1.0)

    after = again(regressor.state())
    for rows in (slice(0, 0), slice(16, 32), slice(32, 48)):  # the last one goes round
        if rows.stop:
            regressor.learn_sizes(table[rows], boxes, FIND)
            after.learn_sizes(table[rows], boxes, FIND)
        here, there = (
            one.refined(table, np.broadcast_to(FIND, (60, 4))) for one in (regressor, after)
        )
        np.testing.assert_allclose(there, here, rtol=1e-5)
        assert not np.allclose(here, untaught, rtol=1e-3)
    # A version that learned from the first frame alone kept no later finds.
    older = {name: value for name, value in regressor.state().items() if name != "later"}
    as_then = again(older).refined(table, np.broadcast_to(FIND, (60, 4)))
    np.testing.assert_array_equal(as_then, untaught)
