# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the node hands over to its worker, in this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from node_bench import image_message, picture
from scripted_tracker import ScriptedTracker
from vision_msgs.msg import Detection2D
from worker_bench import Log

from rlt_ros.ros.outputs.publications import Publications
from rlt_ros.ros.tracker_node import TrackerNode
from rlt_ros.ros.worker.frames import MIB

pytestmark = pytest.mark.usefixtures("ros")


@pytest.fixture
def node(ros: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrackerNode]:
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", lambda config: ScriptedTracker())
    node = TrackerNode()
    node.start()
    monkeypatch.setattr(node._complaints, "_log", logging.getLogger("node"))
    yield node
    node.close()
    node.destroy_node()


def give(node: TrackerNode, box: object) -> None:
    assert node._boxes is not None
    node._boxes._on_init_box(box)


def init_box(frame_id: str = "", angle: float = 0.0) -> Detection2D:
    message = Detection2D()
    message.header.frame_id = frame_id
    message.bbox.center.position.x = message.bbox.center.position.y = 40.0
    message.bbox.center.theta = angle
    message.bbox.size_x = message.bbox.size_y = 20.0
    return message


def test_an_idle_node_tells_its_status_with_every_tick_of_its_timer(
    node: TrackerNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []
    here, age = threading.get_ident(), 0.0

    def on_status(*_: object) -> None:
        if threading.get_ident() == here:  # the worker has its own to tell meanwhile
            told.append(age)

    monkeypatch.setattr(node, "on_status", on_status)
    for age in (0.999, 1.001, 0.1):  # since the tick before, or since a frame
        monkeypatch.setattr(Publications, "status_age", age)
        node._on_timer()
    assert told == [0.999, 1.001]


def test_a_frame_is_known_by_its_camera_and_its_size(node: TrackerNode) -> None:
    message = image_message(picture(0), "left")
    node._on_image(message)
    assert node._worker is not None
    (frame,) = node._worker._queue._known()
    assert (frame.frame_id, frame.size) == ("left", len(message.data))
    assert node._worker._queue._buffer._limit_bytes == 128 * MIB


def test_a_box_of_another_camera_is_refused(node: TrackerNode, caplog: Log) -> None:
    message = image_message(picture(0), "left")
    message.header.stamp.sec = 7
    node._on_image(message)
    wrong = init_box("right")
    wrong.header.stamp.sec = 7
    give(node, wrong)
    assert node._worker is not None
    refusal = node._worker.status().message
    assert "its frame_id is 'right' but the image's is 'left'" in refusal
    assert caplog.messages == [refusal]


def test_the_same_complaint_is_logged_once_in_a_while(node: TrackerNode, caplog: Log) -> None:
    for _ in range(350):
        give(node, init_box(angle=0.5))
    assert caplog.text.count("rotated") == 1
    for number in range(350):
        empty = init_box()
        empty.bbox.size_x = -float(number)
        give(node, empty)
    assert caplog.text.count("init box refused") == 1
    node.close()
    assert "its angle is ignored (and 348 more like it in" in caplog.text
    assert "size -349x20 must be above zero (and 348 more like it in" in caplog.text


def test_a_message_of_another_layout_does_not_end_the_node(node: TrackerNode, caplog: Log) -> None:
    """Of an older vision_msgs, say: what its callback raises is told, see `spin_until`."""
    try:
        give(node, object())
    except AttributeError as error:
        node.complain_of(error)
    assert "a callback was left out: AttributeError" in caplog.text
    assert "detections.py" in caplog.text
