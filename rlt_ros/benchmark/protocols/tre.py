# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Temporal robustness evaluation: start at 20 moments of a sequence (Wu et al., TPAMI 2015)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.benchmark.protocols.one_pass import Pass, run_pass
from rlt_ros.benchmark.trackers.runners import Runner
from rlt_ros.tracking.boxes import Boxes

SEGMENTS = 20
SHORTEST = 20  # frames from the last start to the end


def temporal_starts(
    boxes: Boxes, segments: int = SEGMENTS, omit: Collection[int] = ()
) -> list[int]:
    """Return the frames to start at, the first annotated one included, in order.

    They are evenly spread over the frames that are annotated with a box inside the image's top
    left corner, up to the last one that is followed by 19 more frames, which counts as well.
    A sequence too short for so many starts has fewer; one under 20 frames has one.

    Args:
        boxes: the truth ``(N, 4)`` x, y, w, h in pixels, 0-based.
        segments: the number of starts, 2 or more.
        omit: frames not to start at, from 0 on. OTB lists some, where the target is hidden.

    Raises:
        ValueError: no frame can be started at, or fewer than two segments.
    """
    if segments < 2:
        raise ValueError(f"{segments} segments: give 2 or more")
    # OTB counts from 1 and leaves out boxes that start at 0 or before. NaN compares as False.
    inside = (boxes > (-1, -1, 0, 0)).all(axis=1) & np.isfinite(boxes).all(axis=1)
    candidates = np.array([frame for frame in np.flatnonzero(inside) if frame not in omit])
    if not candidates.size:
        raise ValueError("no frame has a box that a tracker could be started on")
    last = int((candidates <= len(boxes) - SHORTEST).sum())  # counted from 1
    if not last:
        return [int(candidates[0])]
    steps = 1 + np.arange(segments) * (last / (segments - 1))
    positions = np.floor(steps[steps <= last]).astype(int)
    return [int(candidates[position - 1]) for position in np.unique([*positions, last])]


def temporal_robustness(
    runner: Runner,
    sequence: AnnotatedSequence,
    segments: int = SEGMENTS,
    omit: Collection[int] = (),
) -> Iterator[Pass]:
    """Run a tracker from each start to the end; OTB's TRE is the mean of the measures.

    Args:
        runner, sequence: what is run on what.
        segments, omit: see ``temporal_starts``.
    """
    for start in temporal_starts(sequence.boxes, segments, omit):
        yield run_pass(runner, sequence, f"frame {start}", start, sequence.boxes[start])
