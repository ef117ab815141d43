# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The moving picture of a report: which frames, whose boxes, and how large it may get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from rlt_ros.benchmark.measures.frame_records import FrameRecord
from rlt_ros.benchmark.report.moving import PICTURES, write_moving_picture
from rlt_ros.benchmark.report.page import Picture
from rlt_ros.benchmark.report.style import looks

RED, BLUE = (214, 39, 40), (31, 119, 180)  # of the first two looks


class Grey:
    """Frames of one grey, in which the target moves to the right by a pixel a frame."""

    polygons = None

    def __init__(self, count: int, size: tuple[int, int] = (240, 200)) -> None:
        self._width, self._height = size
        self.boxes = np.array([[20.0 + number, 60, 40, 50] for number in range(count)])

    def __len__(self) -> int:
        return len(self.boxes)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[NDArray[np.uint8]]:
        for _ in range(len(self))[start:stop:step]:
            yield np.full((self._height, self._width, 3), 128, np.uint8)


def pictures(path: Path) -> list[NDArray[np.uint8]]:
    with Image.open(path) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")))
        return found


def column_of(picture: NDArray[np.uint8], colour: tuple[int, int, int], row: int) -> int:
    """Return the first column of a row that is about of a colour."""
    away = np.abs(picture[row].astype(int) - colour).sum(axis=1)
    return int(np.flatnonzero(away < 120)[0])


def test_evenly_spaced_frames_with_the_boxes_of_all(tmp_path: Path) -> None:
    sequence = Grey(90)
    shifted = np.add(sequence.boxes, (5, 0, 0, 0))
    boxes = {"good": shifted, "stuck": np.tile((10.0, 60, 10, 50), (90, 1))}
    path = write_moving_picture(tmp_path / "m.webp", "Grey", sequence, boxes, looks(list(boxes)))
    found = pictures(path)
    assert len(found) == 30  # every third
    assert found[0].shape[1] == 480  # twice as wide as the frames
    for number in (0, 10, 29):
        good, stuck = column_of(found[number], RED, 150), column_of(found[number], BLUE, 150)
        assert good == pytest.approx(2 * (25 + 3 * number), abs=4)
        assert stuck == pytest.approx(2 * 10, abs=4)


def test_what_a_tracker_says_of_itself_is_written_where_it_is_not_tracking(tmp_path: Path) -> None:
    sequence, nothing = Grey(3), np.full(3, np.nan)
    boxes = {"one": sequence.boxes}
    states = np.array(["tracking", "lost", "tracking"])
    records = {"one": FrameRecord(nothing, states, nothing, nothing)}
    path = write_moving_picture(tmp_path / "m.webp", "x", sequence, boxes, looks(["one"]), records)
    above = [picture[100:118, 46:90].astype(int) for picture in pictures(path)]  # the box
    reds = [int((np.abs(part - RED).sum(axis=2) < 120).sum()) for part in above]
    assert reds[1] > 200
    assert reds[0] == reds[2] == 0


@pytest.mark.parametrize("count", [1, 2, PICTURES, PICTURES + 1, 3000])
def test_any_sequence_takes_as_much_room(tmp_path: Path, count: int) -> None:
    sequence = Grey(count)
    boxes = {"one": sequence.boxes}
    path = write_moving_picture(tmp_path / "m.webp", "x", sequence, boxes, looks(["one"]))
    assert 1 <= len(pictures(path)) <= PICTURES
    assert path.stat().st_size < 600_000
    assert Picture("x", path).inline().startswith("data:image/webp;base64,UklGR")


@pytest.mark.parametrize("size", [(64, 4), (4, 64), (8, 8), (4000, 60)])
def test_frames_of_any_shape_fit(tmp_path: Path, size: tuple[int, int]) -> None:
    sequence = Grey(3, size)
    absent = np.full((2, 4), np.nan)  # a tracker that says nothing, and ends before the others
    names = ["gone", *(f"a tracker with a long name {number}" for number in range(12))]
    boxes = dict.fromkeys(names, sequence.boxes) | {"gone": absent}
    path = write_moving_picture(tmp_path / "m.webp", "x" * 80, sequence, boxes, looks(names))
    for picture in pictures(path):
        assert 320 <= picture.shape[1] <= 480
        assert picture.shape[0] <= 400 + 22 * (len(names) + 2)
