# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results, pictures and statuses as messages, field by field."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.msg import TrackerStatus
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D

from rlt_ros.messages.detections import box_of
from rlt_ros.ros.inputs.image_conversion import to_rgb
from rlt_ros.ros.outputs.messages import inside_box, to_detection, to_image_message, to_status
from rlt_ros.ros.worker.tracking_worker import State, Status
from rlt_ros.tracking import TrackResult, TrackState

RGB = np.random.default_rng(3).integers(0, 256, (4, 6, 3), dtype=np.uint8)
GRAY = np.arange(24, dtype=np.uint8).reshape(4, 6)

# Parts of a status that others than `TrackerStatus` tell.
NOT_IN_THE_MESSAGE = ("frames_out_of_order", "frames_stale", "time_jumps", "targets")


@pytest.mark.parametrize("state", State)
def test_a_status_message_holds_every_part_of_a_status(state: State) -> None:
    defaults = dataclasses.asdict(Status())
    for name in ("state", *NOT_IN_THE_MESSAGE):
        del defaults[name]
    values: dict[str, Any] = {
        name: name if isinstance(default, str) else type(default)(0.5 * number + 1)
        for number, (name, default) in enumerate(defaults.items())
    }
    message = to_status(Status(state=state, **values), Header(frame_id="camera"))
    assert (message.header.frame_id, message.state) == ("camera", state)
    assert message.state == getattr(TrackerStatus, state.name)
    told = set(message.get_fields_and_field_types()) - {"header", "state"}
    assert told == set(values)
    for name, value in values.items():
        assert getattr(message, name) == value, name


@pytest.mark.parametrize("state", [State.TRACKING, State.UNCERTAIN])
def test_a_detection_holds_centre_size_score_and_names(state: State) -> None:
    result = TrackResult(np.array([3, 40, 10, 25]), 0.75, TrackState[state.name])
    found = to_detection(result, state, "face_3", "head", Header(frame_id="camera"))
    assert (found.id, found.header.frame_id) == ("face_3", "camera")
    centre = found.bbox.center.position
    assert (centre.x, centre.y, found.bbox.center.theta) == (8, 52.5, 0)
    assert (found.bbox.size_x, found.bbox.size_y) == (10, 25)
    (hypothesis,) = (one.hypothesis for one in found.results)
    assert (hypothesis.class_id, hypothesis.score) == ("head", 0.75)


def test_a_box_is_its_centre_and_size() -> None:
    detection = Detection2D()
    detection.bbox.center.position.x = 15.0
    detection.bbox.center.position.y = 22.5
    detection.bbox.size_x = 10.0
    detection.bbox.size_y = 5.0
    assert box_of(detection) == (10.0, 20.0, 10.0, 5.0)
    result = TrackResult(np.array(box_of(detection)), 0.25, TrackState.TRACKING)
    again = to_detection(result, State.TRACKING, "id", "target", Header(frame_id="camera"))
    assert again.bbox == detection.bbox
    assert (again.id, again.header.frame_id) == ("id", "camera")
    assert [item.hypothesis.score for item in again.results] == [0.25]


def test_nothing_is_detected_while_lost() -> None:
    result = TrackResult(np.array([1.0, 2.0, 3.0, 4.0]), 0.1, TrackState.LOST)
    detection = to_detection(result, State.LOST, "id", "target", Header())
    assert list(detection.results) == []
    assert detection.bbox.size_x == 3.0


def test_arrays_become_images_that_read_back_the_same() -> None:
    header = Header(frame_id="camera")
    colour = to_image_message(RGB[:, ::-1], "rgb8", header)
    assert (colour.width, colour.height, colour.step) == (6, 4, 18)
    np.testing.assert_array_equal(to_rgb(colour)[0], RGB[:, ::-1])
    gray = to_image_message(GRAY, "mono8", header)
    assert (gray.width, gray.height, gray.step, gray.header) == (6, 4, 6, header)
    assert isinstance(gray.step, int)
    assert bytes(gray.data) == GRAY.tobytes()


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((1.0, 1.0, 2.0, 3.0), slice(1, 4), slice(1, 3)),
        ((1.2, 0.9, 2.0, 1.3), slice(0, 3), slice(1, 4)),
        ((-3.0, 2.0, 5.0, 9.0), slice(2, 4), slice(0, 2)),
        ((-9.0, -9.0, 99.0, 99.0), slice(0, 4), slice(0, 6)),
        ((6.0, 0.0, 2.0, 2.0), slice(0, 2), slice(6, 6)),
        ((-5.0, -5.0, 2.0, 2.0), slice(0, 0), slice(0, 0)),
    ],
)
def test_what_is_inside_a_box(box: tuple[float, ...], rows: slice, columns: slice) -> None:
    np.testing.assert_array_equal(inside_box(RGB, np.array(box)), RGB[rows, columns])
