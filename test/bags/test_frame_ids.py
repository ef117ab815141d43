# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of two cameras with the same stamps: a box is for the one whose frame_id it has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from rlt_ros.bags.detections import detection_cdr
from rlt_ros.bags.images import IMAGE, image_cdr
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.bags.vision_msgs import DETECTION, detection_types
from rlt_ros.bags.writer import BagWriter
from rlt_ros.benchmark.studies.bags.frames import BagFrames
from rlt_ros.messages.detections import Box

START, PERIOD = 10**18, 10**8
BOXES: dict[str, Box] = {
    "left": (1.0, 2.0, 8.0, 6.0),
    "right": (5.0, 2.0, 8.0, 6.0),
    "": (3.0, 3.0, 8.0, 6.0),
}

WriteStereo = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteStereo:
    """Writes a bag; `init` and `truth`: of which camera the boxes on these topics are."""

    def write(init: tuple[str, ...] = (), truth: str | None = None) -> Path:
        types = detection_types()
        with BagWriter(tmp_path / "bag", types, "mcap") as bag:
            for side in ("left", "right"):
                bag.add_topic(f"/{side}/image_raw", IMAGE)
            bag.add_topic("/rlt/init_box" if init else "/ground_truth", DETECTION)
            for side in init:
                bag.write("/rlt/init_box", START, detection_cdr(BOXES[side], START, side, types))
            for number in range(3):
                stamp = START + number * PERIOD
                for side in ("left", "right"):
                    image = np.zeros((20, 30, 3), np.uint8)
                    bag.write(f"/{side}/image_raw", stamp, image_cdr(image, stamp, side, types))
                if truth is not None:
                    data = detection_cdr(BOXES[truth], stamp, truth, types)
                    bag.write("/ground_truth", stamp, data)
        return tmp_path / "bag"

    return write


def read(path: Path, box: Box | None = None) -> BagFrames:
    with BagReader(path) as bag:
        frames = BagFrames(bag, "/left/image_raw", box=box)
        assert len(list(frames)) == 3
        return frames


@pytest.mark.parametrize(
    ("init", "taken"), [(("left",), "left"), (("",), ""), (("right", "left"), "left")]
)
def test_the_first_box_of_this_camera_counts(
    write: WriteStereo, init: tuple[str, ...], taken: str
) -> None:
    assert read(write(init)).box == BOXES[taken]


def test_a_box_of_the_other_camera_is_refused(write: WriteStereo) -> None:
    path = write(("right",))
    with pytest.raises(BagError, match=r"/rlt/init_box are of 'right', but .* of 'left': choose"):
        read(path)
    assert read(path, BOXES["left"]).box == BOXES["left"]


def test_a_truth_of_the_other_camera_names_no_target_and_is_told(write: WriteStereo) -> None:
    path = write(truth="right")
    with pytest.raises(BagError, match=r"/ground_truth are of 'right'.*; give the box with --init"):
        read(path)
    (note,) = read(path, BOXES["left"]).notes
    assert note.startswith("the boxes on /ground_truth are of 'right', but")


def test_a_truth_of_this_camera_is_taken(write: WriteStereo) -> None:
    frames = read(write(truth="left"))
    assert (frames.box, frames.notes) == (BOXES["left"], [])
