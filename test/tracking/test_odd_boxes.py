# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Any box with a visible part is learned, whatever its shape and the image's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import InvalidImageError, Tracker, TrackResult, TrackState, make_config
from rlt_ros.tracking.boxes import iou, validated_box
from rlt_ros.tracking.learning.augmentation import with_other_background

Image = NDArray[np.uint8]
CROPS: dict[str, Any] = {
    "preset": "paper",
    "threads": 1,
    "attention_at": "features",
    "background_swaps": 0,
    "turned_looks": 0,
    "initial_positives": 8,
    "initial_negatives": 16,
    "candidates": 16,
    "regression_samples": 8,
}


@pytest.fixture(scope="module", params=["shared", "crops"])
def tracker(request: pytest.FixtureRequest, few: dict[str, Any]) -> Tracker:
    return Tracker(make_config(**{**few, **(CROPS if request.param == "crops" else {})}))


def textured(width: int, height: int) -> Image:
    coarse = np.random.default_rng(0).integers(
        0, 255, (height // 8 + 2, width // 8 + 2, 3), dtype=np.uint8
    )
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def check(result: TrackResult, image: Image) -> None:
    height, width = image.shape[:2]
    assert np.isfinite(result.box).all()
    assert (result.box[:2] >= 0).all()
    assert (result.box[:2] + result.box[2:] <= np.array([width, height]) + 1e-9).all()
    assert (result.box[2:] >= 1 - 1e-9).all()
    assert 0 <= result.score <= 1


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((704, 400), (5, 5, 500, 10)),
        ((704, 400), (5, 5, 10, 390)),
        ((704, 400), (0, 0, 704, 1)),
        ((704, 400), (703, 399, 1, 1)),
        ((704, 400), (350, 200, 2, 3)),
        ((704, 400), (-50, -50, 51.2, 52)),
        ((704, 400), (0, 0, 704, 400)),
        ((704, 400), (-1e300, -1e300, 1e301, 1e301)),
        ((1, 1), (0, 0, 1, 1)),
        ((2, 2), (0, 0, 1, 1)),
        ((300, 1), (100, 0, 50, 1)),
        ((1, 300), (0, 0, 1, 300)),
        ((3000, 20), (0, 9, 3000, 2)),
    ],
)
def test_any_visible_box_is_learned(
    tracker: Tracker, size: tuple[int, int], box: tuple[float, ...]
) -> None:
    image = textured(*size)
    first = tracker.init(image, box)
    np.testing.assert_array_equal(first.box, validated_box(box, size))
    for frame in (image, np.roll(image, 2, axis=1), np.zeros_like(image), image):
        check(tracker.track(frame), image)
    assert tracker.last_update_error == ""
    assert tracker.attention_map().shape == image.shape[:2]


@pytest.mark.parametrize("grey", [0, 255])
def test_an_image_without_anything_in_it_does_not_break(tracker: Tracker, grey: int) -> None:
    """As the first frames of many a camera are."""
    image = np.full((120, 160, 3), grey, np.uint8)
    check(tracker.init(image, (60, 40, 30, 40)), image)
    for frame in (image, textured(160, 120)):
        check(tracker.track(frame), image)


@pytest.mark.parametrize("box", [(100, 190, 500, 10), (350, 5, 8, 390), (100, 100, 300, 100)])
def test_a_long_target_is_held(quick: dict[str, Any], box: tuple[float, ...]) -> None:
    image = textured(704, 400)
    image[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = (200, 30, 30)
    with Tracker(make_config(**quick)) as tracker:
        tracker.init(image, box)
        for _ in range(3):
            result = tracker.track(image)
    assert iou(result.box, np.array(box, dtype=float)) > 0.6
    assert result.state is TrackState.TRACKING


def test_samples_exactly_like_the_target_are_itself(few: dict[str, Any]) -> None:
    """No random box has an IoU of 1."""
    image = textured(320, 240)
    with Tracker(make_config(**{**few, "positive_iou": 1.0})) as tracker:
        tracker.init(image, (100.3, 80.1, 60.7, 50.9))
        check(tracker.track(image), image)


def test_an_image_too_large_for_opencv_is_refused(tracker: Tracker) -> None:
    with pytest.raises(InvalidImageError, match="40000 x 2 px; shrink it to 32766 px"):
        tracker.init(np.zeros((2, 40000, 3), np.uint8), (0, 0, 2, 2))


def test_a_very_large_target_is_learned_from_smaller_copies(
    few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    real = with_other_background

    def watched(rng: np.random.Generator, image: Image, box: NDArray[np.float64]) -> Any:
        sizes.append((image.shape[1], image.shape[0]))
        return real(rng, image, box)

    monkeypatch.setattr("rlt_ros.tracking.learning.first_frame.with_other_background", watched)
    image = textured(2000, 1000)
    with Tracker(make_config(**{**few, "background_swaps": 1})) as tracker:
        for box in ((100, 100, 880, 880), (50, 50, 950, 900)):  # 8 times 56 px, twice
            tracker.init(image, box)
            assert iou(tracker.track(image).box, np.array(box, dtype=float)) > 0.6
    assert sizes == [(2000, 1000), (1000, 500)]
