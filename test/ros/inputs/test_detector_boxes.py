# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which detections may be targets."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

from rlt_ros.ros.inputs.detector_boxes import chosen_boxes, parse_classes


def detection(x: float, side: float = 10.0, **classes: float) -> Detection2D:
    message = Detection2D()
    message.bbox.center.position.x = x + side / 2
    message.bbox.center.position.y = side / 2
    message.bbox.size_x = message.bbox.size_y = side
    for name, score in classes.items():
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id, result.hypothesis.score = name, score
        message.results.append(result)
    return message


def test_the_best_of_the_wanted_classes_come_first() -> None:
    found = [
        detection(0, person=0.6),
        detection(20, car=0.9),
        detection(40, person=0.8, car=0.95),
        detection(60, person=0.49),
        detection(80),
        detection(100, person=math.nan),
        detection(120, side=-1.0, person=0.9),
    ]

    def left(classes: str) -> list[float]:
        return [box[0] for box in chosen_boxes(found, 0.5, parse_classes(classes))]

    assert left("person") == [40, 0]
    assert left("") == [40, 20, 0]
    assert left(" car , person") == [40, 20, 0]
    assert left("bicycle") == []
