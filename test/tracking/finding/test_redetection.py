# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pretended_extractor import Computing

from rlt_ros.tracking.boxes import Boxes, centres
from rlt_ros.tracking.finding.redetection import (
    CLOSE_PARTS,
    GRID_LIMIT,
    PARTS_PER_SIDE,
    frame_parts,
    grid_boxes,
    look_all_over,
    part_in_turn,
)


@pytest.mark.parametrize("size", [(20.0, 30.0), (2.0, 2.0), (90.0, 200.0)])
def test_the_grid_comes_near_every_place(size: tuple[float, float]) -> None:
    middles, sides = np.array([5.0, 10.0, 300.0, 200.0]), np.array(size)
    boxes = grid_boxes(middles, sides)
    assert 0 < len(boxes) <= 1.2 * GRID_LIMIT
    np.testing.assert_array_equal(boxes[:, 2:], np.broadcast_to(sides, (len(boxes), 2)))
    reach = np.ptp(centres(boxes), axis=0) + sides / 4
    if size[0] > 10:
        assert (reach >= np.minimum(middles[2:], reach)).all()
        places = np.random.default_rng(0).uniform(middles[:2], middles[:2] + middles[2:], (50, 2))
        gaps = np.abs(places[:, None] - centres(boxes)).max(axis=2).min(axis=1)
        assert (gaps < sides.max() / 2).all()


def test_the_grid_has_steps_of_a_quarter_of_the_sides() -> None:
    boxes = grid_boxes(np.array([5.0, 10.0, 30.0, 20.0]), np.array([40.0, 30.0]))
    places = [(x, y) for y in (10.0, 17.5, 25.0) for x in (5.0, 15.0, 25.0)]
    np.testing.assert_allclose(boxes, [[x - 20, y - 15, 40, 30] for x, y in places])


def test_a_grid_for_a_small_target_is_as_fine_as_its_limit_allows() -> None:
    # GRID_LIMIT cells share 300 x 200 px; the target's sides are as 1 to 2, and so are the steps.
    found = centres(grid_boxes(np.array([5.0, 10.0, 300.0, 200.0]), np.array([1.0, 2.0])))
    x, y = (np.unique(found[:, axis].round(6)) for axis in (0, 1))
    step = (300 * 200 / 2 / GRID_LIMIT) ** 0.5
    np.testing.assert_allclose(x, 5 + step * np.arange(len(x)), atol=1e-5)
    np.testing.assert_allclose(y, 10 + 2 * step * np.arange(len(y)), atol=1e-5)
    assert 300 - step <= x[-1] - 5 < 300
    assert 200 - 2 * step <= y[-1] - 10 < 200


@pytest.mark.parametrize(
    ("image_size", "sides", "across", "down"),
    [
        # Steps of 180 - 1.2 x 40 = 132 px and 180 - 1.2 x 30 = 144 px at most, evenly from edge to
        # edge.
        ((640, 480), (40.0, 30.0), np.linspace(90, 550, 5), np.linspace(90, 390, 4)),
        ((640, 480), (30.0, 40.0), np.linspace(90, 550, 5), np.linspace(90, 390, 4)),
        # 144 and 48 px: a tall target needs no more parts across.
        ((640, 480), (30.0, 110.0), np.linspace(90, 550, 5), np.linspace(90, 390, 8)),
        # A quarter of the region, 45 px, at least.
        ((640, 480), (150.0, 20.0), np.linspace(90, 550, 12), np.linspace(90, 390, 3)),
        # One part where the region holds the frame.
        ((100, 480), (40.0, 30.0), [50], np.linspace(90, 390, 4)),
        ((100, 80), (40.0, 30.0), [50], [40]),
        ((180, 181), (40.0, 30.0), [90], [90, 91]),
    ],
)
def test_the_parts_lie_evenly(
    image_size: tuple[int, int],
    sides: tuple[float, float],
    across: NDArray[np.float64],
    down: NDArray[np.float64],
) -> None:
    box = np.array([200.0, 120.0, *sides])
    parts = frame_parts(image_size, 180.0, box)
    np.testing.assert_array_equal(parts[:, 2:], np.tile(sides, (len(parts), 1)))
    found = sorted(map(tuple, centres(parts).tolist()))
    np.testing.assert_allclose(found, sorted((x, y) for x in across for y in down))


@pytest.mark.parametrize("image_size", [(640, 480), (100, 80), (1920, 1080)])
def test_the_parts_cover_the_frame_from_near_to_far(image_size: tuple[int, int]) -> None:
    box, region = np.array([30.0, 20.0, 40.0, 30.0]), 180.0
    parts = frame_parts(image_size, region, box)
    distances = np.linalg.norm(centres(parts) - centres(box), axis=1)
    assert (np.diff(distances) >= 0).all()
    # Wherever the target is, the search region of some part holds it whole.
    for place in np.random.default_rng(1).uniform(0, 1, (200, 2)):
        middle = box[2:] / 2 + place * (np.array(image_size) - box[2:])
        inside = (np.abs(centres(parts) - middle) + box[2:] / 2 <= region / 2 + 1e-6).all(axis=1)
        assert inside.any()


def test_few_parts_have_their_turn_one_after_the_other() -> None:
    box = np.array([30.0, 20.0, 40.0, 30.0])
    parts = frame_parts((570, 480), 180.0, box)
    assert len(parts) == CLOSE_PARTS
    for turn in range(2 * len(parts)):
        part, from_afar = part_in_turn((570, 480), 180.0, box, turn)
        np.testing.assert_array_equal(part, parts[turn % len(parts)])
        assert not from_afar


def test_many_parts_are_seen_from_afar_and_now_and_then_closely() -> None:
    box, size, region = np.array([30.0, 20.0, 40.0, 30.0]), (640, 480), 180.0
    close, afar = frame_parts(size, region, box), frame_parts(size, 2 * region, box)
    assert len(close) > CLOSE_PARTS
    looks = [part_in_turn(size, region, box, turn) for turn in range(4 * len(close) + 4)]
    assert [from_afar for _, from_afar in looks] == [True, True, True, False] * (len(close) + 1)
    closely = np.stack([part for part, from_afar in looks if not from_afar])
    np.testing.assert_array_equal(closely, [*close, close[0]])
    large = np.stack([part for part, from_afar in looks if from_afar])
    np.testing.assert_array_equal(large[:, 2:], np.tile([80.0, 60.0], (len(large), 1)))
    in_turn = np.resize(centres(afar), (len(large), 2))
    np.testing.assert_allclose(centres(large), in_turn)


class Places(Computing):
    """Stands for an extractor: the features of boxes are their centres."""

    def __init__(self, area: tuple[float, float, float, float]) -> None:
        self.area = np.array(area)

    def features(self, boxes: Boxes) -> torch.Tensor:
        return torch.from_numpy(centres(boxes))


def near(place: tuple[float, float]) -> Any:
    """Stand for a classifier: the target's score falls with the distance from a place."""

    def scores(features: torch.Tensor) -> torch.Tensor:
        distances = (features - torch.tensor(place, dtype=torch.float64)).norm(dim=1)
        return torch.stack([distances / 10 - 2, 2 - distances / 10], dim=1)

    return scores


@pytest.mark.parametrize("place", [(40.0, 50.0), (300.0, 200.0), (171.0, 93.0)])
def test_a_target_anywhere_in_the_area_is_found(place: tuple[float, float]) -> None:
    area: Any = Places((10.0, 20.0, 320.0, 240.0))
    size = np.array([40.0, 30.0])
    found = look_all_over(near(place), area, size, np.random.default_rng(0), 5)
    assert found is not None
    assert np.linalg.norm(centres(found.box) - place) < 3
    assert found.probability > 0.95


class Watched(Places):
    """Keeps the boxes that it was asked for."""

    def __init__(self, area: tuple[float, float, float, float]) -> None:
        super().__init__(area)
        self.asked: list[Boxes] = []

    def features(self, boxes: Boxes) -> torch.Tensor:
        self.asked.append(boxes)
        return super().features(boxes)


def test_the_best_of_the_grid_is_looked_at_closely() -> None:
    area: Any = Watched((0.0, 0.0, 640.0, 480.0))
    size = np.array([40.0, 30.0])
    look_all_over(near((203.0, 97.0)), area, size, np.random.default_rng(0), 5)
    grid, closer = area.asked
    distances = np.linalg.norm(centres(grid) - (203.0, 97.0), axis=1)
    nearest = centres(grid)[distances.argmin()]
    # A hundred boxes within a quarter of the mean side, 35 px, with half of that as deviation.
    assert abs(centres(closer).mean(axis=0) - nearest).max() < 1.5
    assert 6.0 < abs(centres(closer) - nearest).max() <= 35 / 4 + 1e-9


@pytest.mark.parametrize(
    "size", [(100.0, 300.0), (350.0, 60.0), (350.0, 300.0), (640.0, 100.0), (640.0, 480.0)]
)
def test_a_large_target_keeps_its_size_and_stays_inside(size: tuple[float, float]) -> None:
    area: Any = Watched((0.0, 0.0, 640.0, 480.0))
    sides = np.array(size)
    place = (330.0, 250.0)
    found = look_all_over(near(place), area, sides, np.random.default_rng(0), 5)
    grid, closer = area.asked
    np.testing.assert_array_equal(grid[:, 2:], np.broadcast_to(sides, (len(grid), 2)))
    limit = np.minimum(1.05 * sides, area.area[2:])
    assert (closer[:, 2:] >= sides / 1.05 - 1e-9).all()
    assert (closer[:, 2:] <= limit + 1e-9).all()
    assert (np.ptp(closer[:, 2:], axis=0) > 0.02 * sides).all()  # some are smaller, or larger
    # Centres stay where a box of the target's size is inside.
    for boxes in (grid, closer):
        assert (centres(boxes) >= sides / 2 - 1e-9).all()
        assert (centres(boxes) <= area.area[2:] - sides / 2 + 1e-9).all()
    assert found is not None
    np.testing.assert_allclose(found.box[2:], sides, rtol=0.05)
    reachable = np.clip(place, sides / 2, area.area[2:] - sides / 2)
    assert np.linalg.norm(centres(found.box) - reachable) < 0.05 * sides.max()


def test_parts_of_a_huge_frame_around_a_tiny_target_are_bounded() -> None:
    box = np.array([7000.0, 10.0, 2.0, 2.0])
    parts = frame_parts((7680, 4320), 9.0, box)
    assert len(parts) == PARTS_PER_SIDE**2
    shifts = np.abs(centres(parts) - centres(box))
    assert (shifts[0] <= 6.6).all()
    assert shifts[:, 0].max() == pytest.approx(PARTS_PER_SIDE / 2 * 6.6, abs=7)
    assert centres(parts)[:, 1].max() == pytest.approx(PARTS_PER_SIDE * 6.6, abs=7)
    # As many where it is at the far corner.
    parts = frame_parts((7680, 4320), 9.0, np.array([7670.0, 4310.0, 2.0, 2.0]))
    assert len(parts) == PARTS_PER_SIDE**2
    np.testing.assert_allclose(centres(parts).max(axis=0), [7680 - 4.5, 4320 - 4.5])


def test_a_target_larger_than_the_area_is_not_looked_for() -> None:
    size = np.array([40.0, 30.0])
    for sides in ((30.0, 200.0), (200.0, 20.0), (39.5, 200.0), (200.0, 29.5)):
        area: Any = Places((0.0, 0.0, *sides))
        assert look_all_over(near((1, 1)), area, size, np.random.default_rng(0), 5) is None


def test_boxes_that_are_looked_at_first_are_whole_in_the_area() -> None:
    extractor = Places((10.0, 20.0, 320.0, 240.0))
    seen: list[Boxes] = []

    def features(boxes: Boxes) -> torch.Tensor:
        seen.append(boxes)
        return torch.from_numpy(centres(boxes))

    extractor.features = features  # type: ignore[method-assign]
    area: Any = extractor
    look_all_over(near((60, 60)), area, np.array([40.0, 30.0]), np.random.default_rng(0), 5)
    grid = seen[0]
    np.testing.assert_allclose(grid.min(axis=0), [10, 20, 40, 30])
    assert (grid[:, :2] + grid[:, 2:] <= [330, 260]).all()
    assert (grid[:, :2] + grid[:, 2:]).max(axis=0) == pytest.approx([330, 260], abs=10)
