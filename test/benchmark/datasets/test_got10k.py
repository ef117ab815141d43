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

TRAIN, VAL, TEST = "GOT-10k_Train_000001", "GOT-10k_Val_000001", "GOT-10k_Test_000001"


@pytest.fixture
def got10k(tmp_path: Path, write_images: WriteImages) -> Path:
    """One sequence of three frames per split; that for tests has only the first box."""
    for split, name in (("train", TRAIN), ("val", VAL), ("test", TEST)):
        write_images(tmp_path / split / name, range(1, 4), "{:08d}.png")
        lines = ["11.5,21.0,30.0,40.0"] * (1 if split == "test" else 3)
        (tmp_path / split / name / "groundtruth.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "train" / "list.txt").write_text(f"{TRAIN}\n")
    return tmp_path


def test_all_splits_or_one_or_a_sequence(got10k: Path, shown: Shown) -> None:
    assert open_dataset(got10k).names == [TRAIN, VAL, TEST]
    assert open_dataset(got10k / "val").names == [VAL]
    assert open_dataset(got10k / "test").names == [TEST]
    assert open_dataset(got10k / "val" / VAL).names == [VAL]
    sequence = open_dataset(got10k).read(VAL)
    np.testing.assert_array_equal(sequence.boxes, [[10.5, 20, 30, 40]] * 3)
    assert sequence.attributes == {}
    assert shown(sequence) == [1, 2, 3]


def test_the_test_split_has_only_the_first_box(got10k: Path) -> None:
    sequence = open_dataset(got10k).read(TEST)
    np.testing.assert_array_equal(sequence.boxes[0], [10.5, 20, 30, 40])
    assert sequence.boxes.shape == (3, 4)
    assert np.isnan(sequence.boxes[1:]).all()


def test_absent_targets_have_no_box(got10k: Path) -> None:
    folder = got10k / "train" / TRAIN
    (folder / "groundtruth.txt").write_text("1,2,3,4\n1,2,3,4\n-1,-1,-1,-1\n")
    (folder / "absence.label").write_text("0\n1\n0\n")
    (folder / "cut_by_image.label").write_text("0\n0\n1\n")
    (folder / "cover.label").write_text("8\n0\n5\n")
    sequence = open_dataset(got10k).read(TRAIN)
    assert np.isnan(sequence.boxes).all(axis=1).tolist() == [False, True, True]
    flags = {name: values.tolist() for name, values in sequence.attributes.items()}
    assert flags == {"absence": [False, True, False], "cut_by_image": [False, False, True]}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("groundtruth.txt", "1,2,3,4\n1,2,3,4\n", r"groundtruth\.txt:3: 3 images but 2 boxes"),
        ("groundtruth.txt", "1,2,3,4\n1,2\n1,2,3,4\n", r"groundtruth\.txt:2: '1,2' is not four"),
        ("absence.label", "0\n0\n", r"absence\.label:3: 2 lines for 3 frames"),
        ("absence.label", "1\n0\n0\n", r"groundtruth\.txt:1: the first frame needs a box"),
    ],
)
def test_what_is_broken_is_named_and_the_rest_is_read(
    got10k: Path, file: str, text: str, message: str
) -> None:
    (got10k / "val" / VAL / file).write_text(text)
    dataset = open_dataset(got10k)
    with pytest.raises(DatasetError, match=message):
        dataset.read(VAL)
    assert len(dataset.read(TRAIN)) == 3
