# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")
pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from rclpy.qos import QoSProfile
from rlt_ros.msg import TrackerStatus
from ros_domains import in_own_domain

from rlt_ros.bags.images import write_frames
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.writer import BagWriter, jazzy_types
from rlt_ros.replay.clock import ReplayClock
from rlt_ros.replay.errors import NodeDiedError, ReplayError
from rlt_ros.replay.message_types import installed_types, message_class
from rlt_ros.replay.node_process import NodeProcess
from rlt_ros.replay.player import Player
from rlt_ros.replay.recorder import BagRecorder
from rlt_ros.replay.session import ALL_OUTPUTS, STATUS, bag_images, replay_into_node
from rlt_ros.replay.spinning import SpinningNode

TOPIC = "/camera/image_raw"
IMAGE = "sensor_msgs/msg/Image"


@pytest.fixture(scope="module", autouse=True)
def domain() -> Iterator[None]:
    with in_own_domain():
        yield


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    frames = ((n / 100, rng.integers(0, 255, (480, 640, 3), np.uint8)) for n in range(30))
    with BagWriter(tmp_path / "input", jazzy_types()) as writer:
        write_frames(writer, TOPIC, frames, start_ns=10**18)
    return tmp_path / "input"


def test_what_is_played_is_recorded_byte_for_byte(bag: Path, tmp_path: Path) -> None:
    heard: list[bytes] = []
    with BagReader(bag) as source, BagWriter(tmp_path / "output", jazzy_types()) as writer:
        clock = ReplayClock(10**18, rate=4.0)
        with SpinningNode("test_replay") as ros:
            BagRecorder(ros.node, writer, {TOPIC: IMAGE}, clock, {TOPIC: heard.append})
            images = bag_images(source, TOPIC)
            player = Player(ros.node, TOPIC, IMAGE, images.messages, clock)
            while not player.subscribers:
                ros.check()
            clock.start()
            while player.publish_next():
                pass
            player.wait_for_delivery()
            while len(heard) < player.sent:
                ros.check()
    with BagReader(bag) as source, BagReader(tmp_path / "output") as copy:
        pairs = list(zip(source.messages(TOPIC), copy.messages(TOPIC), strict=True))
    assert len(pairs) == 30
    for sent, got in pairs:
        assert got.data == sent.data
        assert got.stamp_ns >= sent.stamp_ns, "received before it was due"
    assert [bytes(data) for data in heard] == [got.data for _, got in pairs]


def test_second_tracker_on_the_same_topics_is_refused(bag: Path, tmp_path: Path) -> None:
    with SpinningNode("other_tracker") as other:
        other.node.create_publisher(TrackerStatus, STATUS, QoSProfile(depth=1))
        with (
            BagReader(bag) as source,
            pytest.raises(ReplayError, match=f"somebody publishes {STATUS} already"),
        ):
            replay_into_node(
                bag_images(source, TOPIC),
                (1, 1, 9, 9),
                {},
                1.0,
                ALL_OUTPUTS,
                tmp_path / "output",
                tmp_path / "node.log",
            )
    assert not (tmp_path / "output").exists()


def test_process_that_ends_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "dying.py"
    module.write_text("print('last words'); raise SystemExit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        NodeProcess("dying", [], tmp_path / "log") as process,
        pytest.raises(NodeDiedError, match=r"code 7(.|\n)*last words"),
    ):
        while True:
            process.check()


def test_unknown_message_types_are_named() -> None:
    with pytest.raises(ImportError, match="vision_msgs has no message Nothing"):
        message_class("vision_msgs/msg/Nothing")
    assert "rlt_ros/msg/TrackerStatus" in installed_types("rlt_ros").fielddefs
