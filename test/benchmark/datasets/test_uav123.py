# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rlt_ros.benchmark.datasets import DatasetError, open_dataset
from rlt_ros.benchmark.datasets.uav123_parts import PARTS

WriteImages = Callable[..., None]
Shown = Callable[..., list[int]]


def annotate(path: Path, boxes: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("11,21,30,40\n" + "NaN,NaN,NaN,NaN\n" * (boxes - 1))


@pytest.fixture
def uav123(tmp_path: Path, write_images: WriteImages) -> Path:
    """One whole video, and one with two of its parts."""
    videos, annotations = tmp_path / "data_seq" / "UAV123", tmp_path / "anno" / "UAV123"
    write_images(videos / "bike2", range(1, 4), "{:06d}.png")
    annotate(annotations / "bike2.txt", 3)
    (videos / "bird1").mkdir()
    for number in range(1, 2470):
        (videos / "bird1" / f"{number:06d}.jpg").touch()
    annotate(annotations / "bird1_2.txt", 703)
    annotate(annotations / "bird1_3.txt", 865)
    return tmp_path


def test_a_whole_video(uav123: Path, shown: Shown) -> None:
    dataset = open_dataset(uav123)
    assert dataset.names == ["bike2", "bird1_2", "bird1_3"]
    sequence = dataset.read("bike2")
    np.testing.assert_array_equal(sequence.boxes[0], [10, 20, 30, 40])
    assert np.isnan(sequence.boxes[1:]).all()
    assert sequence.attributes == {}
    assert shown(sequence) == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "first", "last"), [("bird1_2", 775, 1477), ("bird1_3", 1573, 2437)]
)
def test_parts_of_a_video(uav123: Path, name: str, first: int, last: int) -> None:
    sequence = open_dataset(uav123).read(name)
    files = sequence.source.files  # type: ignore[attr-defined]
    assert (files[0].name, files[-1].name) == (f"{first:06d}.jpg", f"{last:06d}.jpg")
    assert files[0].parent.name == "bird1"
    assert len(sequence) == last - first + 1


def test_every_third_frame_at_10_frames_per_second(tmp_path: Path) -> None:
    # The official 10 Hz list has car6_4 at frames 985 to 1309 of its video.
    video = tmp_path / "data_seq" / "UAV123_10fps" / "car6"
    video.mkdir(parents=True)
    for number in range(984, 1311):
        (video / f"{number:06d}.png").touch()
    annotate(tmp_path / "anno" / "UAV123_10fps" / "car6_4.txt", 325)
    files = open_dataset(tmp_path).read("car6_4").source.files  # type: ignore[attr-defined]
    assert (files[0].stem, files[-1].stem) == ("000985", "001309")


def test_the_table_of_parts_is_sound() -> None:
    ends: dict[str, int] = {}
    for name, (video, first, last) in PARTS.items():
        assert name.startswith(f"{video}_")
        # The next part begins with the last frame of the one before, or later.
        assert ends.get(video, 1) <= first < last
        ends[video] = last
    # With the 72 whole videos that are the data set's 123 sequences.
    assert (len(PARTS), len(ends)) == (51, 19)


def test_attributes(uav123: Path) -> None:
    file = uav123 / "anno" / "UAV123" / "att" / "bike2.txt"
    file.parent.mkdir()
    file.write_text("1,0,0,1,0,0,0,0,0,0,0,1\n")
    dataset = open_dataset(uav123)
    assert dataset.names == ["bike2", "bird1_2", "bird1_3"]
    flags = {name: values.tolist() for name, values in dataset.read("bike2").attributes.items()}
    assert flags == {"SV": [True] * 3, "FM": [True] * 3, "SOB": [True] * 3}
    file.write_text("1,0,0\n")
    with pytest.raises(DatasetError, match=r"bike2\.txt:1: '1,0,0' is not a 0 or 1 for each of SV"):
        dataset.read("bike2")


def test_what_is_broken_is_named_and_the_rest_is_read(uav123: Path) -> None:
    annotate(uav123 / "anno" / "UAV123" / "boat1.txt", 3)
    annotate(uav123 / "anno" / "UAV123" / "bird1_3.txt", 866)
    dataset = open_dataset(uav123)
    with pytest.raises(DatasetError, match=r"boat1\.txt:1: 0 images but 3 boxes"):
        dataset.read("boat1")
    with pytest.raises(DatasetError, match=r"bird1_3\.txt:866: 865 images but 866 boxes"):
        dataset.read("bird1_3")
    assert len(dataset.read("bike2")) == 3


def test_single_sequences_look_like_those_of_otb(
    tmp_path: Path, write_images: WriteImages, shown: Shown
) -> None:
    write_images(tmp_path / "wakeboard7" / "img", (1, 2), "{:06d}.png")
    annotate(tmp_path / "wakeboard7" / "groundtruth_rect.txt", 2)
    for layout in (None, "uav123"):
        sequence = open_dataset(tmp_path, layout).read("wakeboard7")
        np.testing.assert_array_equal(sequence.boxes[0], [10, 20, 30, 40])
        assert np.isnan(sequence.boxes[1]).all()
        assert shown(sequence) == [1, 2]
