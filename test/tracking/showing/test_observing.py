# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training and scores can be looked at, and looking changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, TrackerConfig, make_config
from rlt_ros.tracking.boxes import centres

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]


def test_watching_the_training_changes_nothing(frames: Frames, quick_config: TrackerConfig) -> None:
    last = quick_config.initial_iterations
    steps: list[int] = []
    maps: list[NDArray[np.uint8]] = []
    with Tracker(quick_config) as watched, Tracker(quick_config) as plain:

        def look(step: int) -> None:
            steps.append(step)
            if step in (1, last):
                maps.append(watched.attention_map())
                watched.confidence_map(8)

        results = [watched.init(*frames[0], on_step=look), plain.init(*frames[0])]
        for image, _ in frames[1:3]:
            results += [watched.track(image), plain.track(image)]
    assert steps == list(range(1, 1 + last))
    assert (maps[0] != maps[1]).any()
    for one, other in zip(results[::2], results[1::2], strict=True):
        np.testing.assert_array_equal(one.box, other.box)
        assert one.score == other.score


@pytest.mark.parametrize("features", ["shared", "crops"])
def test_confidence_is_highest_on_the_target(
    frames: Frames, quick: dict[str, Any], features: str
) -> None:
    # Enough background for the many numbers that image samples have.
    settings = {**quick, "initial_negatives": 2000, "attention_weight": 0}
    with Tracker(make_config(**settings, features=features)) as tracker:
        with pytest.raises(RuntimeError, match="call init"):
            tracker.confidence_map()
        tracker.init(*frames[0])
        image, box = frames[1]
        tracker.track(image)
        probability, area = tracker.confidence_map(20)
    assert probability.dtype == np.float32
    assert max(probability.shape) == 20
    assert (probability >= 0).all()
    assert (probability <= 1).all()
    rows, columns = np.indices(probability.shape)
    places = np.stack([columns + 0.5, rows + 0.5], axis=-1) / probability.shape[::-1]
    shifts = np.abs(area[:2] + area[2:] * places - centres(box)).max(axis=-1)
    # Boxes that stick out of the frame show what nothing was learned of.
    assert probability[shifts == shifts.min()].max() > 0.9
    assert probability[(shifts > 12) & (shifts < 40)].max() < 0.5
