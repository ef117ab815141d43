# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rlt_ros.benchmark.datasets import DatasetError, open_dataset

WriteImages = Callable[..., None]
Shown = Callable[..., list[int]]

NAME = "{:08d}.png"
# A square on its corner.
POLYGON = "11,1,21,11,11,21,1,11"


@pytest.fixture
def vot(tmp_path: Path, write_images: WriteImages) -> Path:
    """Three frames in the folder itself, the second one not annotated."""
    write_images(tmp_path / "bag", range(1, 4), NAME)
    (tmp_path / "bag" / "groundtruth.txt").write_text(f"{POLYGON}\nnan,nan,nan,nan\n{POLYGON}\n")
    return tmp_path


def test_corners_give_polygons_and_the_box_around_them(vot: Path, shown: Shown) -> None:
    sequence = open_dataset(vot).read("bag")
    assert sequence.polygons is not None
    assert sequence.polygons.shape == (3, 4, 2)
    np.testing.assert_array_equal(sequence.polygons[0], [[10, 0], [20, 10], [10, 20], [0, 10]])
    np.testing.assert_array_equal(sequence.boxes[0], [0, 0, 20, 20])
    assert np.isnan(sequence.boxes[1]).all()
    assert np.isnan(sequence.polygons[1]).all()
    assert shown(sequence) == [1, 2, 3]


def test_a_list_that_holds_no_names_is_told(vot: Path) -> None:
    (vot / "list.txt").write_text("bag\n" + "<html>" * 100 + "\n")
    dataset = open_dataset(vot)
    assert len(dataset.read("bag")) == 3
    with pytest.raises(DatasetError, match=r"<html>.* cannot be read: File name too long"):
        dataset.read(dataset.names[1])


def test_the_head_of_a_sequence(vot: Path, shown: Shown) -> None:
    (vot / "bag" / "occlusion.tag").write_text("0\n1\n1\n")
    sequence = open_dataset(vot).read("bag")
    head = sequence.head(2)
    assert head.polygons is not None
    assert len(head) == len(head.polygons) == 2
    assert head.attributes["occlusion"].tolist() == [False, True]
    assert shown(head) == [1, 2]
    assert len(sequence.head(None)) == len(sequence.head(9)) == 3


def test_boxes_need_no_polygons(vot: Path) -> None:
    (vot / "bag" / "groundtruth.txt").write_text("1.1,2.2,3.3,4.4\n0\n5,6,7,8\n")
    sequence = open_dataset(vot).read("bag")
    assert sequence.polygons is None
    known = [[1.1 - 1, 2.2 - 1, 3.3, 4.4], [4.0, 5.0, 7.0, 8.0]]
    np.testing.assert_array_equal(sequence.boxes[[0, 2]], known)
    assert np.isnan(sequence.boxes[1]).all()  # 0 is VOT's code for an unknown region


def test_a_box_among_polygons_is_a_polygon(vot: Path) -> None:
    (vot / "bag" / "groundtruth.txt").write_text(f"{POLYGON}\n1,2,3,4\n{POLYGON}\n")
    polygons = open_dataset(vot).read("bag").polygons
    assert polygons is not None
    np.testing.assert_array_equal(polygons[1], [[0, 1], [3, 1], [3, 5], [0, 5]])


def test_images_may_be_in_color(tmp_path: Path, write_images: WriteImages, shown: Shown) -> None:
    write_images(tmp_path / "ants" / "color", range(1, 3), NAME)
    write_images(tmp_path / "ants" / "depth", range(5, 9), NAME)
    (tmp_path / "ants" / "groundtruth.txt").write_text("1,2,3,4\n1,2,3,4\n")
    assert shown(open_dataset(tmp_path).read("ants")) == [1, 2]


def test_list_names_the_sequences_and_missing_ones_are_broken(vot: Path) -> None:
    (vot / "other").mkdir()
    (vot / "list.txt").write_text("gone\nbag\n\n")
    dataset = open_dataset(vot)
    assert dataset.names == ["gone", "bag"]
    with pytest.raises(DatasetError, match=r"gone/groundtruth\.txt does not exist"):
        dataset.read("gone")
    assert len(dataset.read("bag")) == 3


def test_a_workspace_of_the_toolkit_and_a_single_sequence_open_too(vot: Path) -> None:
    assert open_dataset(vot / "bag").names == ["bag"]
    (vot / "sequences").mkdir()
    (vot / "bag").rename(vot / "sequences" / "bag")
    dataset = open_dataset(vot)
    assert (dataset.name, dataset.names) == (vot.name, ["bag"])


def test_tags_and_labels_are_attributes(vot: Path) -> None:
    (vot / "bag" / "occlusion.tag").write_text("0\n1\n1\n")
    (vot / "bag" / "camera_motion.label").write_text("1\n")
    attributes = open_dataset(vot).read("bag").attributes
    flags = {name: values.tolist() for name, values in attributes.items()}
    assert flags == {
        "occlusion": [False, True, True],
        "camera_motion": [True, False, False],  # ends early: the rest is 0, as in the toolkit
    }


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("groundtruth.txt", f"{POLYGON}\n1,2,3,4,5\n", r"groundtruth\.txt:2: '1,2,3,4,5' is not"),
        ("groundtruth.txt", "m3,4,5,6,7,8\n", r"groundtruth\.txt:1: .*masks are not supported"),
        ("groundtruth.txt", f"{POLYGON}\n" * 2, r"groundtruth\.txt:3: 3 images but 2 boxes"),
        ("groundtruth.txt", "1,2,3,4\n1,2,3,-4\n1,2,3,4\n", r"groundtruth\.txt:2: .*negative"),
        ("occlusion.tag", "0\n2\n1\n", r"occlusion\.tag:2: '2' is neither 0 nor 1"),
        ("occlusion.tag", "0\n" * 4, r"occlusion\.tag:4: 4 lines for 3 frames"),
    ],
)
def test_what_is_broken_is_named(vot: Path, file: str, text: str, message: str) -> None:
    (vot / "bag" / file).write_text(text)
    with pytest.raises(DatasetError, match=message):
        open_dataset(vot).read("bag")
