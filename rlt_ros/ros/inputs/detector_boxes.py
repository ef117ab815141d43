# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which of a detector's boxes are worth a target of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from rlt_ros.messages.detections import Box, box_of, check_numbers
from rlt_ros.tracking.errors import InvalidBoxError


def parse_classes(text: str) -> frozenset[str]:
    """Return the classes of a list with commas between them; none stands for all."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def chosen_boxes(
    detections: Iterable[Any],
    least_score: float,
    classes: frozenset[str],
    complain: Callable[[InvalidBoxError], object],
) -> list[Box]:
    """Return the boxes of a vision_msgs/Detection2D[] that may be targets, the best first.

    Those count that have a hypothesis of one of the classes with such a score. What is no box or
    has no number for a score is left out, and ``complain`` is told why.
    """
    found = []
    for detection in detections:
        scores = [
            result.hypothesis.score
            for result in detection.results
            if not classes or result.hypothesis.class_id in classes
        ]
        if not scores:
            continue
        best = max(scores, key=lambda score: -math.inf if math.isnan(score) else score)
        try:
            check_numbers(f"the score {best:g}", best)
            if best >= least_score:
                found.append((best, box_of(detection)))
        except InvalidBoxError as error:
            complain(error)
    return [box for _, box in sorted(found, key=lambda one: -one[0])]
