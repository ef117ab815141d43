# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results and statuses as messages, field by field."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.msg import TrackerStatus
from std_msgs.msg import Header

from rlt_ros.ros.messages import to_detection, to_status
from rlt_ros.ros.tracking_worker import State, Status
from rlt_ros.tracking import TrackResult, TrackState


@pytest.mark.parametrize("state", State)
def test_a_status_message_holds_every_part_of_a_status(state: State) -> None:
    defaults = {name: one for name, one in dataclasses.asdict(Status()).items() if name != "state"}
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
