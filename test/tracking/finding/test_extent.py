# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far a target reaches that is told from its background by one number a place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pretended_extractor import Computing
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres
from rlt_ros.tracking.errors import InvalidTargetError
from rlt_ros.tracking.finding.extent import FIRST_TREMBLING, STEADY, Extent, _fitted, _inside
from rlt_ros.tracking.state import Kept

TARGET: Boxes = np.array([40.0, 30.0, 24.0, 16.0])
# Of a witness that has not trembled yet.
FIRST_SHARE = STEADY**2 / (STEADY**2 + FIRST_TREMBLING**2)


class Painted(Computing):
    """Stands for a feature extractor: places in a box differ from the others, but for noise."""

    place_width = 5
    device = torch.device("cpu")

    def __init__(self, box: Boxes, noise: float = 0.3, seed: int = 0) -> None:
        self.box = box
        self._noise = noise
        self._rng = np.random.default_rng(seed)

    def places(self, area: Boxes, count: int) -> Tensor:
        steps = (np.arange(count) + 0.5) / count
        x, y = (area[i] + steps * area[2 + i] for i in (0, 1))
        low, high = self.box[:2], self.box[:2] + self.box[2:]
        inside = np.outer((y > low[1]) & (y < high[1]), (x > low[0]) & (x < high[0])).ravel()
        values = self._rng.normal(size=(count**2, 5)) * self._noise
        values[:, 2] += np.where(inside, 1.5, -1.0)
        return torch.from_numpy(values).float()


def learned(share: float = 1.0) -> Extent:
    return Extent(share, Painted(TARGET), TARGET)  # type: ignore[arg-type]


def weighed(extent: Extent, truth: Boxes, box: Boxes, seed: int = 1) -> Boxes:
    extractor: Any = Painted(truth, seed=seed)
    return extent.weighed(extractor, box)


def test_the_right_box_stays() -> None:
    found = weighed(learned(), TARGET, TARGET)
    assert np.abs(found - TARGET).max() < 0.5


@pytest.mark.parametrize("factors", [(1.25, 1.0), (1.0, 0.8), (1.3, 0.75)])
def test_sizes_go_towards_what_places_say(factors: tuple[float, float]) -> None:
    """By the first share in the logarithm: the steadier, the more; see the next test."""
    truth = np.array([40.0, 30.0, 24.0 * factors[0], 16.0 * factors[1]])
    box = np.concatenate([centres(truth) - TARGET[2:] / 2, TARGET[2:]])
    extent = learned()
    found = weighed(extent, truth, box)
    change = np.log(found[2:] / TARGET[2:])
    variance = FIRST_TREMBLING**2 * 0.9 + 0.1 * np.log(factors) ** 2 / 2
    share = STEADY**2 / (STEADY**2 + variance)
    np.testing.assert_allclose(change, share * np.log(factors), atol=0.03)
    np.testing.assert_allclose(centres(found), centres(truth), atol=0.3)


def test_a_witness_that_never_trembles_is_believed() -> None:
    truth = np.array([34.0, 30.0, 36.0, 16.0])
    extent = learned()
    box = TARGET
    for seed in range(60):
        box = weighed(extent, truth, box, seed)
    assert np.abs(box - truth).max() < 2.0


def test_a_witness_that_trembles_is_not() -> None:
    extent = learned()
    wide, narrow = (np.array([52.0 - w / 2, 30.0, w, 16.0]) for w in (34.0, 17.0))
    for seed in range(20):
        weighed(extent, wide if seed % 2 else narrow, TARGET, seed)
    found = weighed(extent, wide, TARGET)
    # Log sizes differ by log 2 from frame to frame: a share of .5 % in widths.
    assert abs(found[2] - TARGET[2]) < 0.3


def test_the_share_is_that_of_the_setting() -> None:
    truth = np.array([37.0, 30.0, 30.0, 16.0])
    whole, half = (weighed(learned(share), truth, TARGET) for share in (1.0, 0.5))
    ratio = np.log(half[2] / TARGET[2]) / np.log(whole[2] / TARGET[2])
    assert ratio == pytest.approx(0.5, abs=1e-6)


def test_the_centre_moves_half_as_far() -> None:
    moved = TARGET + np.array([4.0, 0.0, 0.0, 0.0])
    found = weighed(learned(), moved, TARGET)
    assert centres(found)[0] - centres(TARGET)[0] == pytest.approx(FIRST_SHARE / 2 * 4, abs=0.25)


def test_what_it_makes_of_the_first_box_is_put_right() -> None:
    """Half of the target looks like background: it is still the true box that is told."""
    seen = np.array([40.0, 30.0, 14.0, 16.0])
    extractor: Any = Painted(seen)
    extent = Extent(1.0, extractor, TARGET)
    move = np.array([6.0, 3.0, 0.0, 0.0])
    found = weighed(extent, seen + move, TARGET + move)
    np.testing.assert_allclose(found, TARGET + move, atol=0.6)


def test_it_learns_new_looks_of_background() -> None:
    """Background that comes to look more like the target than what was taken for inside before."""

    class Alike(Painted):
        more = 0.0

        def places(self, area: Boxes, count: int) -> Tensor:
            result = super().places(area, count)
            background = result[:, 2] < 0.25
            result[:, 2] += torch.where(background, self.more, 0.0)
            return result

    extractor: Any = Alike(TARGET, noise=0.1)
    extent = Extent(1.0, extractor, TARGET)
    for step in range(300):
        extractor.more = 1.2 * step / 300
        found = extent.weighed(extractor, TARGET)
    # By the first frame alone half of the background were inside, and the box twice as large.
    assert np.abs(found - TARGET).max() < 3.0


def test_it_goes_on_from_what_was_kept() -> None:
    extent = learned()
    for seed in range(3):
        weighed(extent, TARGET, TARGET, seed)
    like: Any = Painted(TARGET)
    again = Extent.restored(1.0, Kept(extent.state()), like)
    truth = np.array([38.0, 30.0, 28.0, 16.0])
    for seed in range(3, 6):
        expected = weighed(extent, truth, TARGET, seed)
        np.testing.assert_array_equal(weighed(again, truth, TARGET, seed), expected)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("recent", np.zeros((4, 5), np.float32), r"recent is \(4, 5\) float32, not \(6, 7\)"),
        ("recent", -np.ones((6, 7), np.float32), "recent is of no places"),
        ("sizes", np.array([0.0, 1.0]), "sizes is not from 0.001 to"),
        ("factors", np.array([np.nan, 1.0]), "factors is not finite"),
        ("trembling", np.array([-1.0, 1.0]), "trembling is not from 0 to 100"),
    ],
)
def test_what_is_damaged_is_refused(name: str, value: Any, message: str) -> None:
    like: Any = Painted(TARGET)
    state = {**learned().state(), name: value}
    with pytest.raises(InvalidTargetError, match=message):
        Extent.restored(1.0, Kept(state), like)


def test_places_inside_a_box_have_a_share() -> None:
    # 21 places over three sides of 21 px: 3 px each; the box ends half way in one.
    labels = _inside(np.array([0.0, 0.0, 21.0, 21.0]), np.array([0.0, 0.0, 4.5, 21.0]))
    grid = labels.reshape(21, 21)
    np.testing.assert_allclose(grid[7:14, 7:9], [[1.0, 0.5]] * 7)
    assert grid.sum() == pytest.approx(7 * 1.5)


def test_the_fitted_box_has_the_most_inside() -> None:
    response = np.zeros((90, 90), np.float32)
    response[25:70, 35:58] = 1.0
    box = np.array([100.0, 50.0, 60.0, 30.0])  # 2 px of x and 1 px of y a step, from 40, 20 on
    np.testing.assert_allclose(_fitted(response, box), [40 + 70, 20 + 25, 46, 45])
