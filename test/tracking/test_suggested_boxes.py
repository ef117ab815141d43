# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A lost target is found where others see it, if it looks like the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import InvalidBoxError, Tracker, TrackState, make_config
from rlt_ros.tracking.boxes import iou

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]
THERE = (520.0, 90.0, 32.0, 40.0)  # far outside the search region


def wide(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image with more background beside it, which repeats."""
    return np.tile(image, (1, 4, 1))


@pytest.fixture
def lost(frames: Frames, gone: NDArray[np.uint8], thorough: dict[str, Any]) -> Iterator[Tracker]:
    """A tracker whose target has gone, and which looks for it in the search region alone."""
    config = make_config(
        **thorough, lost_after=3, redetection_probability=1.0, scan_probability=1.0
    )
    with Tracker(config) as tracker:
        for index in range(4):
            image = wide(gone)
            image[:, :200] = frames[index][0]
            if index:
                assert tracker.track(image).state is TrackState.TRACKING
            else:
                tracker.init(image, frames[0][1])
        for _ in range(12):  # what is asked of a look falls with the time
            result = tracker.track(wide(gone))
        assert result.state is TrackState.LOST
        yield tracker


@pytest.fixture
def back(frames: Frames, gone: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The target is there again, elsewhere."""
    image = wide(gone)
    x, y, w, h = frames[0][1].astype(int)
    left, top = int(THERE[0]), int(THERE[1])
    image[top : top + h, left : left + w] = frames[0][0][y : y + h, x : x + w]
    return image


@pytest.mark.parametrize(
    "seen", [THERE, (512.0, 84.0, 40.0, 60.0), (524.0, 94.0, 24.0, 30.0)], ids=str
)
def test_it_is_found_where_it_is_suggested(
    lost: Tracker, back: NDArray[np.uint8], seen: tuple[float, ...]
) -> None:
    assert lost.track(back).state is TrackState.LOST
    result = lost.track(back, [(300.0, 60.0, 32.0, 40.0), seen])
    assert result.state is TrackState.TRACKING
    assert iou(result.box, np.array(THERE)) > 0.5
    assert lost.track(back).state is TrackState.TRACKING


def test_what_does_not_look_like_it_is_not_taken_for_it(
    lost: Tracker, gone: NDArray[np.uint8]
) -> None:
    other = np.random.default_rng(5).integers(0, 255, (5, 4, 3), dtype=np.uint8)
    image = wide(gone)
    image[90:130, 520:552] = other.repeat(8, axis=0).repeat(8, axis=1)
    for boxes in ([THERE], [(300.0, 60.0, 32.0, 40.0)], [THERE, (100.0, 60.0, 32.0, 40.0)]):
        assert lost.track(image, boxes).state is TrackState.LOST


def test_a_box_that_is_none_is_refused_and_the_target_kept(
    lost: Tracker, back: NDArray[np.uint8]
) -> None:
    with pytest.raises(InvalidBoxError, match="does not overlap the 800 x 160 image"):
        lost.track(back, [THERE, (900.0, 0.0, 10.0, 10.0)])
    assert lost.track(back, [THERE]).state is TrackState.TRACKING


def test_a_target_in_sight_does_not_heed_them(frames: Frames, quick: dict[str, Any]) -> None:
    def followed(*suggested: tuple[float, ...]) -> NDArray[np.float64]:
        with Tracker(make_config(**quick)) as tracker:
            tracker.init(*frames[0])
            results = [tracker.track(image, suggested) for image, _ in frames[1:4]]
            assert {result.state for result in results} == {TrackState.TRACKING}
            return np.array([result.box for result in results])

    np.testing.assert_array_equal(followed((150.0, 100.0, 32.0, 40.0)), followed())
