# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.tracking.augmentation import shrunk, turned, with_other_background
from rlt_ros.tracking.boxes import centres

SIZE = (60, 80, 3)


@pytest.mark.parametrize(
    "box", [[30, 20, 20, 24], [-5, -5, 30, 30], [0, 0, 80, 60]], ids=["inside", "corner", "all"]
)
def test_only_the_background_changes(box: list[float]) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, SIZE, dtype=np.uint8)
    copy = image.copy()
    target = np.array(box, dtype=float)
    for _ in range(20):
        moved = with_other_background(rng, image, target).image
        assert moved.shape == image.shape
        assert moved.dtype == np.uint8
        x, y = (target[:2] + target[2:] / 2).astype(int)
        np.testing.assert_array_equal(
            moved[y - 2 : y + 2, x - 2 : x + 2], image[y - 2 : y + 2, x - 2 : x + 2]
        )
        assert (moved != image).mean() > 0.3
    np.testing.assert_array_equal(image, copy)


def test_the_background_moves_as_a_whole() -> None:
    # A ramp: where the background moved by whole pixels, its differences are constant.
    image = np.broadcast_to(np.arange(0, 160, 2, dtype=np.uint8)[None, :, None], SIZE).copy()
    moved = with_other_background(np.random.default_rng(1), image, np.array([50.0, 30, 8, 8])).image
    difference = moved[:20, 20:40].astype(int) - image[:20, 20:40]
    assert len(np.unique(difference)) == 1
    assert 0 < abs(difference[0, 0, 0]) <= 2 * 2.0 * 8


def test_a_target_is_told_from_its_background() -> None:
    image = np.zeros(SIZE, dtype=np.uint8)
    image[20:44, 30:50] = 200  # what the box holds: a disc of 200 on 100, the rest of the image 0
    y, x = np.mgrid[20:44, 30:50]
    image[20:44, 30:50][np.hypot((x - 39.5) / 10, (y - 31.5) / 12) > 0.9] = 100
    corners = [
        with_other_background(
            np.random.default_rng(seed), image, np.array([30.0, 20, 20, 24])
        ).image[21, 31, 0]
        for seed in range(20)
    ]
    assert np.mean(np.array(corners) == 100) < 0.2


def test_the_target_does_not_go_along_with_its_background() -> None:
    # A disc of 200 on 100, in a frame of 0 around it, on 50: what is left of it must not be 200.
    image = np.full((120, 160, 3), 50, dtype=np.uint8)
    image[40:70, 60:90] = 0
    image[45:65, 65:85] = 100
    y, x = np.mgrid[45:65, 65:85]
    image[45:65, 65:85][np.hypot(x - 74.5, y - 54.5) < 7] = 200
    box = np.array([65.0, 45, 20, 20])
    seen = 0
    for seed in range(30):
        moved, vacated = with_other_background(np.random.default_rng(seed), image, box)
        np.testing.assert_array_equal(vacated[2:], box[2:])
        low, high = vacated[:2].astype(int), (vacated[:2] + vacated[2:]).astype(int)
        assert (moved == 200).any()  # the target itself, where it was
        moved[45:65, 65:85] = 0
        assert not (moved == 200).any()
        if (low >= 5).all() and (high <= (158, 118)).all() and abs(low - box[:2]).max() >= 26:
            # Its old surroundings are there.
            assert (moved[low[1] - 2 : high[1] + 2, low[0] - 5 : low[0] - 1] == 0).all()
            seen += 1
    assert seen > 3


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_quarter_turn_is_exact(quarters: int, mirrored: bool) -> None:
    image = np.random.default_rng(0).integers(0, 255, SIZE, dtype=np.uint8)
    box = np.array([35.0, 10.0, 10.0, 40.0])  # around (40, 30), of a mean side of 20
    piece, there = turned(image, box, quarters * np.pi / 2, mirrored)
    around = image[0:60, 10:70]
    expected = np.rot90(around[:, ::-1] if mirrored else around, -quarters)
    np.testing.assert_allclose(piece.astype(int), expected, atol=1)
    np.testing.assert_allclose(there, [25, 10, 10, 40] if quarters % 2 == 0 else [10, 25, 40, 10])


def test_a_turned_box_keeps_its_area_and_its_centre() -> None:
    image = np.zeros(SIZE, dtype=np.uint8)
    image[28:32, 28:32] = 255
    piece, box = turned(image, np.array([20.0, 20.0, 20.0, 20.0]), 0.7, False)
    assert box[2:].prod() == pytest.approx(400)
    y, x = np.nonzero(piece[:, :, 0] > 127)
    np.testing.assert_allclose([x.mean() + 0.5, y.mean() + 0.5], centres(box), atol=0.5)


@pytest.mark.parametrize(
    ("side", "least", "size"),
    [(40, 20.1, (121, 90)), (40, 20.0, (61, 45)), (40, 9.0, (31, 23)), (3, 100.0, (121, 90))],
)
def test_an_image_is_halved_while_its_target_stays_large(
    side: int, least: float, size: tuple[int, int]
) -> None:
    image = np.zeros((90, 121, 3), np.uint8)
    image[20 : 20 + side, 60 : 60 + side] = 255
    smaller, (x, y, width, height) = shrunk(image, np.array([60.0, 20.0, side, side]), least)
    assert smaller.shape[1::-1] == size
    assert min(width, height) >= min(least, side) - 1
    inside = smaller[round(y) : round(y + height), round(x) : round(x + width)]
    assert inside.mean() > 200
    assert smaller.sum() / 765 == pytest.approx(width * height, rel=0.05)
