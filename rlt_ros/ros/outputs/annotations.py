# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The targets' boxes as annotations, of whichever type is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA, Header

from rlt_ros.media.drawing import OTHER_COLOUR, STATE_COLOURS, box_label
from rlt_ros.messages.annotations import Annotation, foxglove_annotations, image_marker
from rlt_ros.ros.worker.tracking_worker import TrackedTarget


def to_annotations(kind: Any, header: Header, targets: Iterable[TrackedTarget]) -> Any:
    """Return boxes as a message.

    Args:
        kind: its class, foxglove_msgs/ImageAnnotations or visualization_msgs/ImageMarker.
        header: of the image.
        targets: what was found in it; none clears the picture.
    """
    drawn = [_drawn(target) for target in targets]
    if kind.__name__ == "ImageAnnotations":
        messages = sys.modules[f"{kind.__module__.split('.')[0]}.msg"]
        return foxglove_annotations(messages, header, drawn)
    return image_marker(kind, Point, ColorRGBA, header, drawn)


def _drawn(target: TrackedTarget) -> Annotation:
    x, y, w, h = (float(number) for number in target.result.box)
    state = target.state.name
    label = box_label(float(target.result.score), state)
    return Annotation((x, y, w, h), label, STATE_COLOURS.get(state, OTHER_COLOUR))
