# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which image a box belongs to, and when it was taken, where stamps do not tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlt_ros.bags.detections import detection_cdr
from rlt_ros.bags.images import IMAGE, image_cdr
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.vision_msgs import DETECTION, detection_types
from rlt_ros.bags.writer import BagWriter
from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.benchmark.studies.bags.frames import BagFrames
from rlt_ros.benchmark.studies.bags.pairing import Times, pair, taken_at, trouble_with_stamps
from rlt_ros.cli.bench.main import main
from rlt_ros.media.results import read_results

WriteBag = Callable[..., Path]
S = 10**9


def at(*stamps: int, received: Sequence[int] | None = None) -> list[Times]:
    received = received if received is not None else range(100, 100 + len(stamps))
    return [Times(stamp, time) for stamp, time in zip(stamps, received, strict=True)]


def test_equal_stamps_belong_together() -> None:
    pairs = pair(at(5, 6, 7, 8), at(8, 5, 6, 99))
    assert pairs.partner == {0: 1, 1: 2, 3: 0} and pairs.how == ""


@pytest.mark.parametrize("stamps", [(0, 0, 0, 0), (5, 5, 5, 5), (5, 5, 6, 6), (5, 6, 5, 6)])
def test_equal_numbers_of_equal_stamps_are_paired_in_their_order(stamps: tuple[int, ...]) -> None:
    pairs = pair(at(*stamps), at(*stamps))
    assert pairs.partner == {0: 0, 1: 1, 2: 2, 3: 3} and pairs.how == "their order"


def test_unequal_numbers_are_paired_by_receipt() -> None:
    images = at(0, 0, 0, 0, 0, received=(0, 10, 20, 30, 40))
    pairs = pair(images, at(0, 0, 0, received=(11, 33, 90)))
    assert pairs.partner == {1: 0, 3: 1} and pairs.how == "their times of receipt"
    # Each image gets one box at most, also where stamps repeat.
    images = at(5, 5, 5, 6, received=(0, 10, 20, 30))
    pairs = pair(images, at(5, 5, 6, received=(11, 21, 31)))
    assert pairs.partner == {1: 0, 2: 1, 3: 2}


def test_boxes_without_stamps_go_with_images_that_have_some_and_the_other_way() -> None:
    assert pair(at(5, 6, 7), at(0, 0, 0)).partner == {0: 0, 1: 1, 2: 2}
    assert pair(at(0, 0, 0), at(5, 6, 7)).partner == {0: 0, 1: 1, 2: 2}
    assert pair(at(5, 6, 7), at(15, 16, 17)).partner == {}, "these say that they are of others"


def test_stamps_say_when_images_were_taken_where_they_can() -> None:
    good = at(50, 60, 75)
    assert trouble_with_stamps(good) == "" and taken_at(good) == [50, 60, 75]
    for stamps, said in (
        ((0, 0, 0), "3 have none"),
        ((5, 5, 6), "1 repeat an earlier one"),
        ((5, 7, 6), "1 go back"),
        ((5, 0, 6), "1 have none"),
        ((5, 6, 5, 6, 0), "1 have none, 2 repeat an earlier one, 1 go back"),
    ):
        images = at(*stamps)
        assert trouble_with_stamps(images) == said
        assert taken_at(images) == list(range(100, 100 + len(stamps)))


@pytest.mark.parametrize(
    ("stamps", "said"),
    [
        ([0] * 6, ["6 have none", "paired by their order"]),
        ([7] * 6, ["5 repeat an earlier one", "paired by their order"]),
        ([7, 8, 9, 7, 8, 9], ["3 repeat an earlier one, 1 go back", "paired by their order"]),
        ([7, 8, 9, 4, 5, 6], ["1 go back"]),
    ],
)
def test_bag_is_started_on_and_scored_against_the_right_boxes(
    tmp_path: Path,
    write_bag: WriteBag,
    truth_of: Callable[[int], Any],
    capsys: pytest.CaptureFixture[str],
    stamps: list[int],
    said: list[str],
) -> None:
    out = tmp_path / "out"
    bag = write_bag(tmp_path / "bag", stamps=[stamp * S for stamp in stamps])
    assert main(["bag", str(bag), "--tracker", "mil", "--out", str(out)]) == 0
    summary = json.loads((out / "summary.json").read_text())
    assert summary["init"] == {
        "from": "/camera/ground_truth",
        "frame": 1,
        "box": list(truth_of(1)),
    }
    with BagReader(bag) as reader:
        frames = BagFrames(reader)
        assert len(list(frames)) == 6
    assert frames.truth == {number: truth_of(number) for number in range(1, 7)}
    rows = read_results(out / "boxes.csv")
    assert [row.stamp for row in rows] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    # MIL is random: what counts is which truth each of its boxes was held against.
    truth = np.array([truth_of(row.frame) for row in rows], float)
    expected = one_pass_measures(np.array([row.box for row in rows]), truth)
    assert summary["annotated"] == 6
    assert summary["mean"]["cle"] == pytest.approx(expected["cle"], abs=0.01)
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == len(said) == len(summary["notes"])
    for line, text in zip(warnings, said, strict=True):
        assert text in line


def test_unpacked_boxes_are_those_of_their_images(
    tmp_path: Path,
    write_bag: WriteBag,
    truth_of: Callable[[int], Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    bag = write_bag(tmp_path / "bag", stamped=False, spoilt_truth=[3])
    assert main(["unpack-bag", str(bag), str(tmp_path / "out")]) == 2
    lines = (tmp_path / "out" / "groundtruth_rect.txt").read_text().splitlines()
    rows = np.array([[float(text) for text in line.split(",")] for line in lines])
    expected = np.array([truth_of(number) for number in range(1, 7)]) + np.array([1, 1, 0, 0])
    expected[2] = np.nan
    np.testing.assert_array_equal(rows, expected)
    assert "paired by their order" in capsys.readouterr().err


def test_stamps_set_the_times_where_receipt_came_late(tmp_path: Path) -> None:
    """Images that were taken evenly and came in bursts, or all at once."""
    types = detection_types()
    for name, received in (("bursts", [20, 20, 20, 50, 50]), ("at_once", [90] * 5)):
        with BagWriter(tmp_path / name, types) as bag:
            bag.add_topic("/image", IMAGE)
            for index, time in enumerate(received):
                picture = np.full((9, 9, 3), index, np.uint8)
                bag.write("/image", time * S, image_cdr(picture, (7 + index) * S, "", types))
        with BagReader(tmp_path / name) as reader:
            frames = BagFrames(reader, box=(1, 1, 5, 5))
            found = list(frames)
            assert frames.notes == []
        assert [int(frame.image[0, 0, 0]) for frame in found] == [0, 1, 2, 3, 4]
        assert list(frames.stamps.values()) == [0, 1, 2, 3, 4]
        sent = received if name == "bursts" else [7, 8, 9, 10, 11]
        assert [frame.due_ns for frame in found] == [time * S for time in sent]


def test_init_box_of_a_repeated_stamp_is_for_the_image_before_it(tmp_path: Path) -> None:
    types = detection_types()
    with BagWriter(tmp_path / "bag", types) as bag:
        bag.add_topic("/image", IMAGE)
        bag.add_topic("/init_box", DETECTION)
        for index, stamp in enumerate((5, 6, 5, 6, 5)):
            if index == 3:
                data = detection_cdr((1, 1, 5, 5), 5 * S, "", types)
                bag.write("/init_box", 3 * S - 1, data)
            data = image_cdr(np.zeros((9, 9, 3), np.uint8), stamp * S, "", types)
            bag.write("/image", index * S, data)
    with BagReader(tmp_path / "bag") as reader:
        frames = BagFrames(reader)
        assert [frame.number for frame in frames] == [3, 4, 5]
