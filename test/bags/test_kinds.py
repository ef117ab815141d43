# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recordings by other programs and of other times: indexes, layouts, compressions, ROS 1."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.writer import CompressionType, IndexType
from mcap.writer import Writer as McapWriter
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from rlt_ros.bags.images import COMPRESSED_IMAGE, IMAGE
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.bags.vision_msgs import DETECTION, FOXY_DEFINITIONS, detection_types
from rlt_ros.benchmark.studies.bags.frames import BagFrames

WriteBag = Callable[..., Path]
IMAGES, TRUTH = "/camera/image_raw", "/camera/ground_truth"

GALACTIC_DEFINITIONS = {
    "vision_msgs/msg/BoundingBox2D": "geometry_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
    "vision_msgs/msg/ObjectHypothesis": "string class_id\nfloat64 score",
    "vision_msgs/msg/ObjectHypothesisWithPose": (
        "vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose"
    ),
    DETECTION: (
        "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n"
        "vision_msgs/BoundingBox2D bbox\nstring id"
    ),
}
NOETIC_DEFINITIONS = {
    "vision_msgs/msg/BoundingBox2D": FOXY_DEFINITIONS["vision_msgs/msg/BoundingBox2D"],
    "vision_msgs/msg/ObjectHypothesisWithPose": (
        "int64 id\nfloat64 score\ngeometry_msgs/PoseWithCovariance pose"
    ),
    DETECTION: (
        "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n"
        "vision_msgs/BoundingBox2D bbox\nsensor_msgs/Image source_img"
    ),
}


def check_frames(
    bag: Path, truth_of: Callable[[int], Any], count: int = 6, boxes: int = 6
) -> list[str]:
    """Make sure that a bag gives the images of the usual one and their boxes; return its notes."""
    with BagReader(bag) as reader:
        frames = BagFrames(reader)
        found = list(frames)
        assert [frame.number for frame in found] == list(range(1, count + 1))
        assert frames.truth == {number: truth_of(number) for number in range(1, boxes + 1)}
        for frame in found:
            x, y, w, h = (int(side) for side in truth_of(frame.number))
            patch = frame.image[y : y + h, x : x + w]
            assert patch.std() > 60, "the patch, not the smooth background"
        return reader.notes


def messages_of(bag: Path) -> list[Any]:
    with BagReader(bag) as reader:
        return list(reader.messages())


def write_mcap(
    path: Path, source: Path, indexes: IndexType, compression: CompressionType, profile: str
) -> None:
    """Copy a bag's messages by another program, in small chunks."""
    types = detection_types()
    with path.open("wb") as file:
        writer = McapWriter(file, chunk_size=100_000, compression=compression, index_types=indexes)
        writer.start(profile, "test")
        channels: dict[str, int] = {}
        for topic, kind, stamp_ns, data in messages_of(source):
            if topic not in channels:
                text = types.generate_msgdef(kind, ros_version=2)[0]
                schema = writer.register_schema(kind, "ros2msg", text.encode())
                channels[topic] = writer.register_channel(topic, "cdr", schema)
            writer.add_message(channels[topic], stamp_ns, bytes(data), stamp_ns)
        writer.finish()


@pytest.mark.parametrize("compression", [CompressionType.NONE, CompressionType.ZSTD])
@pytest.mark.parametrize(
    "indexes",
    [IndexType.ALL, IndexType.NONE, IndexType.CHUNK, IndexType.MESSAGE, IndexType.METADATA],
)
def test_mcap_is_read_whatever_indexes_it_has(
    tmp_path: Path,
    write_bag: WriteBag,
    truth_of: Callable[[int], Any],
    indexes: IndexType,
    compression: CompressionType,
) -> None:
    source = write_bag(tmp_path / "bag")
    write_mcap(tmp_path / "other.mcap", source, indexes, compression, "ros2")
    assert check_frames(tmp_path / "other.mcap", truth_of) == []


def test_mcap_without_the_ros2_profile_is_read(
    tmp_path: Path, write_bag: WriteBag, truth_of: Callable[[int], Any]
) -> None:
    source = write_bag(tmp_path / "bag")
    write_mcap(tmp_path / "other.mcap", source, IndexType.ALL, CompressionType.LZ4, "")
    assert check_frames(tmp_path / "other.mcap", truth_of) == []


@pytest.mark.parametrize("metadata", [True, False])
def test_recording_that_was_not_finished_gives_what_is_complete(
    tmp_path: Path, write_bag: WriteBag, truth_of: Callable[[int], Any], metadata: bool
) -> None:
    bag = write_bag(tmp_path / "bag")
    write_mcap(bag / "bag.mcap", _copy(bag), IndexType.ALL, CompressionType.NONE, "ros2")
    data = (bag / "bag.mcap").read_bytes()
    (bag / "bag.mcap").write_bytes(data[: len(data) * 3 // 4])
    if not metadata:
        (bag / "metadata.yaml").unlink()
    notes = check_frames(bag, truth_of, count=4, boxes=3)
    assert "bag.mcap was not finished or is cut off; its 7 complete messages are read" in notes[-1]
    assert len(notes) == (1 if metadata else 2)


@pytest.mark.parametrize("column", ["name", "type"])
@pytest.mark.parametrize("value", [None, b"\xff"])
def test_a_topic_whose_name_is_no_text_is_refused(
    tmp_path: Path, write_bag: WriteBag, column: str, value: object
) -> None:
    bag = write_bag(tmp_path / "bag", storage="sqlite3")
    (file,) = bag.glob("*.db3")
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE free AS SELECT * FROM topics")
        database.execute("DROP TABLE topics")
        database.execute("ALTER TABLE free RENAME TO topics")
        database.execute(f"UPDATE topics SET {column} = ? WHERE id = 1", [value])
    with pytest.raises(BagError, match=rf"cannot read the bag .*{file.name}: ") as refused:
        BagReader(file)
    assert len(str(refused.value).splitlines()) == 1


def _copy(bag: Path) -> Path:
    return Path(shutil.copytree(bag, bag.with_name("copy")))


def test_files_without_metadata_are_read(
    tmp_path: Path, write_bag: WriteBag, truth_of: Callable[[int], Any]
) -> None:
    for storage in ("mcap", "sqlite3"):
        bag = write_bag(tmp_path / storage, storage)
        (bag / "metadata.yaml").unlink()
        notes = check_frames(bag, truth_of)
        assert len(notes) == 1 and "has no metadata.yaml" in notes[0]


def test_split_bag_is_one_recording(
    tmp_path: Path, write_bag: WriteBag, truth_of: Callable[[int], Any]
) -> None:
    bag = write_bag(tmp_path / "bag", "sqlite3")
    messages = messages_of(bag)
    types = detection_types()
    parts = []
    for index, part in enumerate((messages[:5], messages[5:])):
        with Writer(tmp_path / f"part{index}", version=9, storage_plugin=StoragePlugin.MCAP) as out:
            links = {
                topic: out.add_connection(topic, kind, typestore=types)
                for topic, kind in ((IMAGES, IMAGE), (TRUTH, DETECTION))
            }
            for topic, _, stamp_ns, data in part:
                out.write(links[topic], stamp_ns, data)
        parts.append(tmp_path / f"part{index}" / f"part{index}.mcap")
    split = tmp_path / "split"
    split.mkdir()
    for file in parts:
        file.rename(split / file.name)
    text = (tmp_path / "part0" / "metadata.yaml").read_text()
    text = re.sub(r"(?m)^(\s*)- part0\.mcap$", r"\1- part0.mcap\n\1- part1.mcap", text)
    (split / "metadata.yaml").write_text(text)
    assert check_frames(split, truth_of) == []
    (split / "part1.mcap").unlink()
    with pytest.raises(BagError, match=r"missing.*part1\.mcap") as error:
        BagReader(split)
    assert "recover" not in str(error.value)


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
@pytest.mark.parametrize(
    "mode", [CompressionMode.FILE, CompressionMode.MESSAGE, CompressionMode.STORAGE]
)
def test_compressed_bags_are_read(
    tmp_path: Path,
    write_bag: WriteBag,
    truth_of: Callable[[int], Any],
    storage: StoragePlugin,
    mode: CompressionMode,
) -> None:
    if (storage, mode) == (StoragePlugin.SQLITE3, CompressionMode.STORAGE):
        pytest.skip("sqlite3 has no compression of its own")
    source, types = write_bag(tmp_path / "bag"), detection_types()
    out = Writer(tmp_path / "small", version=9, storage_plugin=storage)
    out.set_compression(mode, CompressionFormat.ZSTD)
    with out:
        links = {
            topic: out.add_connection(topic, kind, typestore=types)
            for topic, kind in ((IMAGES, IMAGE), (TRUTH, DETECTION))
        }
        for topic, _, stamp_ns, data in messages_of(source):
            out.write(links[topic], stamp_ns, data)
    assert check_frames(tmp_path / "small", truth_of) == []


def older_types(definitions: dict[str, str], base: Stores) -> Typestore:
    store = get_typestore(base)
    for name, text in definitions.items():
        store.register(get_types_from_msg(text, name))
    return store


def older_detection(types: Typestore, box: Any, stamp_ns: int) -> Any:
    x, y, w, h = box

    def make(name: str, **fields: Any) -> Any:
        return types.types[name](**fields)

    def header() -> Any:
        seq = {"seq": 0} if types.fielddefs["std_msgs/msg/Header"][1][0][0] == "seq" else {}
        stamp = make("builtin_interfaces/msg/Time", sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
        return make("std_msgs/msg/Header", **seq, stamp=stamp, frame_id="camera")

    centre = make("geometry_msgs/msg/Pose2D", x=x + w / 2, y=y + h / 2, theta=0.0)
    bbox = make("vision_msgs/msg/BoundingBox2D", center=centre, size_x=w, size_y=h)
    names = [name for name, _ in types.fielddefs[DETECTION][1]]
    picture = make(
        IMAGE,
        header=header(),
        height=0,
        width=0,
        encoding="",
        is_bigendian=0,
        step=0,
        data=np.zeros(0, np.uint8),
    )
    others = {"id": "", "source_img": picture, "is_tracking": False, "tracking_id": ""}
    return make(
        DETECTION,
        header=header(),
        results=[],
        bbox=bbox,
        **{name: value for name, value in others.items() if name in names},
    )


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
@pytest.mark.parametrize("definitions", [FOXY_DEFINITIONS, GALACTIC_DEFINITIONS])
def test_detections_of_older_vision_msgs_are_read(
    tmp_path: Path,
    write_bag: WriteBag,
    truth_of: Callable[[int], Any],
    storage: StoragePlugin,
    definitions: dict[str, str],
) -> None:
    types = older_types(definitions, Stores.ROS2_FOXY)
    images = [each for each in messages_of(write_bag(tmp_path / "bag")) if each.topic == IMAGES]
    with Writer(tmp_path / "old", version=9, storage_plugin=storage) as out:
        image_link = out.add_connection(IMAGES, IMAGE, typestore=types)
        truth_link = out.add_connection(TRUTH, DETECTION, typestore=types)
        for number, message in enumerate(images, start=1):
            out.write(image_link, message.stamp_ns, message.data)
            box = older_detection(types, truth_of(number), message.stamp_ns)
            out.write(truth_link, message.stamp_ns, types.serialize_cdr(box, DETECTION))
    if storage == StoragePlugin.SQLITE3:  # which held no definitions then
        forget_definitions(tmp_path / "old")
    assert check_frames(tmp_path / "old", truth_of) == []


def forget_definitions(bag: Path) -> None:
    database = sqlite3.connect(bag / f"{bag.name}.db3")
    database.execute("DELETE FROM message_definitions")
    database.execute("UPDATE topics SET type_description_hash = ''")
    database.commit()
    database.close()
    metadata = bag / "metadata.yaml"
    metadata.write_text(re.sub(r"RIHS01_\w+", "''", metadata.read_text()))


@pytest.mark.parametrize("compressed", [False, True])
def test_ros_1_bag_is_read_as_the_others(
    tmp_path: Path, write_bag: WriteBag, truth_of: Callable[[int], Any], compressed: bool
) -> None:
    kind = COMPRESSED_IMAGE if compressed else IMAGE
    types = older_types(NOETIC_DEFINITIONS, Stores.ROS1_NOETIC)
    source = write_bag(tmp_path / "bag", compressed=compressed)
    images = [each for each in messages_of(source) if each.topic == IMAGES]
    newer = detection_types()
    with Ros1Writer(tmp_path / "old.bag") as out:
        image_link = out.add_connection(IMAGES, kind, typestore=types)
        truth_link = out.add_connection(TRUTH, DETECTION, typestore=types)
        for number, message in enumerate(images, start=1):
            out.write(image_link, message.stamp_ns, newer.cdr_to_ros1(message.data, kind))
            box = older_detection(types, truth_of(number), message.stamp_ns)
            out.write(truth_link, message.stamp_ns, types.serialize_ros1(box, DETECTION))
    assert check_frames(tmp_path / "old.bag", truth_of) == []
    sent = [each for each in messages_of(tmp_path / "old.bag") if each.topic == IMAGES]
    assert [bytes(each.data) for each in sent] == [bytes(each.data) for each in images]


def test_big_endian_messages_are_read(
    tmp_path: Path, write_bag: WriteBag, truth_of: Callable[[int], Any]
) -> None:
    types = detection_types()
    with Writer(tmp_path / "big", version=9, storage_plugin=StoragePlugin.MCAP) as out:
        links = {
            topic: out.add_connection(topic, kind, typestore=types)
            for topic, kind in ((IMAGES, IMAGE), (TRUTH, DETECTION))
        }
        for topic, kind, stamp_ns, data in messages_of(write_bag(tmp_path / "bag")):
            message = types.deserialize_cdr(data, kind)
            big = types.serialize_cdr(message, kind, little_endian=False)
            assert big[1] == 0
            out.write(links[topic], stamp_ns, big)
    assert check_frames(tmp_path / "big", truth_of) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty", None, "it has neither metadata.yaml nor an .mcap or .db3 file"),
        ("bag.mcap", b"", "it ends before its first message is complete"),
        ("bag.mcap", b"not a recording at all", "bag.mcap: not a valid MCAP file"),
        ("bag.db3", b"not a recording at all", "sqlite3 OLD.db3 .dump | sed"),
        ("bag.bag", b"not a recording at all", "'rosbag reindex' of ROS 1"),
        ("bag.mcap.zstd", b"packed", "or unpack the file with 'zstd -d'"),
        ("video.mp4", b"packed", "Unrecognized storage format '.mp4'"),
    ],
)
def test_what_is_no_recording_is_one_line_with_advice_that_helps(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(BagError) as error:
        BagReader(path)
    text = str(error.value)
    assert str(path) in text and said in text and "\n" not in text and "mcap recover" not in text


def test_a_topic_whose_name_is_no_text_is_told_with_what_mends_it(
    tmp_path: Path, write_bag: WriteBag
) -> None:
    file = write_bag(tmp_path / "bag", storage="sqlite3") / "bag.db3"
    database = sqlite3.connect(file)
    ((number, name),) = database.execute("SELECT id, name FROM topics WHERE name LIKE '%image%'")
    change = "UPDATE topics SET name = ? WHERE id = ?"
    with database:
        database.execute(change, (name.encode(), number))
    with pytest.raises(BagError) as error:
        BagReader(file)
    assert str(error.value) == (
        f"cannot read the bag {file}: the name of a topic, or of its type, is no text; correct it"
        " in the table topics, with sqlite3"
    )
    # With its list it is opened, and has nothing of what that says.
    with BagReader(file.parent) as bag, pytest.raises(BagError) as error:
        list(bag.messages(name))
    assert re.fullmatch(
        f"the bag {file.parent} lists [0-9]+ messages on {name} and holds none; without its"
        " metadata.yaml the files themselves are read",
        str(error.value),
    )
    with database:
        database.execute(change, (name, number))
    database.close()
    with BagReader(file.parent) as bag:
        assert len(list(bag.messages(name))) == bag.counts[name] > 0


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="sqlite3's command is not installed")
def test_the_advice_for_a_broken_db3_saves_what_it_holds(
    tmp_path: Path, write_bag: WriteBag
) -> None:
    bag = write_bag(tmp_path / "bag", storage="sqlite3", frames=30)
    broken, saved = bag / "bag.db3", tmp_path / "NEW.db3"
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(BagError) as error:
        BagReader(broken)
    (advice,) = re.findall('; "(sqlite3 OLD.+?)"', str(error.value))
    command = advice.replace("OLD.db3", str(broken)).replace("NEW.db3", str(saved))
    subprocess.run(command, shell=True, check=True)
    with BagReader(saved) as found:
        assert len(list(found.messages())) > 10


@pytest.mark.parametrize("field", [b"float64 size_y", b"uint32 height"])
def test_definitions_that_lack_a_field_spoil_their_messages_only(
    tmp_path: Path, write_bag: WriteBag, field: bytes
) -> None:
    bag = write_bag(tmp_path / "bag")
    file = bag / "bag.mcap"
    file.write_bytes(file.read_bytes().replace(field, field[:-1] + b"q"))
    with BagReader(file) as reader:
        frames = BagFrames(reader, box=(30, 40, 32, 32))
        if field == b"uint32 height":
            with pytest.raises(BagError, match=r"does not fit sensor_msgs/msg/Image.*height"):
                list(frames)
        else:
            assert len(list(frames)) == 6
            assert frames.unusable_truth == 6


def test_counts_that_promise_too_much_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bag"
    with Writer(path, version=9, storage_plugin=StoragePlugin.SQLITE3) as out:
        for topic, kind in ((IMAGES, IMAGE), ("/init_box", DETECTION)):
            out.add_connection(topic, kind, typestore=detection_types())
    metadata = path / "metadata.yaml"
    metadata.write_text(metadata.read_text().replace("message_count: 0", "message_count: 3"))
    with BagReader(path) as bag:
        assert bag.counts == {IMAGES: 3, "/init_box": 3}
        with pytest.raises(BagError, match="lists 3 messages on /init_box and holds none"):
            BagFrames(bag)
        with pytest.raises(BagError, match=f"lists 3 messages on {IMAGES} and holds none"):
            list(BagFrames(bag, box=(1, 1, 5, 5)))


def test_bag_without_messages_says_so(tmp_path: Path) -> None:
    for storage in (StoragePlugin.MCAP, StoragePlugin.SQLITE3):
        path = tmp_path / storage.name
        with Writer(path, version=9, storage_plugin=storage) as out:
            out.add_connection(IMAGES, IMAGE, typestore=detection_types())
        with BagReader(path) as bag, pytest.raises(BagError, match=f"has no images; .*{IMAGES}"):
            BagFrames(bag)
