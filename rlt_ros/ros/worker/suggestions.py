# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes of a detector that a lost target may be in, until the frame that they count for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rlt_ros.messages.frame_ids import fits
from rlt_ros.ros.worker.box_stream import Box
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.tracking.boxes import BoxLike, iou

SAME_OBJECT_IOU = 0.3
"""A detection that overlaps a target more than this is taken for that target."""

MOST_BOXES = 5
"""Boxes of one message that are looked at: each costs what a frame does."""

MOST_WAITING = 1000
"""Messages that wait; the oldest go."""

OLDEST_SECONDS = 1.0
"""A box that is from an image this much older or newer than the frame says nothing of it."""


@dataclass(frozen=True)
class Suggestion:
    """Boxes of one message, the best first; `after`: how many frames had come before it."""

    boxes: tuple[Box, ...]
    stamp_ns: int
    frame_id: str
    after: int


class Suggestions:
    """They count for the first frame that is tracked of those that came after them.

    So it depends on the order in which frames and boxes come, and not on time. With the lock of
    whoever shares this.
    """

    def __init__(self) -> None:
        self._waiting: deque[Suggestion] = deque(maxlen=MOST_WAITING)

    def add(self, suggestion: Suggestion) -> None:
        """Keep boxes for a frame to come."""
        self._waiting.append(suggestion)

    def take(self, frame: Frame) -> Sequence[Box]:
        """Return the boxes that count for a frame, the newest there are; older ones go."""
        newest: Suggestion | None = None
        while self._waiting and self._waiting[0].after <= frame.sequence:
            newest = self._waiting.popleft()
        if newest is None or not fits(newest.frame_id, frame.frame_id):
            return ()
        apart = abs(newest.stamp_ns - frame.stamp_ns) / 1e9
        if newest.stamp_ns and frame.stamp_ns and apart > OLDEST_SECONDS:
            return ()
        return newest.boxes[:MOST_BOXES]


def without_targets(boxes: Iterable[Box], targets: Iterable[BoxLike]) -> list[Box]:
    """Return the boxes that are none of some targets."""
    known = [np.asarray(target, float) for target in targets]
    return [
        box
        for box in boxes
        if not any(iou(np.asarray(box, float), target) > SAME_OBJECT_IOU for target in known)
    ]
