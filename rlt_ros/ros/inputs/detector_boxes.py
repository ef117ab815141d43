# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which of a detector's boxes are worth a target of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from rlt_ros.messages.detections import Box, box_of
from rlt_ros.tracking.errors import InvalidBoxError


def parse_classes(text: str) -> frozenset[str]:
    """Return the classes of a list with commas between them; none stands for all."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def chosen_boxes(
    detections: Iterable[Any], least_score: float, classes: frozenset[str]
) -> list[Box]:
    """Return the boxes of a vision_msgs/Detection2D[] that may be targets, the best first.

    Those count that have a hypothesis of one of the classes with such a score; boxes that are none
    are left out.
    """
    found = []
    for detection in detections:
        scores = [
            result.hypothesis.score
            for result in detection.results
            if not classes or result.hypothesis.class_id in classes
        ]
        if not scores or not max(scores) >= least_score:  # NaN is no score
            continue
        with contextlib.suppress(InvalidBoxError):
            found.append((max(scores), box_of(detection)))
    return [box for _, box in sorted(found, key=lambda one: -one[0])]
