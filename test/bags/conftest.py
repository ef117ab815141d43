# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small bags of a patch that moves evenly, with whatever is wanted wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from rlt_ros.bags.detections import detection_cdr
from rlt_ros.bags.images import COMPRESSED_IMAGE, IMAGE, compressed_image_cdr, image_cdr
from rlt_ros.bags.vision_msgs import DETECTION, detection_types
from rlt_ros.bags.writer import BagWriter

START, PERIOD, SIDE = 10**18, 10**8, 32


def target_box(number: int) -> tuple[float, float, float, float]:
    """Where the patch is on a frame, counted from 1."""
    return (30.0 + 3 * (number - 1), 40.0 + (number - 1), float(SIDE), float(SIDE))


def stamp(number: int) -> int:
    return START + (number - 1) * PERIOD


def frame(number: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    image = cv2.resize(rng.integers(60, 130, (15, 20, 3), np.uint8), (160, 120))
    patch = rng.integers(0, 255, (6, 6, 3), np.uint8)
    x, y = (int(value) for value in target_box(number)[:2])
    image[y : y + SIDE, x : x + SIDE] = cv2.resize(
        patch, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST
    )
    return image


def _write(
    path: Path,
    storage: str = "mcap",
    *,
    compressed: bool = False,
    frames: int = 6,
    truth: bool = True,
    init: tuple[int, int] | None = None,
    spoilt: Collection[int] = (),
    spoilt_truth: Collection[int] = (),
    stamped: bool = True,
    stamps: Sequence[int] = (),
    topic: str = "/camera/image_raw",
) -> Path:
    """Write a bag.

    init: (frame by whose receipt it has come, stamp) of an init box of that frame's target.
    stamps: of the frames and their boxes; all are received at the usual times.
    spoilt: frames whose image cannot be decoded; spoilt_truth: those whose box cannot.
    """
    types = detection_types()
    with BagWriter(path, types, storage) as bag:
        bag.add_topic(topic, COMPRESSED_IMAGE if compressed else IMAGE)
        if truth:
            bag.add_topic("/camera/ground_truth", DETECTION)
        if init is not None:
            bag.add_topic("/rlt/init_box", DETECTION)
        for number in range(1, frames + 1):
            received = stamp(number)
            stamp_ns = (stamps[number - 1] if stamps else received) if stamped else 0
            box = target_box(number)
            if init is not None and init[0] == number:
                bag.write("/rlt/init_box", received, detection_cdr(box, init[1], "camera", types))
            if compressed:
                data = cv2.imencode(".png", frame(number)[..., ::-1])[1].tobytes()
                data = data[:40] if number in spoilt else data
                bag.write(topic, received, compressed_image_cdr(data, stamp_ns, "camera", types))
            else:
                message = bytes(image_cdr(frame(number), stamp_ns, "camera", types))
                bag.write(topic, received, message[:-9] if number in spoilt else message)
            if truth:
                data = bytes(detection_cdr(box, stamp_ns, "camera", types))
                data = data[:-60] if number in spoilt_truth else data
                bag.write("/camera/ground_truth", received, data)
    return path


@pytest.fixture
def write_bag() -> Callable[..., Path]:
    return _write


@pytest.fixture
def truth_of() -> Callable[[int], tuple[float, float, float, float]]:
    return target_box


@pytest.fixture
def stamp_of_frame() -> Callable[[int], int]:
    return stamp


def _damage(bag: Path) -> None:
    """Spoil the length of a record in the file's last third, so that reading breaks off there."""
    path = bag / "bag.mcap"
    data = bytearray(path.read_bytes())
    frame_id = data.index(b"camera", len(data) * 3 // 4)
    # Before it: kind, length, 22 bytes about the message; then CDR's four, stamp, text's length.
    start = frame_id - (1 + 8 + 22) - (4 + 8 + 4)
    data[start : start + 9] = b"\xff" * 9
    path.write_bytes(data)


@pytest.fixture
def damage() -> Callable[[Path], None]:
    return _damage
