# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One pass: start on a box, then follow to the end. TRE and SRE are many such passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.benchmark.trackers.runners import Runner
from rlt_ros.tracking.boxes import Boxes


@dataclass(frozen=True)
class Pass:
    """What a tracker did from one start to the end of the sequence.

    Attributes:
        name: which start it was.
        start: its first frame.
        boxes: ``(N - start, 4)`` x, y, w, h; the first is the true one, as OTB counts it.
        measures: see ``one_pass_measures``.
    """

    name: str
    start: int
    boxes: Boxes
    measures: dict[str, float]


def run_pass(
    runner: Runner, sequence: AnnotatedSequence, name: str, start: int, box: Boxes
) -> Pass:
    """Start a tracker on ``box`` ``(4,)`` in frame ``start``, and follow to the end."""
    images = sequence.frames(start=start)
    runner.init(next(images), box)
    truth = sequence.boxes[start:]
    boxes = np.array([truth[0], *(runner.track(image) for image in images)], dtype=np.float64)
    return Pass(name, start, boxes, one_pass_measures(boxes, truth))
