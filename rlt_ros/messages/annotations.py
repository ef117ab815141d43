# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and their labels as image annotations, which Foxglove draws on the camera's own image.

The classes are handed over, for not every robot has their packages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rlt_ros.messages.detections import Box

LINE_WIDTH, FONT_SIZE = 2.0, 14.0
"""In pixels of the image, of lines and letters."""

_LINE_LOOP = 2  # foxglove_msgs/PointsAnnotation
_LINE_LIST, _ADD = 2, 0  # visualization_msgs/ImageMarker


@dataclass(frozen=True)
class Annotation:
    """What is drawn for one target.

    Attributes:
        box: x, y, w, h in pixels.
        label: text at its upper left corner.
        colour: RGB, 0 to 255.
    """

    box: Box
    label: str
    colour: tuple[int, int, int]


def foxglove_annotations(messages: Any, header: Any, targets: Iterable[Annotation]) -> Any:
    """Return a foxglove_msgs/ImageAnnotations: a box and a label for each target.

    Args:
        messages: the module ``foxglove_msgs.msg``.
        header: of the image, whose stamp Foxglove matches.
        targets: none clears the picture.
    """
    annotations = messages.ImageAnnotations()
    ink = messages.Color(r=0.05, g=0.05, b=0.07, a=1.0)
    for target in targets:
        red, green, blue = (value / 255 for value in target.colour)
        colour = messages.Color(r=red, g=green, b=blue, a=1.0)
        annotations.points.append(
            messages.PointsAnnotation(
                timestamp=header.stamp,
                type=_LINE_LOOP,
                points=[messages.Point2(x=x, y=y) for x, y in corners(target.box)],
                outline_color=colour,
                thickness=LINE_WIDTH,
            )
        )
        annotations.texts.append(
            messages.TextAnnotation(
                timestamp=header.stamp,
                position=messages.Point2(x=target.box[0], y=target.box[1]),
                text=target.label,
                font_size=FONT_SIZE,
                text_color=ink,
                background_color=colour,
            )
        )
    return annotations


def image_marker(
    marker_class: Any,
    point_class: Any,
    colour_class: Any,
    header: Any,
    targets: Iterable[Annotation],
) -> Any:
    """Return a visualization_msgs/ImageMarker: a box for each target; it has no room for labels.

    All in one, line by line: who shows markers shows the last one.

    Args:
        marker_class, point_class, colour_class: visualization_msgs.msg.ImageMarker,
            geometry_msgs.msg.Point and std_msgs.msg.ColorRGBA.
        header: of the image.
        targets: none clears the picture.
    """
    marker = marker_class(header=header, ns="rlt", type=_LINE_LIST, action=_ADD)
    marker.scale = LINE_WIDTH
    for target in targets:
        red, green, blue = (value / 255 for value in target.colour)
        colour = colour_class(r=red, g=green, b=blue, a=1.0)
        around = corners(target.box)
        for line in zip(around, [*around[1:], around[0]], strict=True):
            marker.points += [point_class(x=x, y=y, z=0.0) for x, y in line]
            marker.outline_colors.append(colour)
        marker.outline_color = colour  # for those who know of one alone
    return marker


def corners(box: Box) -> list[tuple[float, float]]:
    """Return the corners of a box x, y, w, h, clockwise from the upper left one."""
    x, y, w, h = (float(number) for number in box)
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
