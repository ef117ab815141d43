# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Targets by a detector and by clicks, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from geometry_msgs.msg import PointStamped
from node_bench import TIMEOUT, box_on, image_message, picture
from rclpy.parameter import Parameter
from scripted_tracker import ScriptedTracker
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

from rlt_ros.ros.tracker_node import TrackerNode
from rlt_ros.ros.worker.status import State
from rlt_ros.tracking import TrackState

pytestmark = pytest.mark.usefixtures("ros")
LEFT, RIGHT = (10.0, 10.0, 20.0, 20.0), (100.0, 60.0, 30.0, 30.0)


class Scene:
    """An active node, the last frame that it got, and where its targets are."""

    def __init__(self, node: TrackerNode, trackers: list[ScriptedTracker]) -> None:
        self.node = node
        self.trackers = trackers
        self.sent = 0

    def send(self) -> None:
        """Hand over a frame, and wait until nothing waits any more."""
        self.sent += 1
        message = image_message(picture(0))
        message.header.stamp.sec = self.sent
        self.node._on_image(message)
        self.until(lambda: self.worker.status().frames_waiting == 0)

    def detect(self, *boxes: tuple[float, ...], score: float = 0.9, stamp: int = 0) -> None:
        array = Detection2DArray()
        array.header.stamp.sec = stamp or self.sent
        for x, y, w, h in boxes:
            detection = Detection2D()
            detection.bbox.center.position.x, detection.bbox.center.position.y = (
                x + w / 2,
                y + h / 2,
            )
            detection.bbox.size_x, detection.bbox.size_y = w, h
            result = ObjectHypothesisWithPose()
            result.hypothesis.class_id, result.hypothesis.score = "person", score
            detection.results.append(result)
            array.detections.append(detection)
        assert self.node._boxes is not None
        self.node._boxes._on_detections(array)

    def click(self, x: float, y: float, frame_id: str = "") -> None:
        message = PointStamped()
        message.header.frame_id = frame_id
        message.point.x, message.point.y = x, y
        assert self.node._boxes is not None
        self.node._boxes._on_click(message)

    @property
    def worker(self):  # type: ignore[no-untyped-def]
        assert self.node._worker is not None
        return self.node._worker

    def boxes(self) -> list[tuple[float, ...]]:
        assert self.node._boxes is not None
        return [tuple(map(float, box)) for box in self.node._boxes._targets.values()]

    def wait_for(self, count: int) -> None:
        self.until(lambda: len(self.boxes()) == count and not self.node._boxes._asked)  # type: ignore[union-attr]

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, self.worker.status()
            time.sleep(0.005)


@pytest.fixture
def scene(ros: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Scene]]:
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    trackers: list[ScriptedTracker] = []

    def tracker(_: object) -> ScriptedTracker:
        trackers.append(ScriptedTracker())
        return trackers[-1]

    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", tracker)
    nodes: list[TrackerNode] = []

    def make(**parameters: object) -> Scene:
        nodes.append(TrackerNode())
        for result in nodes[-1].set_parameters(
            [Parameter(name, value=value) for name, value in parameters.items()]
        ):
            assert result.successful, result.reason
        nodes[-1].start()
        return Scene(nodes[-1], trackers)

    yield make
    for node in nodes:
        node.close()
        node.destroy_node()


def test_the_best_detection_starts_the_first_target_on_its_frame(
    scene: Callable[..., Scene],
) -> None:
    made = scene(detections_use="first", max_targets=3)
    made.send()
    made.send()
    made.detect(LEFT, score=0.4)
    assert made.worker.status().frames_tracked == 0
    made.detect(RIGHT, stamp=1)
    made.wait_for(1)
    assert made.boxes() == [RIGHT]
    made.detect(LEFT)
    made.send()
    assert made.boxes() == [RIGHT]


def test_other_targets_are_added_up_to_the_limit(scene: Callable[..., Scene]) -> None:
    made = scene(detections_use="add", max_targets=2)
    made.send()
    made.detect(LEFT)
    made.wait_for(1)
    made.detect((12.0, 11.0, 20.0, 20.0))  # the same object
    made.send()
    made.send()
    assert made.boxes() == [LEFT]
    made.detect((12.0, 11.0, 20.0, 20.0), RIGHT)
    made.send()
    made.wait_for(2)
    assert made.boxes() == [LEFT, RIGHT]
    made.detect((60.0, 60.0, 20.0, 20.0))
    made.send()
    made.send()
    assert made.boxes() == [LEFT, RIGHT]


def test_a_target_counts_in_the_frame_that_another_was_added_on(
    scene: Callable[..., Scene],
) -> None:
    made = scene(detections_use="add", max_targets=3)
    made.send()
    made.detect(LEFT)
    made.wait_for(1)
    made.send()
    made.detect(RIGHT)
    made.wait_for(2)
    made.detect(LEFT)
    made.send()
    assert len(made.worker.status().targets) == 2
    assert made.boxes() == [LEFT, RIGHT]


def test_detections_are_not_listened_to_unless_asked(scene: Callable[..., Scene]) -> None:
    made = scene()
    topics = [subscription.topic_name for subscription in made.node.subscriptions]
    assert "/detections_in" not in topics and "/clicked_point" in topics


def test_a_lost_target_is_looked_for_where_a_detector_sees_something(
    scene: Callable[..., Scene],
) -> None:
    made = scene(detections_find_lost=True, detections_use="first", detections_classes="person")
    made.send()
    made.detect(LEFT)
    made.wait_for(1)
    tracker = made.trackers[0]
    tracker.believes = True
    made.detect(RIGHT)
    made.send()
    assert tracker.suggested[-1] == [], "it is in sight"
    (target,) = made.worker.status().targets
    tracker.state = TrackState.LOST
    made.send()
    made.detect(RIGHT, score=0.4)
    made.send()
    assert tracker.suggested[-1] == []
    made.detect(RIGHT)
    made.send()
    assert tracker.suggested[-1] == [RIGHT]
    made.until(lambda: made.boxes() == [RIGHT])
    assert [one.target_id for one in made.worker.status().targets] == [target.target_id]
    assert made.worker.status().state == State.TRACKING


def test_without_being_asked_a_lost_target_is_left_to_the_tracker(
    scene: Callable[..., Scene],
) -> None:
    made = scene(detections_use="first")
    made.send()
    made.detect(LEFT)
    made.wait_for(1)
    made.trackers[0].state = TrackState.LOST
    made.send()
    made.detect(RIGHT)
    made.send()
    assert made.trackers[0].suggested[-1] == []


def test_what_is_no_lost_target_becomes_another(scene: Callable[..., Scene]) -> None:
    made = scene(detections_find_lost=True, detections_use="add", max_targets=2)
    made.send()
    made.detect(LEFT)
    made.wait_for(1)
    made.trackers[0].state = TrackState.LOST
    made.send()
    made.detect(RIGHT)  # it may be the lost one
    made.send()
    assert made.trackers[0].suggested[-1] == [RIGHT]
    made.until(lambda: made.node._boxes._refused)  # type: ignore[union-attr]
    assert len(made.worker.status().targets) == 1
    made.detect(RIGHT)
    made.send()
    made.wait_for(2)
    assert made.boxes() == [LEFT, RIGHT]


def test_a_click_starts_a_box_of_the_given_size(scene: Callable[..., Scene]) -> None:
    made = scene(click_size=40)
    made.click(50, 60)
    made.send()
    made.wait_for(1)
    assert made.boxes() == [(30.0, 40.0, 40.0, 40.0)]


def test_a_click_grows_a_box_in_the_newest_image(scene: Callable[..., Scene]) -> None:
    made = scene()
    made.click(50, 60)
    assert "no image has come yet, in which a box could grow" in made.worker.status().message
    made.send()
    x, y, w, h = box_on(0)
    made.click(x + w / 2, y + h / 2)
    made.wait_for(1)
    assert made.boxes()[0] == pytest.approx((x, y, w, h), abs=2)


@pytest.mark.parametrize(
    ("x", "frame_id", "said"),
    [
        (500.0, "", "is outside the image of 160x120"),
        (50.0, "map", "its frame_id is 'map'"),
        (5e-324, "", "such as 60.0, not 60"),
    ],
)
def test_a_click_that_is_not_in_the_image_is_refused(
    scene: Callable[..., Scene], x: float, frame_id: str, said: str
) -> None:
    made = scene()
    made.send()
    made.click(x, 42.0, frame_id)
    made.until(lambda: said in made.worker.status().message)
    assert made.boxes() == []


def test_what_an_active_node_does_with_detections_and_clicks_can_change(
    scene: Callable[..., Scene],
) -> None:
    made = scene(max_targets=3)

    def set_all(**parameters: object) -> str:
        given = [Parameter(name, value=value) for name, value in parameters.items()]
        result = made.node.set_parameters_atomically(given)
        return "" if result.successful else str(result.reason)

    def listens() -> bool:
        return "/detections_in" in [one.topic_name for one in made.node.subscriptions]

    made.send()
    made.detect(LEFT)
    made.send()
    assert (made.boxes(), listens()) == ([], False)
    # All of them or, where one is wrong, none.
    said = set_all(detections_use="first", detections_min_score=1.5)
    assert said.startswith("detections_min_score must be a number from 0 to 1")
    assert set_all(detections_use="first", max_targets=2).startswith("max_targets is read-only")
    assert not listens()

    assert set_all(detections_use="first", detections_classes="dog,person") == ""
    assert listens()
    made.detect(LEFT)
    made.wait_for(1)
    assert set_all(detections_use="add", detections_min_score=0.95) == ""
    made.detect(RIGHT)
    made.send()
    assert made.boxes() == [LEFT]
    assert set_all(detections_min_score=0.2) == ""
    made.detect(RIGHT)
    made.wait_for(2)
    assert made.boxes() == [LEFT, RIGHT]

    assert set_all(detections_use="nothing", click_size=20) == ""
    assert not listens()
    made.detect((60.0, 60.0, 20.0, 20.0))
    made.send()
    assert len(made.worker.status().targets) == 2
    assert set_all(detections_use="add", detections_classes="dog") == ""
    assert listens()
    made.detect((60.0, 60.0, 20.0, 20.0))
    made.send()
    assert len(made.worker.status().targets) == 2
    made.click(70, 70)
    made.send()
    made.wait_for(3)
    assert made.boxes()[2] == (60.0, 60.0, 20.0, 20.0)
