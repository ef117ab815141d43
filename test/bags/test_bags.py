# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import resource
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from rlt_ros.bags.images import write_frames
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.bags.writer import BagWriter, jazzy_types
from rlt_ros.benchmark.json_files import write_json
from rlt_ros.benchmark.text_tables import write_records
from rlt_ros.whole_files import NotWrittenError

TOPIC = "/camera/image_raw"
START = 1_700_000_000_123_456_789
MESSAGES = {
    "vision_msgs": Path(__file__).parents[2] / "ros_from_pypi" / "vision_msgs" / "msg",
    "rlt_ros": Path(__file__).parents[2] / "msg",
}


def frames(count: int, shape: tuple[int, int] = (31, 45)) -> list[tuple[float, np.ndarray]]:
    rng = np.random.default_rng(3)
    return [(n / 29.97, rng.integers(0, 255, (*shape, 3), np.uint8)) for n in range(count)]


def write(path: Path, count: int) -> list[tuple[float, np.ndarray]]:
    given = frames(count)
    with BagWriter(path, jazzy_types()) as bag:
        assert write_frames(bag, TOPIC, given, START) == count
    return given


def test_frames_read_back_byte_for_byte_with_their_stamps(tmp_path: Path) -> None:
    given = write(tmp_path / "bag", 7)
    with BagReader(tmp_path / "bag") as bag:
        assert bag.topics == {TOPIC: "sensor_msgs/msg/Image"}
        assert bag.counts == {TOPIC: 7}
        messages = list(bag.messages(TOPIC))
        images = [bag.decode(message) for message in messages]
    assert len(images) == 7
    for (seconds, frame), message, image in zip(given, messages, images, strict=True):
        stamp = image.header.stamp.sec * 10**9 + image.header.stamp.nanosec
        assert stamp == message.stamp_ns == START + round(seconds * 1e9)
        assert (image.encoding, image.step, image.header.frame_id) == ("rgb8", 135, "camera")
        assert image.data.tobytes() == frame.tobytes()


def test_bag_is_a_rosbag2_directory(tmp_path: Path) -> None:
    write(tmp_path / "bag", 3)
    names = sorted(path.name for path in (tmp_path / "bag").iterdir())
    assert names == ["bag.mcap", "metadata.yaml"]
    metadata = (tmp_path / "bag" / "metadata.yaml").read_text()
    for line in (
        "storage_identifier: mcap",
        "message_count: 3",
        "version: 9",
        "- bag.mcap",
        f"nanoseconds_since_epoch: {START}",
    ):
        assert line in metadata
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]


def test_message_definitions_travel_in_the_bag(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "bag", jazzy_types(MESSAGES)) as bag:
        bag.add_topic("/rlt/detection", "vision_msgs/msg/Detection2D")
        bag.add_topic("/rlt/status", "rlt_ros/msg/TrackerStatus")
    with BagReader(tmp_path / "bag") as bag:
        assert bag.counts == {"/rlt/detection": 0, "/rlt/status": 0}
    text = (tmp_path / "bag" / "bag.mcap").read_bytes()
    assert b"ObjectHypothesisWithPose" in text and b"frames_dropped" in text


def test_interrupted_bag_leaves_the_older_one(tmp_path: Path) -> None:
    write(tmp_path / "bag", 2)
    with pytest.raises(KeyboardInterrupt), BagWriter(tmp_path / "bag", jazzy_types()) as bag:
        write_frames(bag, TOPIC, frames(1), START)
        raise KeyboardInterrupt
    with BagReader(tmp_path / "bag") as reader:
        assert reader.counts == {TOPIC: 2}
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]


def test_new_bag_replaces_the_older_one(tmp_path: Path) -> None:
    write(tmp_path / "bag", 2)
    write(tmp_path / "bag", 3)
    with BagReader(tmp_path / "bag") as reader:
        assert reader.counts == {TOPIC: 3}


def test_bags_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="absent"):
        BagReader(tmp_path / "absent")
    write(tmp_path / "bag", 2)
    with BagReader(tmp_path / "bag") as reader, pytest.raises(BagError, match="it has /camera"):
        next(reader.messages("/other"))
    data = (tmp_path / "bag" / "bag.mcap").read_bytes()
    (tmp_path / "bag" / "bag.mcap").write_bytes(data[: len(data) // 3])
    with pytest.raises(BagError, match=str(tmp_path)), BagReader(tmp_path / "bag") as reader:
        list(reader.messages())


def test_folder_without_definitions_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="of my_msgs"):
        jazzy_types({"my_msgs": tmp_path})


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_bag_that_does_not_fit_on_the_disk_leaves_the_older_one(
    tmp_path: Path, storage: str
) -> None:
    write(tmp_path / "bag", 2)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with (
            pytest.raises(NotWrittenError, match=f"cannot write {tmp_path / 'bag'}: "),
            BagWriter(tmp_path / "bag", jazzy_types(), storage) as bag,
        ):
            write_frames(bag, TOPIC, frames(3, (200, 300)), START)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with BagReader(tmp_path / "bag") as reader:
        assert reader.counts == {TOPIC: 2}
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]


def test_numbers_that_do_not_fit_on_the_disk_leave_the_older_ones(tmp_path: Path) -> None:
    write_json(tmp_path / "summary.json", {"older": 1})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(NotWrittenError, match=r"cannot write .*summary\.json: "):
            write_json(tmp_path / "summary.json", {"newer": list(range(100))})
        with pytest.raises(NotWrittenError, match=r"cannot write .*memory\.csv: "):
            write_records(tmp_path / "memory.csv", [{"seconds": n} for n in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert json.loads((tmp_path / "summary.json").read_text()) == {"older": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_a_bag_that_is_not_there_is_named_in_words(tmp_path: Path) -> None:
    with pytest.raises(BagError, match=r"nosuch: there is no such file or folder$"):
        BagReader(tmp_path / "nosuch")
