# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import pytest

from rlt_ros.benchmark.datasets import open_dataset

DEFAULT = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.mark.parametrize(
    ("folder", "frames"),
    [
        ("otb", {"David": 471, "Diving": 215, "Football1": 74, "Girl": 500}),
        ("vot2015", {"bag": 196}),
        ("uav123", {"wakeboard7": 67}),
    ],
)
def test_real_sequences_are_complete(folder: str, frames: dict[str, int]) -> None:
    path = Path(os.environ.get("RLT_DATA", DEFAULT)) / folder
    if not path.is_dir():
        pytest.skip(f"set RLT_DATA to a folder whose {folder}/ holds sequences")
    dataset = open_dataset(path)
    for name, count in frames.items():
        sequence = dataset.read(name)
        assert len(sequence) == len(sequence.source) == count
        image = next(sequence.frames())
        x, y, w, h = sequence.boxes[0]
        assert 0 <= x < x + w <= image.shape[1]
        assert 0 <= y < y + h <= image.shape[0]
