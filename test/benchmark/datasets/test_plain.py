# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from rlt_ros.benchmark.datasets import DatasetError, open_dataset
from rlt_ros.media.video_writer import VideoWriter
from rlt_ros.pixels.intensity import IntensityRange

WriteImages = Callable[..., None]
Shown = Callable[..., list[int]]


def write_video(path: Path, frames: int) -> None:
    """Writes a video whose frame n has the brightness 3 n."""
    with VideoWriter(path, 25) as writer:
        for number in range(frames):
            writer.write(np.full((48, 64, 3), 3 * number, np.uint8))


def write_boxes(path: Path, frames: int) -> None:
    path.write_text("".join(f"{number},20,30,40\n" for number in range(frames)))


def test_deep_images_have_one_range_from_the_first_or_a_given_one(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    levels = np.tile(np.linspace(7000, 8000, 60).astype(np.uint16), (40, 1))
    for number in range(3):
        assert cv2.imwrite(str(tmp_path / "clip" / f"{number}.png"), levels + 250 * number)
    write_boxes(tmp_path / "clip.txt", 3)
    sequence = open_dataset(tmp_path).read("clip")
    left = [int(frame[20, 0, 0]) for frame in sequence.frames()]
    assert left == pytest.approx([0, 64, 128], abs=1)
    assert [int(frame[20, 0, 0]) for frame in sequence.frames(1)] == pytest.approx([0, 64], abs=1)
    given = open_dataset(tmp_path, None, IntensityRange(6000, 8000)).read("clip").head(2)
    assert [int(frame[20, 0, 0]) for frame in given.frames()] == pytest.approx([128, 159], abs=1)


def test_a_video_and_its_boxes(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", 70)
    write_boxes(tmp_path / "clip.txt", 70)
    for path in (tmp_path, tmp_path / "clip.mp4"):
        dataset = open_dataset(path)
        assert dataset.names == ["clip"]
    sequence = dataset.read("clip")
    np.testing.assert_array_equal(sequence.boxes[:, 0], np.arange(70))  # counted from 0
    brightness = np.array([frame.mean() for frame in sequence.frames()])
    assert len(brightness) == len(sequence) == 70
    assert (np.diff(brightness) > 0).all()
    # More than one block backwards, and a part with a step.
    backwards = [frame.mean() for frame in sequence.frames(69, step=-1)]
    np.testing.assert_array_equal(backwards, brightness[::-1])
    part = [frame.mean() for frame in sequence.frames(60, 5, -7)]
    np.testing.assert_array_equal(part, brightness[60:5:-7])
    assert [frame.mean() for frame in sequence.frames(3, 9, 2)] == brightness[3:9:2].tolist()
    assert list(sequence.frames(5, 5)) == []


def test_a_folder_of_images_and_its_boxes(
    tmp_path: Path, write_images: WriteImages, shown: Shown
) -> None:
    write_images(tmp_path / "walk.1", (9, 10, 11), "{}.png")
    write_boxes(tmp_path / "walk.1.csv", 3)
    write_images(tmp_path / "walk.2", (1, 2), "{}.png")
    write_boxes(tmp_path / "walk.2" / "boxes.txt", 2)
    dataset = open_dataset(tmp_path)
    assert dataset.names == ["walk.1", "walk.2"]
    assert shown(dataset.read("walk.1")) == [9, 10, 11]
    assert shown(dataset.read("walk.2")) == [1, 2]
    assert open_dataset(tmp_path / "walk.1").names == ["walk.1"]


def test_a_video_and_images_of_one_name_stay_apart(
    tmp_path: Path, write_images: WriteImages
) -> None:
    write_video(tmp_path / "clip.mp4", 2)
    write_images(tmp_path / "clip", (1, 2))
    write_boxes(tmp_path / "clip.txt", 2)
    assert open_dataset(tmp_path).names == ["clip", "clip.mp4"]


def test_what_is_broken_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    for name in ("good", "short", "bare", "torn"):
        write_video(tmp_path / f"{name}.mp4", 3)
    for name, boxes in (("good", 3), ("short", 2), ("torn", 3)):
        write_boxes(tmp_path / f"{name}.txt", boxes)
    (tmp_path / "torn.mp4").write_bytes(bytes(range(256)))
    dataset = open_dataset(tmp_path)
    assert dataset.names == ["bare", "good", "short", "torn"]
    with pytest.raises(DatasetError, match=r"bare\.mp4 has no box file .*bare\.txt"):
        dataset.read("bare")
    with pytest.raises(DatasetError, match=r"short\.txt:3: 3 images but 2 boxes"):
        dataset.read("short")
    with pytest.raises(DatasetError, match=r"torn\.mp4 is not a video"):
        dataset.read("torn")
    assert len(dataset.read("good")) == 3
