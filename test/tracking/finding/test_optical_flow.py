# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.boxes import Boxes, centres
from rlt_ros.tracking.finding.optical_flow import OpticalFlow, _points

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]
Image = NDArray[np.uint8]
BOX: NDArray[np.float64] = np.array([120.0, 90.0, 48.0, 36.0])


def texture(seed: int) -> Image:
    """Coarse and fine blobs, as in photographs."""
    rng = np.random.default_rng(seed)
    layers = (rng.integers(0, 128, (15 * k, 20 * k, 3), dtype=np.uint8) for k in (1, 4))
    coarse, fine = (cv2.resize(one, (320, 240), interpolation=cv2.INTER_CUBIC) for one in layers)
    return np.asarray(cv2.add(coarse, fine), dtype=np.uint8)


def scene(shift: tuple[float, float] = (0.0, 0.0)) -> Image:
    """A textured target at BOX, moved, before a background that stays."""
    image = texture(0)
    size = image.shape[1::-1]
    matrix = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    target = cv2.warpAffine(texture(1), matrix, size)
    inside = np.zeros(image.shape[:2], np.uint8)
    x, y, w, h = BOX.astype(int)
    inside[y : y + h, x : x + w] = 1
    mask = cv2.warpAffine(inside, matrix, size, flags=cv2.INTER_NEAREST)
    image[mask > 0] = target[mask > 0]
    return image


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.4, -2.6), (-12.0, 8.0), (0.0, 18.0)])
def test_the_move_of_the_target_is_found(shift: tuple[float, float]) -> None:
    flow = OpticalFlow()
    flow.remember(scene(), BOX)
    found = flow.shift(scene(shift))
    assert found is not None
    assert np.abs(found - shift).max() < 0.4


def test_the_points_fill_the_ellipse() -> None:
    # 6 x 6 places at 1, 3 and 5 twelfths of the sides from the centre; (5, 3) and (5, 5) are
    # outside of .44, (5, 1) is inside.
    steps = [number / 12 for number in (-5, -3, -1, 1, 3, 5)]
    expected = {(x, y) for x in steps for y in steps if abs(x) + abs(y) < 7 / 12}
    assert len(expected) == 24
    found = _points()
    assert found.shape == (24, 2)
    assert {tuple(one) for one in (found * 12).round(9).tolist()} == {
        (round(12 * x), round(12 * y)) for x, y in expected
    }


def test_it_is_the_same_at_any_scale() -> None:
    large = (cv2.resize(scene(at), None, fx=4, fy=4) for at in ((0.0, 0.0), (3.0, 2.0)))
    flow = OpticalFlow()
    flow.remember(np.asarray(next(large)), 4 * BOX)
    found = flow.shift(np.asarray(next(large)))
    assert found is not None
    assert np.abs(found - (12.0, 8.0)).max() < 1.0


def test_what_cannot_be_followed_is_not_guessed() -> None:
    flow = OpticalFlow()
    assert flow.shift(scene()) is None  # nothing remembered
    flow.remember(np.full((240, 320, 3), 90, np.uint8), BOX)
    assert flow.shift(np.full((240, 320, 3), 90, np.uint8)) is None
    flow.remember(scene(), BOX)
    noise = np.random.default_rng(5).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert flow.shift(noise) is None


@pytest.mark.parametrize(
    "box", [(-20, -10, 48, 36), (300, 220, 40, 40), (100, 5, 2, 200), (10, 10, 1, 1)]
)
def test_any_box_with_its_centre_in_the_image_will_do(box: tuple[float, ...]) -> None:
    flow = OpticalFlow()
    flow.remember(scene(), np.array(box, dtype=float))
    found = flow.shift(scene((1.0, 1.0)))
    assert found is None or np.isfinite(found).all()


@pytest.fixture
def published(
    frames: Frames, thorough: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Boxes]:
    """The second frame's box, by what the flow says."""
    boxes = {}
    for name, shift in {"none": None, "small": [3.0, 0.0], "far": [60.0, 0.0]}.items():
        move = None if shift is None else np.array(shift)
        monkeypatch.setattr(OpticalFlow, "shift", lambda self, image, move=move: move)
        with Tracker(make_config(**thorough | {"flow_share": 0.25})) as tracker:
            tracker.init(*frames[0])
            boxes[name] = tracker.track(frames[1][0]).box
    return boxes


def test_the_published_centre_takes_its_share(frames: Frames, published: dict[str, Boxes]) -> None:
    found, small = centres(published["none"]), centres(published["small"])
    moved = centres(frames[0][1]) + np.array([3.0, 0.0])
    assert np.allclose(small, 0.25 * moved + 0.75 * found)
    assert np.allclose(published["small"][2:], published["none"][2:])


def test_flow_that_went_elsewhere_has_none(published: dict[str, Boxes]) -> None:
    assert np.array_equal(published["far"], published["none"])
