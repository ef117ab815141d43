# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the files that standard input names, one "KIND PATH" a line, and says what came of each.

Prints "begin" before each and then one line of JSON: whether the file was read, or how it was
refused, or what else happened. A program of its own, because what native libraries do with broken
files may end it; so does a file that takes too long. With a PATH as argument, it writes a target
there, to be read.
"""

from __future__ import annotations

import functools
import json
import logging
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt_ros.bags.images import COMPRESSED_IMAGE, IMAGE, image_pixels
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.opening import open_dataset
from rlt_ros.benchmark.runs.result_files import ResultFileError, read_boxes, read_regions
from rlt_ros.media.frame_times import video_times
from rlt_ros.media.sources import SourceError, open_source
from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.errors import InvalidImageError, InvalidTargetError, WeightsError
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import EfficientNetLite0
from rlt_ros.tracking.features.backbones.vgg_m import VggM

SECONDS = 60  # for one file, on a busy machine
MEMORY = 8 << 30  # bytes of address space, so that a header cannot ask for all there is
MOST_FRAMES = 300
LEARNS_LITTLE: dict[str, Any] = {
    "device": "cpu",
    "threads": 1,
    "update_mode": "lockstep",
    "hidden_units": 32,
    "initial_positives": 30,
    "initial_negatives": 60,
    "regression_samples": 20,
    "mining_pool": 32,
    "batch_positives": 4,
    "batch_negatives": 4,
    "initial_iterations": 4,
    "update_iterations": 1,
    "update_interval": 2,
    "frame_positives": 8,
    "frame_negatives": 16,
    "candidates": 48,
    "background_swaps": 1,
    "turned_looks": 1,
}


def read_bag(path: Path) -> None:
    with BagReader(path) as bag:
        assert all(isinstance(count, int) for count in bag.counts.values())
        for message in bag.messages():
            try:
                decoded = bag.decode(message)
                if message.message_type in (IMAGE, COMPRESSED_IMAGE):
                    check_pixels(image_pixels(decoded, message.message_type))
            except (BagError, InvalidImageError) as error:
                check_words(error)


def read_video(path: Path) -> None:
    with open_source(path) as source:
        last = -1.0
        for frame in islice(source, MOST_FRAMES):
            check_pixels(frame.image)
            assert last < frame.stamp < float("inf"), (last, frame.stamp)
            last = frame.stamp
    if path.stat().st_size:
        assert all(np.isfinite(video_times(path)[:MOST_FRAMES]))


def read_images(path: Path) -> None:
    with open_source(path) as source:
        for frame in source:
            check_pixels(frame.image)


def read_dataset(path: Path) -> None:
    dataset = open_dataset(path)
    for name in dataset.names:
        sequence = dataset.read(name)
        boxes = sequence.boxes
        assert boxes.shape == (len(sequence), 4)
        assert not np.isinf(boxes).any()
        for image in sequence.frames():
            check_pixels(image)


def read_result(path: Path) -> None:
    boxes = read_boxes(path)
    assert boxes.shape == (len(boxes), 4) and not np.isinf(boxes).any()


def read_vot(path: Path) -> None:
    for region in read_regions(path):
        assert isinstance(region, int) or np.isfinite(region).all()


def read_torch(path: Path) -> None:
    EfficientNetLite0(path)


def read_mat(path: Path) -> None:
    VggM(path)


@functools.cache
def tracker() -> Tracker:
    return Tracker(make_config(**LEARNS_LITTLE))


def frame() -> NDArray[np.uint8]:
    """A target in the middle of other things."""
    coarse = np.random.default_rng(0).integers(0, 255, (20, 25, 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(8, axis=0).repeat(8, axis=1))


def write_target(path: Path) -> None:
    tracker().init(frame(), (80, 60, 40, 32))
    for _ in range(2):
        tracker().track(frame())
    tracker().save(path, "one")


def read_target(path: Path) -> None:
    """Take it up, and look for it: what is believed of a file must not break that."""
    tracker().load(path)
    width, height = tracker().image_size
    image = np.zeros((min(height, 500), min(width, 500), 3), np.uint8)
    if image.shape[:2] != (height, width):
        return  # that much memory is not for a test
    seen = frame()[:height, :width]
    image[: seen.shape[0], : seen.shape[1]] = seen
    for _ in range(2):
        result = tracker().track(image)
        assert np.isfinite(result.box).all() and 0 <= result.score <= 1, result


READERS: dict[str, tuple[Callable[[Path], None], tuple[type[Exception], ...]]] = {
    "bag": (read_bag, (BagError,)),
    "video": (read_video, (SourceError,)),
    "images": (read_images, (SourceError,)),
    "dataset": (read_dataset, (DatasetError,)),
    "result": (read_result, (ResultFileError,)),
    "vot": (read_vot, (ResultFileError,)),
    "torch": (read_torch, (WeightsError,)),
    "mat": (read_mat, (WeightsError,)),
    "target": (read_target, (InvalidTargetError,)),
}


def check_pixels(image: np.ndarray) -> None:
    assert image.size and image.ndim in (2, 3)


def check_words(error: Exception) -> None:
    assert len(str(error).splitlines()) == 1, repr(str(error))


def outcome(kind: str, path: Path) -> tuple[str, str]:
    read, refusals = READERS[kind]
    try:
        try:
            read(path)
        except refusals as error:
            check_words(error)
            assert path.name in str(error), f"{error} does not name the file"
            return "refused", str(error)
    except BaseException:
        return "fault", "".join(traceback.format_exc().splitlines(keepends=True)[-8:])
    return "read", ""


def main() -> None:
    logging.disable()
    if sys.argv[1:]:
        write_target(Path(sys.argv[1]))
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        kind, path = line.rstrip("\n").split(" ", 1)
        print("begin", flush=True)
        signal.alarm(SECONDS)
        result = outcome(kind, Path(path))
        signal.alarm(0)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
