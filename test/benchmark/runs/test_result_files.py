# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED
from rlt_ros.benchmark.runs.result_files import (
    ResultFileError,
    read_boxes,
    read_regions,
    write_boxes,
    write_got10k_times,
    write_regions,
)


@pytest.mark.parametrize("separator", [",", ", ", "\t", " ", "   ", ";"])
def test_boxes_with_any_separator_are_counted_from_0(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "Girl.txt"
    path.write_text(separator.join(["57", "21.5", "31", "45"]) + "\n\n" + "1 1 2 NaN\n")
    np.testing.assert_array_equal(read_boxes(path), [[56, 20.5, 31, 45], [0, 0, 2, np.nan]])


def test_written_boxes_are_read_again(tmp_path: Path) -> None:
    boxes = np.array([[0, 0.5, 10, 20], [-3.25, 7, 1.5, 2]])
    write_boxes(tmp_path / "KCF" / "Girl.txt", boxes)
    assert (tmp_path / "KCF" / "Girl.txt").read_text().startswith("1.0000,1.5000,10.0000,20.0000\n")
    np.testing.assert_array_equal(read_boxes(tmp_path / "KCF" / "Girl.txt"), boxes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3,4\n1,2,3\n", r"Girl\.txt:2: 3 numbers, not x,y,w,h"),
        ("1,2,3,4\n\n1,2,x,4\n", r"Girl\.txt:3: '1,2,x,4' is not numbers"),
        ("1,2,,3,4\n", r"Girl\.txt:1: '1,2,,3,4' is not numbers"),
        ("1,2,3,4\n1,2,inf,4\n", r"Girl\.txt:2: a number is infinite"),
        ("1,2,3,4\n1,\xe9,3,4\n", r"Girl\.txt:2: '1,\ufffd,3,4' is not numbers"),
        ("\n", r"Girl\.txt is empty"),
    ],
)
def test_broken_boxes_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "Girl.txt"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ResultFileError, match=message):
        read_boxes(path)


def test_regions_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "bag_001.txt"
    path.write_text("1\n11,12,3,4\n1,2,11,2,11,12,1,12\n2\n0\nnan,nan,nan,nan\n")
    started, box, polygon, failed, skipped, nothing = read_regions(path)
    assert (started, failed, skipped, nothing) == (INITIALISED, FAILED, SKIPPED, SKIPPED)
    np.testing.assert_array_equal(box, [10, 11, 3, 4])
    np.testing.assert_array_equal(polygon, [[0, 1], [10, 1], [10, 11], [0, 11]])
    write_regions(tmp_path / "copy.txt", [started, box, polygon, failed, skipped])
    assert (tmp_path / "copy.txt").read_text() == (
        "1\n11.0000,12.0000,3.0000,4.0000\n"
        "1.0000,2.0000,11.0000,2.0000,11.0000,12.0000,1.0000,12.0000\n2\n0\n"
    )


@pytest.mark.parametrize("line", ["3", "1,2", "1,2,3", "1,2,3,4,5,6,7"])
def test_a_line_that_is_no_region_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bag_001.txt"
    path.write_text(f"1\n{line}\n")
    with pytest.raises(ResultFileError, match=r"bag_001\.txt:2: \d numbers are no region"):
        read_regions(path)


def test_binary_regions(tmp_path: Path) -> None:
    path = tmp_path / "bag_001.bin"
    content = struct.pack("<hI", 1, 3) + struct.pack("<BI", 0, INITIALISED)
    content += struct.pack("<B4f", 1, 11, 12, 3, 4) + struct.pack("<BH6f", 2, 3, 1, 2, 11, 2, 1, 12)
    path.write_bytes(content)
    started, box, polygon = read_regions(path)
    assert started == INITIALISED
    np.testing.assert_array_equal(box, [10, 11, 3, 4])
    np.testing.assert_array_equal(polygon, [[0, 1], [10, 1], [0, 11]])
    path.write_bytes(content[:-1])
    with pytest.raises(ResultFileError, match=r"bag_001\.bin:3: the file ends too early"):
        read_regions(path)
    path.write_bytes(struct.pack("<hIB", 1, 1, 3))
    with pytest.raises(ResultFileError, match=r"bag_001\.bin:1: masks"):
        read_regions(path)


def test_times_have_a_row_per_frame(tmp_path: Path) -> None:
    write_got10k_times(tmp_path, "GOT-10k_Val_000001", [[0.5, 0.25], [0.5, 0.125]])
    times = np.loadtxt(
        tmp_path / "GOT-10k_Val_000001" / "GOT-10k_Val_000001_time.txt", delimiter=","
    )
    np.testing.assert_array_equal(times, [[0.5, 0.5], [0.25, 0.125]])
