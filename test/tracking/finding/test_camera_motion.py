# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.finding.camera_motion import STILL, CameraMotion

Image = NDArray[np.uint8]
BOX: Boxes = np.array([110.0, 80.0, 90.0, 80.0])


def texture(seed: int) -> Image:
    """Coarse and fine blobs, as in photographs."""
    rng = np.random.default_rng(seed)
    layers = (rng.integers(0, 128, (15 * k, 20 * k, 3), dtype=np.uint8) for k in (1, 4))
    coarse, fine = (cv2.resize(one, (320, 240), interpolation=cv2.INTER_CUBIC) for one in layers)
    return np.asarray(cv2.add(coarse, fine), dtype=np.uint8)


def seen_by(camera: NDArray[np.float64], target: tuple[int, int] | None = None) -> Image:
    """Return the scene as a camera that has moved sees it, with a target that moves in it."""
    scene = texture(0)
    if target is not None:
        x, y = int(BOX[0]) + target[0], int(BOX[1]) + target[1]
        scene[y : y + 80, x : x + 90] = texture(1)[80:160, 110:200]
    moved = cv2.warpAffine(scene, camera, (320, 240), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, dtype=np.uint8)


def similarity(angle: float, zoom: float, x: float, y: float) -> NDArray[np.float64]:
    """Return a turn and a zoom about the middle of the image, and a shift."""
    matrix = cv2.getRotationMatrix2D((160.0, 120.0), angle, zoom)
    matrix[:, 2] += x, y
    return np.asarray(matrix)


def motion_from(first: Image) -> CameraMotion:
    motion = CameraMotion()
    assert motion.next_frame(first, BOX) is STILL  # there is none before it
    return motion


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize(
    "camera",
    [
        similarity(0.0, 1.0, 0.0, 0.0),
        similarity(0.0, 1.0, 14.0, -9.0),
        similarity(4.0, 1.0, 3.0, 2.0),
        similarity(0.0, 1.06, -5.0, 4.0),
    ],
)
def test_where_the_background_goes(camera: NDArray[np.float64], size: int) -> None:
    """Whatever the target does, and however large the image is."""
    before, after = (
        np.asarray(cv2.resize(image, None, fx=size, fy=size), dtype=np.uint8)
        for image in (seen_by(STILL, (0, 0)), seen_by(camera, (20, -12)))
    )
    moved = motion_from(before).next_frame(after, size * BOX)
    assert moved is not None
    # Seen from the corners of the box: where it would be, had it not moved by itself.
    corners = np.array([[1, 1], [319, 1], [1, 239], [319, 239], [160, 120]], dtype=np.float64)
    expected = size * (corners @ camera[:, :2].T + camera[:, 2])
    found = size * corners @ moved[:, :2].T + moved[:, 2]
    assert np.abs(found - expected).max() < 1.5 * size


def test_each_frame_is_compared_with_the_one_before() -> None:
    motion = motion_from(seen_by(STILL))
    steps = [6.0, 12.0, 12.0]
    moved = [motion.next_frame(seen_by(similarity(0, 1, x, 0)), BOX) for x in steps]
    found = [one[0, 2] for one in moved if one is not None]
    assert found == pytest.approx([6.0, 6.0, 0.0], abs=0.5)


def test_a_frame_of_another_size_is_a_first_one() -> None:
    motion = motion_from(seen_by(STILL))
    assert motion.next_frame(texture(5)[:120, :160], BOX) is STILL


@pytest.mark.parametrize(
    "after", [np.full((240, 320, 3), 127, np.uint8), texture(5)], ids=["nothing", "a cut"]
)
def test_what_cannot_be_told_is_not_guessed(after: Image) -> None:
    before = np.full((240, 320, 3), 127, np.uint8) if after.std() == 0 else texture(0)
    assert motion_from(before).next_frame(after, BOX) is None


def test_a_target_that_fills_the_image_leaves_no_background() -> None:
    whole = np.array([0.0, 0.0, 320.0, 240.0])
    after = seen_by(similarity(0.0, 1.0, 14.0, -9.0))
    assert motion_from(seen_by(STILL)).next_frame(after, whole) is None
