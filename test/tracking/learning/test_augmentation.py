# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.tracking.boxes import centres
from rlt_ros.tracking.learning.augmentation import (
    EDGE,
    FURTHEST,
    NEAREST,
    _paste,
    _random_vector,
    shrunk,
    turned,
    with_other_background,
)

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


@pytest.mark.parametrize("reach", [0.7, 1.0])
@pytest.mark.parametrize(
    "box",
    [[20.3, 10.6, 24, 16], [-6, 40, 20.5, 30], [60, -8, 30, 30], [-90, 10, 30, 30], [20, 90, 9, 9]],
    ids=["inside", "left and below", "right and above", "outside", "under it"],
)
def test_an_ellipse_with_a_soft_edge_is_pasted(box: list[float], reach: float) -> None:
    rng = np.random.default_rng(0)
    image, onto = rng.integers(0, 256, (2, *SIZE), dtype=np.uint8)
    # Distance of each pixel's centre from the box's in half sides; the edge is EDGE wide.
    y, x = np.indices(SIZE[:2]) + 0.5
    left, top, width, height = box
    radius = np.hypot((x - left - width / 2) / (width / 2), (y - top - height / 2) / (height / 2))
    share = np.interp(radius, [reach - EDGE / 2, reach + EDGE / 2], [1.0, 0.0])[:, :, None]
    expected = image * share + onto * (1 - share)
    _paste(onto, image, np.array(box), reach)
    np.testing.assert_allclose(onto, expected, atol=0.5 + 1e-9)  # rounded, not cut


def test_the_background_moves_far_enough_and_anywhere() -> None:
    box = np.array([35.0, 20.0, 10.0, 40.0])  # a mean side of 20
    image = np.full(SIZE, 100, np.uint8)
    shifts = []
    for seed in range(200):
        moved, vacated = with_other_background(np.random.default_rng(seed), image, box)
        assert (moved == 100).all()  # mirrored where there is nothing
        np.testing.assert_array_equal(vacated[2:], box[2:])
        shifts.append(vacated[:2] - box[:2])
    lengths, angles = np.hypot(*np.transpose(shifts)), np.arctan2(*np.transpose(shifts))
    np.testing.assert_array_equal(shifts, np.round(shifts))  # whole pixels
    assert lengths.min() == pytest.approx(NEAREST * 20, abs=1.5)
    assert lengths.max() == pytest.approx(FURTHEST * 20, abs=1.5)
    assert np.histogram(angles, 8, (-np.pi, np.pi))[0].min() >= 12  # of 25 in the mean


def test_random_vectors_are_uniform_in_angle_and_length() -> None:
    rng = np.random.default_rng(0)
    vectors = np.array([_random_vector(rng, 300, 500) for _ in range(4000)])
    lengths, angles = np.hypot(*vectors.T), np.arctan2(*vectors.T)
    for values, low, high in ((lengths, 300, 500), (angles, -np.pi, np.pi)):
        counts = np.histogram(values, 4, (low, high))[0]
        assert counts.min() > 900
        assert values.min() == pytest.approx(low, abs=1)
        assert values.max() == pytest.approx(high, abs=1)


def test_a_turned_piece_is_three_target_sides_wide_and_mirrored_at_the_frame() -> None:
    image = np.full(SIZE, 100, np.uint8)
    piece, box = turned(image, np.array([0.0, 0.0, 20.0, 21.0]), 0.5, False)
    assert piece.shape == (62, 62, 3)  # 3 sqrt 420 = 61.5
    assert (piece == 100).all()
    np.testing.assert_allclose(centres(box), [31, 31])
    # The bounds of the turned box have the same proportions.
    cosine, sine = np.cos(0.5), np.sin(0.5)
    proportion = (20 * cosine + 21 * sine) / (20 * sine + 21 * cosine)
    assert box[2] / box[3] == pytest.approx(proportion)
    assert box[2] * box[3] == pytest.approx(420)


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
