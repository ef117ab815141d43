# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rlt_ros.benchmark.datasets import DatasetError, open_dataset
from rlt_ros.media.sources import open_source

WriteImages = Callable[..., None]


@pytest.fixture
def vot(tmp_path: Path, write_images: WriteImages) -> Path:
    write_images(tmp_path / "bag", (1, 2))
    (tmp_path / "bag" / "groundtruth.txt").write_text("1,2,3,4\n1,2,3,4\n")
    return tmp_path


def test_a_named_layout_is_not_guessed(vot: Path) -> None:
    with pytest.raises(DatasetError, match="holds no sequence"):
        open_dataset(vot, "otb")
    assert open_dataset(vot, "vot").names == ["bag"]


def test_misuse_says_what_to_give(vot: Path) -> None:
    with pytest.raises(DatasetError, match="no layout 'lasot'; give one of uav123, got10k, otb"):
        open_dataset(vot, "lasot")
    with pytest.raises(DatasetError, match="gone is not a folder"):
        open_dataset(vot / "gone")
    with pytest.raises(DatasetError, match="is not a folder"):
        open_dataset(vot / "bag" / "groundtruth.txt", "vot")
    with pytest.raises(DatasetError, match="has no sequence cup"):
        open_dataset(vot).read("cup")
    (vot / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"empty holds no sequence; looked for .*\(OTB\)"):
        open_dataset(vot / "empty")


def test_a_name_that_no_result_could_have_is_told_before_anything_runs(vot: Path) -> None:
    (vot / "bag").rename(vot / os.fsdecode(b"stra\xdfe"))
    with pytest.raises(DatasetError, match=r"holds 'stra\\udcdfe', a name that is no text"):
        open_dataset(vot)


def test_a_sequence_can_be_sent_to_another_process(vot: Path) -> None:
    sequence = open_dataset(vot).read("bag")
    copy = pickle.loads(pickle.dumps(sequence))
    np.testing.assert_array_equal(copy.boxes, sequence.boxes)
    np.testing.assert_array_equal(next(copy.frames()), next(sequence.frames()))


def test_a_path_without_a_name_has_one(vot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(vot / "bag")
    dataset = open_dataset(Path())
    assert (dataset.name, dataset.names) == ("bag", ["bag"])


def test_sequences_are_named_as_their_folders_are_not_img(
    tmp_path: Path, write_images: WriteImages
) -> None:
    write_images(tmp_path / "Deer" / "img", (1, 2))
    (tmp_path / "Deer" / "groundtruth_rect.txt").write_text("1,2,3,4\n1,2,3,4\n")
    assert open_dataset(tmp_path / "Deer" / "img").names == ["Deer"]
    write_images(tmp_path / "Drive" / "frames", (1, 2))
    (tmp_path / "Drive" / "frames.txt").write_text("1,2,3,4\n1,2,3,4\n")
    assert open_dataset(tmp_path / "Drive" / "frames").names == ["Drive"]
    assert len(open_dataset(tmp_path / "Drive" / "frames").read("Drive")) == 2
    assert open_source(tmp_path / "Drive" / "frames").name == "Drive"
