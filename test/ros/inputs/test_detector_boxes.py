# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which detections may be targets."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rclpy.serialization import deserialize_message, serialize_message
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
        detection(40, bus=math.nan, person=0.8, car=0.95),
        detection(60, person=0.49),
        detection(80),
        detection(100, person=math.nan),
        detection(120, side=-1.0, person=0.9),
    ]
    said: list[str] = []

    def left(classes: str) -> list[float]:
        said.clear()
        boxes = chosen_boxes(found, 0.5, parse_classes(classes), lambda why: said.append(str(why)))
        return [box[0] for box in boxes]

    assert left("person") == [40, 0]
    assert said[0].startswith("the score nan must be finite")
    assert said[1:] == ["size -1x-1 must be above zero"]
    assert left("") == [40, 20, 0]
    assert left(" car , person") == [40, 20, 0]
    assert left("bicycle") == []


def test_whole_numbers_from_python_are_not_taken_for_others() -> None:
    """Unless told to look, rclpy sends their bytes as those of a float."""
    box, score = detection(60.0, person=0.9), detection(60.0, person=0.9)
    box.bbox._size_x = 10
    score.results[0].hypothesis._score = 1
    sent = [deserialize_message(serialize_message(one), Detection2D) for one in (box, score)]
    said: list[str] = []
    assert chosen_boxes(sent, 0.5, frozenset(), lambda why: said.append(str(why))) == []
    assert len(said) == 2
    assert all("a sender in Python has to give floats, such as 60.0, not 60" in why for why in said)
