# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes as image annotations."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rlt_ros.messages.annotations import Annotation, corners, foxglove_annotations, image_marker

TARGET = Annotation((10.0, 20.0, 30.0, 40.0), "0.93", (255, 96, 64))
CORNERS = [(10.0, 20.0), (40.0, 20.0), (40.0, 60.0), (10.0, 60.0)]


class FoxgloveMessages:
    """The module foxglove_msgs.msg, by its definitions; no wheel of it is to be had."""

    Color = Point2 = PointsAnnotation = TextAnnotation = SimpleNamespace

    @staticmethod
    def ImageAnnotations() -> Any:  # noqa: N802  # a class there
        return SimpleNamespace(circles=[], points=[], texts=[])


def test_corners_go_round() -> None:
    assert corners(TARGET.box) == CORNERS


def test_foxglove_gets_a_loop_and_a_label_with_the_images_stamp() -> None:
    header = SimpleNamespace(stamp="the stamp")
    found = foxglove_annotations(FoxgloveMessages, header, [TARGET])
    (loop,), (text,) = found.points, found.texts
    assert [(point.x, point.y) for point in loop.points] == CORNERS
    assert loop.type == 2  # LINE_LOOP
    assert loop.timestamp == text.timestamp == "the stamp"
    assert (loop.outline_color.r, loop.outline_color.a) == (1.0, 1.0)
    assert (text.text, text.position.x, text.position.y) == ("0.93", 10.0, 20.0)
    none = foxglove_annotations(FoxgloveMessages, header, [])
    assert (none.points, none.texts) == ([], [])


def test_a_real_foxglove_message_takes_it() -> None:
    messages = pytest.importorskip("foxglove_msgs.msg", reason="foxglove_msgs is not installed")
    std = pytest.importorskip("std_msgs.msg")
    found = foxglove_annotations(messages, std.Header(), [TARGET])
    assert len(found.points) == len(found.texts) == 1


def test_a_marker_has_four_lines_for_each_target() -> None:
    visualization = pytest.importorskip(
        "visualization_msgs.msg", reason="visualization_msgs is not installed"
    )
    geometry, std = pytest.importorskip("geometry_msgs.msg"), pytest.importorskip("std_msgs.msg")
    header = std.Header(frame_id="camera")
    other = Annotation((0.0, 0.0, 1.0, 2.0), "", (0, 255, 0))

    def marked(*targets: Annotation) -> Any:
        kinds = (visualization.ImageMarker, geometry.Point, std.ColorRGBA)
        return image_marker(*kinds, header, targets)

    marker = marked(TARGET, other)
    assert marker.type == visualization.ImageMarker.LINE_LIST
    assert marker.action == visualization.ImageMarker.ADD
    assert marker.header == header
    points = [(point.x, point.y) for point in marker.points]
    a, b, c, d = CORNERS
    assert points[:8] == [a, b, b, c, c, d, d, a]
    assert points[8:10] == [(0.0, 0.0), (1.0, 0.0)] and len(points) == 16
    assert [round(255 * colour.g) for colour in marker.outline_colors] == [96] * 4 + [255] * 4
    assert len(marked().points) == 0
