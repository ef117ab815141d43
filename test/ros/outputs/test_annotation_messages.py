# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Targets as annotations, of either type."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from std_msgs.msg import Header

from rlt_ros.ros.interface import topics
from rlt_ros.ros.outputs.annotations import to_annotations
from rlt_ros.ros.worker.status import State, TrackedTarget
from rlt_ros.tracking import TrackResult, TrackState

BOXES = ((10.0, 20.0, 30.0, 40.0), (50.0, 60.0, 7.0, 8.0))
STATES = ("TRACKING", "LOST")


def _unseen() -> np.ndarray:
    raise AssertionError("nobody asked for an attention map")


TARGETS = [
    TrackedTarget(state, TrackResult(np.array(box), 0.5, TrackState[state]), State[state], _unseen)
    for box, state in zip(BOXES, STATES, strict=True)
]


class ImageAnnotations(SimpleNamespace):
    """Stands in for that of foxglove_msgs, of which there is no wheel."""

    def __init__(self) -> None:
        super().__init__(points=[], texts=[])


def test_foxglove_gets_boxes_scores_and_states(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("foxglove_msgs.msg")
    for name in ("Color", "Point2", "PointsAnnotation", "TextAnnotation"):
        setattr(package, name, SimpleNamespace)
    package.ImageAnnotations = ImageAnnotations  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "foxglove_msgs", ModuleType("foxglove_msgs"))
    monkeypatch.setitem(sys.modules, "foxglove_msgs.msg", package)
    monkeypatch.setattr(ImageAnnotations, "__module__", "foxglove_msgs.msg._image_annotations")
    kind = topics._first_installed(*topics._ANNOTATIONS)
    assert kind is ImageAnnotations  # before the other
    header = Header(frame_id="camera")
    message = to_annotations(kind, header, TARGETS)
    assert [text.text for text in message.texts] == ["0.50", "LOST 0.50"]
    corners = [(loop.points[0].x, loop.points[2].y) for loop in message.points]
    assert corners == [(10.0, 60.0), (50.0, 68.0)]
    assert len({loop.outline_color.r for loop in message.points}) == 2
    assert all(loop.timestamp == header.stamp for loop in message.points)


def test_a_marker_has_all_boxes() -> None:
    messages = pytest.importorskip("visualization_msgs.msg", reason="it is not installed")
    header = Header(frame_id="camera")
    message = to_annotations(messages.ImageMarker, header, TARGETS)
    assert message.header == header
    assert len(message.points) == 16
    assert (message.points[8].x, message.points[8].y) == (50.0, 60.0)
    assert len(to_annotations(messages.ImageMarker, header, ()).points) == 0


def test_there_is_no_topic_without_a_package() -> None:
    assert topics._first_installed("no_such_msgs/ImageAnnotations", "std_msgs/NoMessage") is None
