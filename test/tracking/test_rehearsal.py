# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlt_ros.tracking import make_config
from rlt_ros.tracking.boxes import validated_box
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.rehearsal import BOX, FRAMES, rehearse


class Tracker:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.images: list[Any] = []

    def init(self, image: Image, box: Sequence[float]) -> None:
        assert tuple(box) == BOX
        self._keep("init", image)

    def track(self, image: Image) -> None:
        self._keep("track", image)

    def forget(self) -> None:
        self.asked.append("forget")

    def _keep(self, asked: str, image: Image) -> None:
        self.asked.append(asked)
        self.images.append(image)


def test_a_made_up_target_is_learned_followed_and_forgotten() -> None:
    tracker = Tracker()
    rehearse(tracker)
    assert tracker.asked == ["init", *["track"] * FRAMES, "forget"]
    assert 2 * make_config().update_interval < FRAMES  # a second update is run as a graph
    picture = tracker.images[0]
    assert all(one is picture for one in tracker.images)
    assert (picture.shape, picture.dtype) == ((480, 640, 3), np.uint8)
    assert picture.flags.c_contiguous
    x, y, w, h = validated_box(BOX, (640, 480))
    assert x > 200 and y > 150 and x + w < 440 and y + h < 330, "with room around it"


def test_the_picture_has_something_to_tell_places_apart_by() -> None:
    tracker = Tracker()
    rehearse(tracker)
    blocks = tracker.images[0].reshape(48, 10, 64, 10, 3)
    assert (blocks == blocks[:, :1, :, :1]).all(), "blocks of 10 x 10 pixels"
    cells = blocks[:, 0, :, 0].astype(float)
    assert cells.std(axis=(0, 1)).min() > 60
    assert (cells[1:] != cells[:-1]).mean() > 0.9
