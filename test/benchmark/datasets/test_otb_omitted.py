# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames that OTB's TRE does not start at."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlt_ros.benchmark.datasets import DatasetError
from rlt_ros.benchmark.datasets.otb_omitted import read_omitted


def test_stretches_count_from_the_first_annotated_image(tmp_path: Path) -> None:
    (tmp_path / "girl.txt").write_bytes(b"5 7\r\n10\t10")
    (tmp_path / "David.txt").write_text("300 301\n")  # its first image is 300
    (tmp_path / "jogging-2.txt").write_text("1 3\n")
    found = read_omitted(tmp_path, ["Girl", "David", "Deer", "Jogging-1", "Jogging-2"])
    assert found == {"Girl": ((4, 6), (9, 9)), "David": ((0, 1),), "Jogging-2": ((0, 2),)}


@pytest.mark.parametrize("line", ["7 5", "1.5 3", "4", "1 2 3", "nan 3", "first last"])
def test_other_lines_are_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "girl.txt").write_text(f"1 2\n{line}\n")
    with pytest.raises(DatasetError, match=r"girl.txt:2: .* is not .*FIRST LAST"):
        read_omitted(tmp_path, ["Girl"])


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DatasetError, match=r"holds no NAME.txt; give the folder initOmit"):
            read_omitted(folder, ["Girl"])
