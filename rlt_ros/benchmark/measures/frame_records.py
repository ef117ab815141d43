# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a tracker said of each frame of a run, beside what was true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.losses import FOUND_IOU
from rlt_ros.tracking import TrackState
from rlt_ros.tracking.boxes import Boxes, iou

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FrameRecord:
    """One run of N frames; the first is the one on which the tracker was started.

    Attributes:
        scores: ``(N,)`` probability 0..1 that the box is the target, by the tracker; NaN where it
            gives none.
        states: ``(N,)`` values of ``TrackState`` as texts; "" where the tracker gives none.
        overlaps: ``(N,)`` IoU of its box and the true one; NaN where there is no true one.
        visible: ``(N,)`` how much of the target is seen, 0..1; NaN where that is not known.
    """

    scores: Numbers
    states: NDArray[np.str_]
    overlaps: Numbers
    visible: Numbers

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Whether the tracker says that it has lost the target ``(N,)``."""
        return self.states == TrackState.LOST.value

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Whether the box is on the target ``(N,)``: IoU above 0.5; never where it is gone."""
        return np.nan_to_num(self.overlaps, nan=0.0) > FOUND_IOU

    @property
    def tells_state(self) -> bool:
        """Whether the tracker says whether it has the target."""
        return bool((self.states != "").all())

    def to_json(self) -> dict[str, Json]:
        """Return it in JSON's types."""
        return {
            "scores": self.scores.round(6).tolist(),
            "states": self.states.tolist(),
            "overlaps": self.overlaps.round(6).tolist(),
            "visible": self.visible.tolist(),
        }


def record_frames(
    scores: Sequence[float],
    states: Sequence[str],
    boxes: Boxes,
    truth: Boxes,
    visible: Numbers | None,
) -> FrameRecord:
    """Put together what a tracker said of N frames and what was true.

    Args:
        scores, states: see ``FrameRecord``.
        boxes: the tracker's ``(N, 4)`` x, y, w, h in pixels.
        truth: the same; NaN where the target is not annotated.
        visible: see ``FrameRecord``; None where it is not known.
    """
    known = np.isfinite(truth).all(axis=1)
    overlaps = np.where(known, np.nan_to_num(iou(boxes, truth), nan=0.0), np.nan)
    return FrameRecord(
        np.array(scores, dtype=np.float64),
        np.array(states, dtype=np.str_),
        overlaps,
        np.full(len(truth), np.nan) if visible is None else visible,
    )


def record_from_json(stored: Mapping[str, Json]) -> FrameRecord | None:
    """Return what ``FrameRecord.to_json`` gave; None for an empty one, of an older version."""
    if not stored:
        return None
    scores, overlaps, visible = (
        np.array(stored[key], dtype=np.float64) for key in ("scores", "overlaps", "visible")
    )
    return FrameRecord(scores, np.array(stored["states"], dtype=np.str_), overlaps, visible)
