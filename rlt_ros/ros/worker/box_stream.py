# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When init boxes come faster than they can be learned, as from a detector."""

from __future__ import annotations

import numpy as np

from rlt_ros.tracking.boxes import BoxLike, iou

Box = tuple[float, float, float, float]
"""x, y, w, h in pixels: top-left corner and size, 0-based continuous coordinates."""

SAME_PLACE_IOU = 0.7
"""Boxes that overlap more than this name the same target."""

TRACKING_SHARE = 3.0
"""For a stream's box where the target is not, tracking gets this times the time of learning first.

A target that moves fast is out of sight now and then, and mostly found again sooner than learned.
"""

LONGEST_PAUSE = 5.0
"""Seconds without a box after which a stream has ended, however long learning takes."""


class BoxStream:
    """Tells a single init box from a stream of them that leaves no time to track.

    A box that comes alone is learned at once, wherever it lies: that is how a person corrects a
    box. One that comes while another is being learned and names the same place is left out. Any
    other that comes sooner after the one before than learning takes belongs to a stream: it waits
    until no newer one has come for that long (5 s at most), or, where it names another place than
    the target's, or the target is out of sight, tracking has had three times as long as learning
    took. Where there is no target, nothing waits.

    All times are seconds of one clock, given by the caller.
    """

    def __init__(self) -> None:
        self._pause = 0.0
        self._last_box = -np.inf
        self._learned = -np.inf
        self._learning_time = 0.0
        self._learning: Box | None = None
        self._place: BoxLike | None = None
        self._left_out = 0

    def begin_learning(self, box: Box) -> None:
        """A box is being learned from now on."""
        self._learning = box

    def end_learning(self, now: float, seconds: float | None) -> None:
        """It took that many seconds; None: nothing was learned."""
        self._learning = None
        if seconds is not None:
            self._learned, self._learning_time = now, seconds
            self._pause = min(seconds, LONGEST_PAUSE)

    def see_target(self, box: BoxLike | None) -> None:
        """The target lies here; None: it is out of sight."""
        self._place = box

    def forget_target(self) -> None:
        """There is none any more."""
        self._place = None
        self._learned = -np.inf

    def add(self, box: Box, now: float) -> tuple[bool, bool]:
        """Take note of a box; return whether it belongs to a stream and is to be left out."""
        closely = self._learning is not None or now - self._last_box < self._pause
        self._last_box = now
        if not closely:
            self._left_out = 0
        left_out = self._learning is not None and _same_place(box, self._learning)
        if left_out:
            self.leave_out()
        return closely, left_out

    def leave_out(self) -> None:
        """Count a box that is not learned."""
        self._left_out += 1

    def wait_for(self, box: Box, came: float, now: float) -> float:
        """Return how long a stream's box has to wait yet before it is learned; 0: no more."""
        ready = came + self._pause
        if self._place is None or not _same_place(box, self._place):
            ready = min(ready, self._learned + TRACKING_SHARE * self._learning_time)
        return max(0.0, ready - now)

    def message(self, now: float) -> str:
        """Return what to say while a stream goes on, else an empty text."""
        going_on = self._learning is not None or now - self._last_box < self._pause
        if not self._left_out or not going_on:
            return ""
        return f"{TOO_FAST} ({self._left_out} left out so far)"


TOO_FAST = (
    "init boxes come faster than they can be learned: send one, let it be tracked, and send"
    " another only to correct it"
)


def _same_place(box: BoxLike, other: BoxLike) -> bool:
    with np.errstate(all="ignore"):  # nobody has looked at these numbers yet
        return bool(iou(np.array(box, float), np.array(other, float)) > SAME_PLACE_IOU)
