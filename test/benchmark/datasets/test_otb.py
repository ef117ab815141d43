# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rlt_ros.benchmark.datasets import DatasetError, open_dataset
from rlt_ros.benchmark.datasets.otb import OFFICIAL_FRAMES
from rlt_ros.benchmark.datasets.otb_attributes import CODES, LISTED_ATTRIBUTES

WriteImages = Callable[..., None]
Shown = Callable[..., list[int]]

LINES = ["11,21,30,40", "12\t22\t31\t41", "13 23 32 42", "14, 24, 33, 43"]
BOXES = [[10, 20, 30, 40], [11, 21, 31, 41], [12, 22, 32, 42], [13, 23, 33, 43]]


def annotate(folder: Path, lines: list[str], name: str = "groundtruth_rect.txt") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")


def test_boxes_count_from_0_whatever_separates_the_numbers(
    tmp_path: Path, write_images: WriteImages, shown: Shown
) -> None:
    write_images(tmp_path / "Toy1" / "img", range(1, 5))
    annotate(tmp_path / "Toy1", LINES)
    dataset = open_dataset(tmp_path)
    assert (dataset.name, dataset.names) == (tmp_path.name, ["Toy1"])
    sequence = dataset.read("Toy1")
    assert sequence.name == "Toy1"
    np.testing.assert_array_equal(sequence.boxes, BOXES)
    assert sequence.polygons is None
    assert len(sequence) == 4
    assert shown(sequence) == [1, 2, 3, 4]


@pytest.mark.parametrize("text", ["\ufeff1,2,3,4\r\n5,6,7,8\r\n\r\n", "1;2;3;4;\n5;6;7;8;\n\n"])
def test_marks_of_other_systems_do_not_matter(
    tmp_path: Path, write_images: WriteImages, text: str
) -> None:
    write_images(tmp_path / "A" / "img", (1, 2))
    (tmp_path / "A" / "groundtruth_rect.txt").write_text(text, encoding="utf-8", newline="")
    boxes = open_dataset(tmp_path).read("A").boxes
    np.testing.assert_array_equal(boxes, [[0, 1, 3, 4], [4, 5, 7, 8]])


def test_images_come_in_natural_order_and_of_any_kind(
    tmp_path: Path, write_images: WriteImages, shown: Shown
) -> None:
    images = tmp_path / "A" / "img"
    write_images(images, range(8, 10), "{}.png")
    write_images(images, range(10, 12), "{:05d}.bmp")
    (images / "._8.png").write_bytes(b"what macOS leaves behind")
    (images / "notes.txt").write_text("no image")
    annotate(tmp_path / "A", LINES)
    assert shown(open_dataset(tmp_path).read("A")) == [8, 9, 10, 11]


def test_frames_are_a_slice_that_may_go_backwards(
    tmp_path: Path, write_images: WriteImages, shown: Shown
) -> None:
    write_images(tmp_path / "A" / "img", range(1, 7))
    annotate(tmp_path / "A", ["1,1,5,5"] * 6)
    sequence = open_dataset(tmp_path).read("A")
    assert shown(sequence, 2) == [3, 4, 5, 6]
    assert shown(sequence, 1, 4) == [2, 3, 4]
    assert shown(sequence, 3, step=-1) == [4, 3, 2, 1]
    assert shown(sequence, 5, 1, -2) == [6, 4]


@pytest.mark.parametrize(
    ("name", "images", "first", "last"),
    [
        ("David", (1, 770), 300, 770),
        ("Diving", (1, 231), 1, 215),
        ("Football1", (1, 81), 1, 74),
        ("Freeman3", (1, 474), 1, 460),
        ("Freeman4", (1, 297), 1, 283),
        ("BlurCar1", (247, 988), 247, 988),
        ("BlurCar3", (3, 359), 3, 359),
        ("BlurCar4", (18, 397), 18, 397),
        ("BlurCar4", (1, 397), 18, 397),
    ],
)
def test_official_first_and_last_frames(
    tmp_path: Path, name: str, images: tuple[int, int], first: int, last: int
) -> None:
    assert OFFICIAL_FRAMES[name] == (first, last)
    (tmp_path / name / "img").mkdir(parents=True)
    for number in range(images[0], images[1] + 1):
        (tmp_path / name / "img" / f"{number:04d}.jpg").touch()
    annotate(tmp_path / name, ["1,1,5,5"] * (last - first + 1))
    sequence = open_dataset(tmp_path).read(name)
    files = sequence.source.files  # type: ignore[attr-defined]
    assert (files[0].stem, files[-1].stem) == (f"{first:04d}", f"{last:04d}")
    assert len(sequence) == len(files) == last - first + 1


def test_a_copy_with_only_the_official_frames_may_count_them_anew(
    tmp_path: Path, write_images: WriteImages, shown: Shown
) -> None:
    write_images(tmp_path / "Football1" / "img", range(74))
    annotate(tmp_path / "Football1", ["1,1,5,5"] * 74)
    assert shown(open_dataset(tmp_path).read("Football1")) == list(range(74))


def test_targets_of_one_video_are_sequences(tmp_path: Path, write_images: WriteImages) -> None:
    for name in ("Jogging", "Human4"):
        write_images(tmp_path / name / "img", range(1, 3))
    annotate(tmp_path / "Jogging", ["1,1,5,5", "2,2,5,5"], "groundtruth_rect.1.txt")
    annotate(tmp_path / "Jogging", ["3,3,5,5", "4,4,5,5"], "groundtruth_rect.2.txt")
    (tmp_path / "Human4" / "groundtruth_rect.1.txt").touch()
    annotate(tmp_path / "Human4", ["7,7,5,5", "8,8,5,5"], "groundtruth_rect.2.txt")
    dataset = open_dataset(tmp_path)
    assert dataset.names == ["Human4-2", "Jogging-1", "Jogging-2"]
    corners = [dataset.read(name).boxes[0, 0] for name in dataset.names]
    assert corners == [6, 0, 2]
    assert set(dataset.read("Jogging-2").attributes) == {"OCC", "DEF", "OPR"}
    assert open_dataset(tmp_path / "Jogging").names == ["Jogging-1", "Jogging-2"]


def test_attributes_are_those_that_the_benchmark_lists(
    tmp_path: Path, write_images: WriteImages
) -> None:
    for name in ("Deer", "Mine"):
        write_images(tmp_path / name / "img", (1, 2))
        annotate(tmp_path / name, LINES[:2])
    deer = open_dataset(tmp_path).read("Deer").attributes
    assert set(deer) == {"MB", "FM", "IPR", "BC", "LR"}
    assert all(flags.tolist() == [True, True] for flags in deer.values())
    assert open_dataset(tmp_path).read("Mine").attributes == {}


def test_all_videos_of_the_benchmark_have_attributes() -> None:
    assert len(LISTED_ATTRIBUTES) == 98  # of 100 sequences: two videos have two targets
    assert {code for codes in LISTED_ATTRIBUTES.values() for code in codes} == set(CODES)


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("Deer/attrs.txt", "SV, lr\n", {"SV", "LR"}),
        ("Deer/attributes.txt", "0 1 0 0 0 0 0 0 0 1 0\n", {"OPR", "BC"}),
        ("anno/att/deer.txt", "1,0,0,0,0,0,0,0,0,0,0\n", {"IV"}),
    ],
)
def test_an_attribute_file_wins(
    tmp_path: Path, write_images: WriteImages, file: str, text: str, expected: set[str]
) -> None:
    write_images(tmp_path / "Deer" / "img", (1, 2))
    annotate(tmp_path / "Deer", LINES[:2])
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert set(open_dataset(tmp_path).read("Deer").attributes) == expected


def test_a_broken_attribute_file_is_named(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "Deer" / "img", (1, 2))
    annotate(tmp_path / "Deer", LINES[:2])
    (tmp_path / "Deer" / "attrs.txt").write_text("IV\nXY\n")
    with pytest.raises(DatasetError, match=r"attrs\.txt:2: 'XY' is no attribute"):
        open_dataset(tmp_path).read("Deer")


def test_nan_is_a_frame_without_a_box_and_zeros_stay(
    tmp_path: Path, write_images: WriteImages
) -> None:
    write_images(tmp_path / "A" / "img", range(1, 4))
    annotate(tmp_path / "A", ["1,1,5,5", "NaN,NaN,NaN,NaN", "0,0,0,0"])
    boxes = open_dataset(tmp_path).read("A").boxes
    assert np.isnan(boxes[1]).all()
    np.testing.assert_array_equal(boxes[2], [-1, -1, 0, 0])  # as Board's last one


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["1,2,3,4", "1,2,x,4", "1,2,3,4"], r"groundtruth_rect\.txt:2: '1,2,x,4' is not four"),
        (["1,2,3,4", "1,2,3", "1,2,3,4"], r"groundtruth_rect\.txt:2: '1,2,3' is not four"),
        (["1,2,3,4", "", "1,2,3,4"], r"groundtruth_rect\.txt:2: '' is not four"),
        (["1,2,3,4", "1,2,3,inf", "1,2,3,4"], r"groundtruth_rect\.txt:2: '1,2,3,inf' is not"),
        (["1,2,3,4", "1,2,3,4", "1,2,-3,4"], r"groundtruth_rect\.txt:3: .* negative width"),
        (["nan,nan,nan,nan", "1,2,3,4", "1,2,3,4"], r"groundtruth_rect\.txt:1: the first frame"),
        (["1,2,0,4", "1,2,3,4", "1,2,3,4"], r"groundtruth_rect\.txt:1: the first frame needs"),
        (["1,2,3,4"], r"groundtruth_rect\.txt:2: 3 images but 1 boxes \(images of .*img\)"),
        (["1,2,3,4"] * 4, r"groundtruth_rect\.txt:4: 3 images but 4 boxes"),
        ([], r"groundtruth_rect\.txt is empty; every line must be four numbers x,y,w,h"),
    ],
)
def test_a_broken_sequence_names_file_and_line_and_the_rest_is_read(
    tmp_path: Path, write_images: WriteImages, lines: list[str], message: str
) -> None:
    for name in ("Bad", "Good"):
        write_images(tmp_path / name / "img", range(1, 4))
        annotate(tmp_path / name, ["1,2,3,4"] * 3)
    annotate(tmp_path / "Bad", lines)
    dataset = open_dataset(tmp_path)
    assert dataset.names == ["Bad", "Good"]
    with pytest.raises(DatasetError, match=message):
        dataset.read("Bad")
    assert len(dataset.read("Good")) == 3


def test_bytes_that_are_no_text_are_named(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "A" / "img", (1, 2))
    (tmp_path / "A" / "groundtruth_rect.txt").write_bytes(b"1,2,3,4\n1,\xff,3,4\n")
    with pytest.raises(DatasetError, match=r"groundtruth_rect\.txt:2"):
        open_dataset(tmp_path).read("A")


def test_a_missing_image_is_named(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "A" / "img", (1, 2, 4))
    annotate(tmp_path / "A", LINES)
    with pytest.raises(DatasetError, match=r"3 images .* where 0004\.png follows 0002\.png"):
        open_dataset(tmp_path).read("A")


def test_a_broken_image_is_named_when_it_is_reached(
    tmp_path: Path, write_images: WriteImages
) -> None:
    write_images(tmp_path / "A" / "img", (1, 2))
    (tmp_path / "A" / "img" / "0002.png").write_bytes(b"no image")
    annotate(tmp_path / "A", LINES[:2])
    frames = open_dataset(tmp_path).read("A").frames()
    assert next(frames).shape == (8, 12, 3)
    with pytest.raises(DatasetError, match=r"0002\.png is not a readable image"):
        next(frames)


def test_images_without_boxes_are_a_broken_sequence(
    tmp_path: Path, write_images: WriteImages
) -> None:
    write_images(tmp_path / "Bare" / "img", (1, 2))
    write_images(tmp_path / "Full" / "img", (1, 2))
    annotate(tmp_path / "Full", LINES[:2])
    dataset = open_dataset(tmp_path)
    assert dataset.names == ["Bare", "Full"]
    with pytest.raises(DatasetError, match=r"Bare/groundtruth_rect\.txt does not exist"):
        dataset.read("Bare")
