# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers that share their networks: each finds what it would find alone."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.networks import Networks

Image = NDArray[np.uint8]
Frames = list[tuple[Image, NDArray[np.float64]]]
Rows = list[tuple[Any, ...]]
COUNT = 7


@pytest.fixture
def two_patches(frames: Frames) -> tuple[list[Image], list[NDArray[np.float64]]]:
    """Frames with the target of `frames` in each half, one upside down, and both its boxes."""
    images = [np.hstack([image, image[::-1]]) for image, _ in frames[:COUNT]]
    height, width = frames[0][0].shape[:2]
    x, y, w, h = frames[0][1]
    starts = [np.array([x, y, w, h]), np.array([x + width, height - y - h, w, h])]
    return images, starts


def follow(tracker: Tracker, images: list[Image], box: NDArray[np.float64]) -> Rows:
    """All that a tracker says of some frames, to the last bit."""
    results = [tracker.init(images[0], box), *(tracker.track(image) for image in images[1:])]
    return [(*result.box, result.score, result.state) for result in results]


def test_in_lockstep_each_of_two_targets_is_followed_as_if_alone(
    few: dict[str, Any], two_patches: tuple[list[Image], list[NDArray[np.float64]]]
) -> None:
    images, starts = two_patches
    config = make_config(**{**few, "update_interval": 3})
    alone = []
    for box in starts:
        with Tracker(config) as tracker:
            alone.append(follow(tracker, images, box))
            assert tracker.updates_done >= 1
    networks = Networks(config)
    with Tracker(networks) as first, Tracker(networks) as second:
        trackers = (first, second)
        results = [
            [one.init(images[0], box) for one, box in zip(trackers, starts, strict=True)],
            *([one.track(image) for one in trackers] for image in images[1:]),
        ]
    together = [
        [(*row[number].box, row[number].score, row[number].state) for row in results]
        for number in range(2)
    ]
    assert together == alone
    assert together[0] != together[1]


def test_a_target_is_learned_and_reset_beside_one_that_is_tracked(
    few: dict[str, Any], two_patches: tuple[list[Image], list[NDArray[np.float64]]]
) -> None:
    images, starts = two_patches
    config = make_config(**{**few, "update_interval": 3})
    with Tracker(config) as tracker:
        alone = follow(tracker, images, starts[0])
    networks = Networks(config)
    with Tracker(networks) as first, Tracker(networks) as second:
        rows = [first.init(images[0], starts[0])]
        for number, image in enumerate(images[1:], start=1):
            rows.append(first.track(image))
            if number == 2:
                second.init(image, starts[1])
            elif number == 4:
                second.forget()
    assert [(*row.box, row.score, row.state) for row in rows] == alone


def test_in_the_background_both_are_updated(
    quick: dict[str, Any],
    two_patches: tuple[list[Image], list[NDArray[np.float64]]],
) -> None:
    images, starts = two_patches
    settings = {**quick, "update_mode": "background", "update_interval": 1}
    networks = Networks(make_config(**settings))
    with Tracker(networks) as first, Tracker(networks) as second:
        trackers = (first, second)
        for one, box in zip(trackers, starts, strict=True):
            one.init(images[0], box)
        updates = 0

        def all_updated() -> bool:
            nonlocal updates
            for one in trackers:
                one.track(images[1])
            updates = min(one.updates_done for one in trackers)
            return updates >= 2

        deadline = time.monotonic() + 60.0
        while not all_updated():
            assert time.monotonic() < deadline, updates
        for one, box in zip(trackers, starts, strict=True):
            assert one.last_update_error == ""
            assert iou(one.track(images[1]).box, box) > 0.4
