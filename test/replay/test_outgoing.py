# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is published of recordings that the node could not read as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")
pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from rclpy.serialization import deserialize_message
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import Image

from rlt_ros.bags.images import IMAGE, image_cdr
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.stamps import stamp_of
from rlt_ros.bags.vision_msgs import detection_types
from rlt_ros.bags.writer import BagWriter
from rlt_ros.benchmark.studies.bags.frames import BagFrames
from rlt_ros.replay.outgoing import Outgoing

TOPIC, S = "/image", 10**9
BOX = (1.0, 1.0, 5.0, 5.0)


def pictures(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 255, (count, 9, 11, 3), np.uint8))


def check(bag: Path, stamps: Sequence[int], restamped: int) -> Outgoing:
    """Make sure that ROS 2 reads what is sent and that each stamp leads back to its frame."""
    given = pictures(len(stamps))
    with BagReader(bag) as reader:
        outgoing = Outgoing(BagFrames(reader, box=BOX))
        sent = list(outgoing)
    assert outgoing.restamped == restamped
    assert len(sent) == len(outgoing.numbers) == len(given)
    for number, message in enumerate(sent, start=1):
        image = deserialize_message(message.data, Image)
        stamp_ns = image.header.stamp.sec * S + image.header.stamp.nanosec
        assert stamp_ns == stamp_of(message.data) == stamps[number - 1]
        assert outgoing.numbers[stamp_ns] == number
        assert (image.height, image.width, image.encoding) == (9, 11, "rgb8")
        assert bytes(image.data) == given[number - 1].tobytes()
    return outgoing


def test_ros_1_messages_go_out_as_those_of_ros_2(tmp_path: Path) -> None:
    types, newer = get_typestore(Stores.ROS1_NOETIC), detection_types()
    with Ros1Writer(tmp_path / "old.bag") as bag:
        link = bag.add_connection(TOPIC, IMAGE, typestore=types)
        for index, picture in enumerate(pictures(3)):
            data = image_cdr(picture, (5 + index) * S, "camera", newer)
            bag.write(link, (50 + index) * S, newer.cdr_to_ros1(data, IMAGE))
    check(tmp_path / "old.bag", [5 * S, 6 * S, 7 * S], restamped=0)


def test_big_endian_messages_go_out_as_they_are(tmp_path: Path) -> None:
    types = detection_types()
    with BagWriter(tmp_path / "bag", types) as bag:
        bag.add_topic(TOPIC, IMAGE)
        for index, picture in enumerate(pictures(3)):
            message = types.deserialize_cdr(
                image_cdr(picture, 5 * S + index, "camera", types), IMAGE
            )
            data = types.serialize_cdr(message, IMAGE, little_endian=False)
            bag.write(TOPIC, index * S, data)
    check(tmp_path / "bag", [5 * S, 5 * S + 1, 5 * S + 2], restamped=0)


@pytest.mark.parametrize(
    ("stamps", "sent"),
    [
        ([0, 0, 0], [50, 51, 52]),
        ([7, 7, 7], [7, 51, 52]),
        ([7, 8, 7, 8], [7, 8, 52, 53]),
        ([51, 0, 50, 52], [51, 51.000000001, 50, 52]),
        ([9, 8, 7], [9, 8, 7]),
    ],
)
def test_each_image_goes_out_with_a_stamp_of_its_own(
    tmp_path: Path, stamps: list[int], sent: list[float]
) -> None:
    types = detection_types()
    with BagWriter(tmp_path / "bag", types) as bag:
        bag.add_topic(TOPIC, IMAGE)
        for index, (picture, stamp) in enumerate(zip(pictures(len(stamps)), stamps, strict=True)):
            data = image_cdr(picture, stamp * S, "camera", types)
            bag.write(TOPIC, (50 + index) * S, data)
    changed = sum(before != after for before, after in zip(stamps, sent, strict=True))
    outgoing = check(tmp_path / "bag", [round(each * S) for each in sent], restamped=changed)
    due = [outgoing.due_ns[round(each * S)] for each in sent]
    assert due == [(50 + index) * S for index in range(len(stamps))]
