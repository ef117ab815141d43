# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is published of a frame, and for whom."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from sensor_msgs.msg import Image
from std_msgs.msg import Header

from rlt_ros.ros.interface.topics import ANNOTATIONS, TARGET_IMAGE, Topic
from rlt_ros.ros.outputs.publications import PICTURE_PERIOD, Publications
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.ros.worker.status import State, Status, TrackedFrame, TrackedTarget
from rlt_ros.tracking import TrackResult, TrackState

PLACE = "rlt_ros.ros.outputs.publications."
BOX = np.array([4.0, 4.0, 8.0, 6.0])


class Publisher:
    """Keeps what is published, and has so many subscribers."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.subscribers = 0
        self.published: list[Any] = []
        self.publish = self.published.append

    def get_subscription_count(self) -> int:
        return self.subscribers


@pytest.fixture
def publishers() -> dict[str, Publisher]:
    return {}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in its one element."""
    time = [100.0]
    monkeypatch.setattr(PLACE + "time.monotonic", lambda: time[0])
    return time


@pytest.fixture
def out(publishers: dict[str, Publisher], now: list[float]) -> Publications:
    def make(topic: Topic) -> Any:
        publishers[topic.name] = Publisher(topic)
        return publishers[topic.name]

    return Publications(make)


def tracked(state: State = State.TRACKING, late: bool = False) -> TrackedFrame:
    attention = partial(np.zeros, (24, 32), np.uint8)
    result = TrackResult(BOX, 0.5, TrackState.TRACKING)
    target = TrackedTarget("one", result, state, attention)
    frame = Frame(Image(), stamp_ns=1, sequence=0)
    return TrackedFrame(frame, np.zeros((24, 32, 3), np.uint8), (target,), lambda: late)


def test_the_status_is_as_old_as_its_last_message(out: Publications, now: list[float]) -> None:
    now[0] += 5
    assert out.status_age == 5
    out.status(Status(), Header())
    assert out.status_age == 0
    now[0] += 2
    assert out.status_age == 2


def test_the_target_is_shown_to_who_watches_while_it_is_in_sight(
    out: Publications, publishers: dict[str, Publisher]
) -> None:
    publisher = publishers[TARGET_IMAGE.name]
    out.pictures(tracked())
    assert not publisher.published, "nobody watches"
    publisher.subscribers = 1
    out.pictures(tracked())
    (picture,) = publisher.published
    assert (picture.width, picture.height, picture.encoding) == (8, 6, "rgb8")
    out.pictures(tracked(State.LOST))
    assert len(publisher.published) == 1


def test_pictures_make_room_for_a_frame_that_waits(
    out: Publications, publishers: dict[str, Publisher], now: list[float]
) -> None:
    publisher = publishers[TARGET_IMAGE.name]
    publisher.subscribers = 1
    out.pictures(tracked(late=True))
    assert len(publisher.published) == 1, "the first one"
    out.pictures(tracked(late=True))
    assert len(publisher.published) == 1
    out.pictures(tracked())
    assert len(publisher.published) == 2, "no frame waits"
    now[0] += PICTURE_PERIOD
    out.pictures(tracked(late=True))
    assert len(publisher.published) == 3


def test_without_its_messages_there_are_no_annotations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PLACE + "ANNOTATIONS", replace(ANNOTATIONS, type=None))
    made: list[Topic] = []

    def make(topic: Topic) -> Any:
        made.append(topic)
        return Publisher(topic)

    Publications(make).results(tracked(), "class")
    assert ANNOTATIONS.name not in [topic.name for topic in made]
