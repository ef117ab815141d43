# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A made-up target, so that all is loaded and recorded before the first true frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rlt_ros.tracking.images import Image

# In a picture of 640 x 480; so many frames that updates run, with usual settings.
BOX, FRAMES = (290.0, 200.0, 60.0, 80.0), 24


class Rehearses(Protocol):
    """What a tracker is asked to do; see ``Tracker``."""

    def init(self, image: Image, box: Sequence[float]) -> object:
        """Learn a target."""

    def track(self, image: Image) -> object:
        """Find it."""

    def forget(self) -> None:
        """Have no target any more."""


def rehearse(tracker: Rehearses) -> None:
    """Have a tracker learn, follow and forget what is made up."""
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    picture = np.ascontiguousarray(noise.repeat(10, axis=0).repeat(10, axis=1))
    tracker.init(picture, BOX)
    for _ in range(FRAMES):
        tracker.track(picture)
    tracker.forget()
