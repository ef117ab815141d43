# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences into bags and back, without loss."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.typesys import get_types_from_msg

from rlt_ros.bags.detections import annotated_box, detection_cdr
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.stamps import stamp_of, with_stamp
from rlt_ros.bags.vision_msgs import DEFINITIONS, DETECTION, detection_types
from rlt_ros.benchmark.studies.bags.packing import make_bag
from rlt_ros.benchmark.studies.bags.sequences import PackableSequence, packable
from rlt_ros.cli.bench.main import main
from rlt_ros.media.video_writer import VideoWriter

INTERFACE = Path(__file__).parents[2] / "ros_from_pypi" / "vision_msgs" / "msg"
LINES = ["11,21,5,6", "12.37\t20.5\t7.1\t3", "1 1 0.1 0.3", "-3,0,5,6"]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    folder = tmp_path / "otb" / "Noise"
    (folder / "img").mkdir(parents=True)
    for number in range(1, len(LINES) + 1):
        picture = rng.integers(0, 255, (20, 31, 3), np.uint8)
        cv2.imwrite(str(folder / "img" / f"{number:04d}.jpg"), picture)
    (folder / "groundtruth_rect.txt").write_text("\n".join(LINES))
    return tmp_path / "otb"


def boxes_of(folder: Path) -> np.ndarray:
    rows = [
        [float(word) for word in line.split(",")]
        for line in (folder / "groundtruth_rect.txt").read_text().splitlines()
    ]
    return np.array(rows) - np.array([1, 1, 0, 0])


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "img").iterdir())}


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_files_come_back_byte_for_byte_and_boxes_bit_for_bit(
    dataset: Path, tmp_path: Path, storage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = tmp_path / "bag", tmp_path / "out" / "Noise"
    assert main(["make-bag", str(dataset), "Noise", str(bag), "--storage", storage]) == 0
    with BagReader(bag) as reader:
        assert reader.topics == {
            "/camera/image_raw/compressed": "sensor_msgs/msg/CompressedImage",
            "/camera/ground_truth": DETECTION,
        }
        stamps = [stamp_of(message.data) for message in reader.messages("/camera/ground_truth")]
        image = reader.decode(next(reader.messages("/camera/image_raw/compressed")))
    assert stamps == [10**9 + round(k / 30 * 1e9) for k in range(4)]
    assert image.format == "jpeg"
    assert main(["unpack-bag", str(bag), str(out)]) == 0
    assert files(out) == files(dataset / "Noise")
    given = packable(dataset, "Noise").boxes
    assert packable(out.parent, "Noise").boxes.tobytes() == given.tobytes()
    assert capsys.readouterr().err == ""


def test_raw_images_come_back_pixel_for_pixel(dataset: Path, tmp_path: Path) -> None:
    bag, out = tmp_path / "bag", tmp_path / "out"
    assert main(["make-bag", str(dataset), "Noise", str(bag), "--raw", "--fps", "10"]) == 0
    with BagReader(bag) as reader:
        assert reader.topics["/camera/image_raw"] == "sensor_msgs/msg/Image"
    assert main(["unpack-bag", str(bag), str(out)]) == 0
    assert list(files(out)) == ["0001.png", "0002.png", "0003.png", "0004.png"]
    for number in range(1, 5):
        given = cv2.imread(str(dataset / "Noise" / "img" / f"{number:04d}.jpg"))
        np.testing.assert_array_equal(cv2.imread(str(out / "img" / f"{number:04d}.png")), given)


def test_no_box_is_rounded_in_the_bag() -> None:
    rng = np.random.default_rng(4)
    boxes = np.concatenate(
        [rng.normal(0, 10.0**power, (500, 4)) for power in (-9, -1, 2, 3)] + [np.zeros((1, 4))]
    )
    boxes[:, 2:] = abs(boxes[:, 2:])
    types = detection_types()
    back = [
        annotated_box(types.deserialize_cdr(detection_cdr(box, 5, "camera", types), DETECTION))
        for box in boxes
    ]
    assert np.array(back).tobytes() == boxes.tobytes()
    halves = boxes[:, 2:] / 2
    rounded = (boxes[:, :2] + halves) - halves
    assert (rounded != boxes[:, :2]).any(), "centre and size alone would not do"


def test_pose_of_others_is_not_taken_for_a_corner() -> None:
    types = detection_types()
    cdr = detection_cdr((1, 2, 4, 6), 5, "camera", types)
    message: Any = types.deserialize_cdr(cdr, DETECTION)
    message.results[0].pose.pose.position.x = 0.5
    assert annotated_box(message) == (1, 2, 4, 6)
    message.results.clear()
    assert annotated_box(message) == (1, 2, 4, 6)


def test_frames_without_annotation_and_fractions_from_0_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = np.array([[0.1, 3, 5, 5], [np.nan] * 4, [2, 2, 1 / 3, 5]])
    pictures = [np.full((9, 9, 3), value, np.uint8) for value in (1, 2, 3)]
    video = PackableSequence("Video", boxes, (), lambda: iter(pictures))
    packed = make_bag(video, tmp_path / "bag")
    assert (packed.images, packed.boxes, packed.message_type) == (3, 2, "sensor_msgs/msg/Image")
    assert main(["unpack-bag", str(tmp_path / "bag"), str(tmp_path / "out")]) == 0
    assert "counted from 1, 1 boxes (frame 1 first) differ" in capsys.readouterr().err
    back = boxes_of(tmp_path / "out")
    np.testing.assert_array_equal(np.isnan(back), np.isnan(boxes))
    np.testing.assert_array_equal(back[2], boxes[2])
    np.testing.assert_allclose(back[0], boxes[0], rtol=1e-15, atol=1e-16)


def test_frames_of_a_video_keep_their_times(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    with VideoWriter(folder / "clip.mp4", 12.5) as writer:
        for level in (10, 90, 170):
            writer.write(np.full((48, 64, 3), level, np.uint8))
    (folder / "clip.txt").write_text("1,2,9,9\n" * 3)
    for options, seconds in (((), (0, 0.08, 0.16)), (("--fps", "10"), (0, 0.1, 0.2))):
        bag = tmp_path / f"bag{len(options)}"
        assert main(["make-bag", str(folder), "clip", str(bag), *options]) == 0
        with BagReader(bag) as reader:
            stamps = [stamp_of(message.data) for message in reader.messages("/camera/image_raw")]
        assert [(stamp - 10**9) / 1e9 for stamp in stamps] == pytest.approx(seconds)


def test_bad_images_are_left_out_and_named(
    tmp_path: Path, write_bag: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path / "bag", spoilt=[2])
    assert main(["unpack-bag", str(bag), str(tmp_path / "out")]) == 2
    assert "not all of the bag was unpacked: frame 2:" in capsys.readouterr().err
    assert list(files(tmp_path / "out")) == [f"{n:04d}.png" for n in (1, 3, 4, 5, 6)]
    assert len(boxes_of(tmp_path / "out")) == 5


def test_what_a_broken_bag_held_is_unpacked(
    tmp_path: Path,
    write_bag: Callable[..., Path],
    damage: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    bag = write_bag(tmp_path / "bag", frames=33)
    damage(bag)
    assert main(["unpack-bag", str(bag), str(tmp_path / "out")]) == 2
    assert "breaks off" in capsys.readouterr().err
    assert 0 < len(files(tmp_path / "out")) == len(boxes_of(tmp_path / "out")) < 33


def test_nothing_is_overwritten_and_nothing_half_done_stays(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    assert main(["make-bag", str(dataset), "Noise", str(tmp_path / "mine")]) == 2
    (dataset / "Noise" / "img" / "0002.jpg").write_bytes(b"no picture")
    assert main(["make-bag", str(dataset), "Noise", str(tmp_path / "bag")]) == 2
    assert main(["make-bag", str(dataset), "Other", str(tmp_path / "bag")]) == 2
    assert main(["unpack-bag", str(tmp_path / "bag"), str(tmp_path / "out")]) == 2
    assert main(["make-bag", str(dataset), "Noise", str(tmp_path / "bag"), "--fps", "0"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert "mine exists already" in errors[0]
    assert "0002.jpg: the compressed image is no jpeg" in errors[1]
    assert "Other" in errors[2] and "bag" in errors[3] and "--fps" in errors[4]
    assert len(errors) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "otb"]


def test_bag_without_ground_truth_is_not_a_sequence(
    tmp_path: Path, write_bag: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path / "bag", truth=False)
    assert main(["unpack-bag", str(bag), str(tmp_path / "out")]) == 2
    assert "name one with --truth-topic" in capsys.readouterr().err


def test_stamps_are_read_and_changed_in_place() -> None:
    types = detection_types()
    cdr = bytes(detection_cdr((1, 2, 3, 4), 7 * 10**9 + 5, "camera", types))
    assert stamp_of(cdr) == 7 * 10**9 + 5
    changed = with_stamp(cdr, 10**18 + 9)
    message: Any = types.deserialize_cdr(changed, DETECTION)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (10**9, 9)
    assert message.header.frame_id == "camera" and len(changed) == len(cdr)
    big = b"\x00\x00\x00\x00" + (3).to_bytes(4, "big") + (4).to_bytes(4, "big")
    assert stamp_of(big) == 3 * 10**9 + 4
    assert stamp_of(with_stamp(big, 9)) == 9


def test_the_interface_is_that_of_vision_msgs() -> None:
    for name, text in DEFINITIONS.items():
        file = INTERFACE / f"{name.rpartition('/')[2]}.msg"
        assert (
            get_types_from_msg(text, name)[name][1]
            == (get_types_from_msg(file.read_text(), name)[name][1])
        )


def test_real_sequence_comes_back(tmp_path: Path) -> None:
    default = Path(__file__).parents[2].parent / "shared" / "data"
    data = Path(os.environ.get("RLT_DATA", default)) / "otb"
    if not (data / "Deer").is_dir():
        pytest.skip("set RLT_DATA to a folder whose otb/ holds OTB's Deer")
    assert main(["make-bag", str(data), "Deer", str(tmp_path / "bag")]) == 0
    assert main(["unpack-bag", str(tmp_path / "bag"), str(tmp_path / "Deer")]) == 0
    assert files(tmp_path / "Deer") == files(data / "Deer")
    assert packable(tmp_path, "Deer").boxes.tobytes() == packable(data, "Deer").boxes.tobytes()
