# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tracker says of a frame."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from rlt_ros.tracking.boxes import Boxes


class TrackState(enum.Enum):
    """Whether the target was found in a frame.

    TRACKING: it was; the classifier learns from it. UNCERTAIN: the box is a best guess, and nothing
    is learned. LOST: not for some frames; the box means nothing, and the whole frame is searched.
    """

    TRACKING = "tracking"
    UNCERTAIN = "uncertain"
    LOST = "lost"


@dataclass(frozen=True)
class TrackResult:
    """What the tracker says of one frame.

    Attributes:
        box: ``(4,)`` float64 x, y, w, h in pixels, top-left corner, 0-based; unless TRACKING the
            best guess, or where there is none the last box, moved on as expected.
        score: probability 0..1 that the box overlaps the target by an IoU above 0.5.
        state: TRACKING, UNCERTAIN or LOST.
    """

    box: Boxes
    score: float
    state: TrackState
