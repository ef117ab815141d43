# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An annotated sequence as a bag: images, and a box for every frame that has one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlt_ros.bags.detections import detection_cdr
from rlt_ros.bags.images import COMPRESSED_IMAGE, IMAGE, compressed_image_cdr, image_cdr
from rlt_ros.bags.vision_msgs import DETECTION, detection_types
from rlt_ros.bags.writer import BagWriter
from rlt_ros.benchmark.studies.bags.sequences import PackableSequence
from rlt_ros.media.frame_times import DEFAULT_FPS
from rlt_ros.tracking.errors import InvalidImageError

# Of the first frame: always the same, so the same sequence gives the same bag. 0 is "no stamp".
START_NS = 1_000_000_000
RAW_TOPIC, COMPRESSED_TOPIC = "/camera/image_raw", "/camera/image_raw/compressed"
TRUTH_TOPIC = "/camera/ground_truth"


@dataclass(frozen=True)
class PackedBag:
    """What a bag holds: its number of images and of boxes, and the images' topic and type."""

    images: int
    boxes: int
    topic: str
    message_type: str


def make_bag(
    sequence: PackableSequence,
    path: Path,
    *,
    storage: str = "mcap",
    raw: bool = False,
    fps: float | None = None,
    image_topic: str | None = None,
    truth_topic: str = TRUTH_TOPIC,
    frame_id: str = "camera",
) -> PackedBag:
    """Write a sequence as a bag, from which ``unpack_bag`` makes the same sequence again.

    Image files go in byte for byte as CompressedImage; frames of videos, and all with ``raw``, as
    Image of encoding rgb8. Boxes go in bit for bit, see ``rlt_ros.bags.detections``, with their
    images' stamps; a frame that is not annotated gets none.

    Args:
        sequence: what to write.
        path: the bag's folder, which must not exist.
        storage: "mcap" or "sqlite3".
        raw: decode image files.
        fps: frame k (from 0) is stamped k / fps seconds after ``START_NS``; None stamps frames of
            a video with its own times and others as at ``DEFAULT_FPS``.
        image_topic: None takes ``RAW_TOPIC`` or ``COMPRESSED_TOPIC``.
        truth_topic: for the boxes.
        frame_id: the camera's coordinate frame.

    Raises:
        FileExistsError: there is something at that path.
        DatasetError, InvalidImageError: an image cannot be read; no bag is left behind.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already; give another name or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    files = () if raw else sequence.images
    kind = COMPRESSED_IMAGE if files else IMAGE
    topic = image_topic or (COMPRESSED_TOPIC if files else RAW_TOPIC)
    types = detection_types()
    with BagWriter(path, types, storage) as bag:
        bag.add_topic(topic, kind)
        bag.add_topic(truth_topic, DETECTION)
        pictures: Iterator[Path | NDArray[np.uint8]]
        pictures = iter(files) if files else sequence.frames()
        rate = fps or DEFAULT_FPS
        counted = [index / rate for index in range(len(sequence.boxes))]
        times = counted if fps or not sequence.times else sequence.times
        for seconds, picture, box in zip(times, pictures, sequence.boxes, strict=True):
            stamp_ns = START_NS + round(seconds * 1e9)
            if isinstance(picture, Path):
                try:
                    data = compressed_image_cdr(picture.read_bytes(), stamp_ns, frame_id, types)
                except InvalidImageError as error:
                    raise InvalidImageError(f"{picture}: {error}; --raw decodes it") from error
            else:
                data = image_cdr(picture, stamp_ns, frame_id, types)
            bag.write(topic, stamp_ns, data)
            if not np.isnan(box).any():
                bag.write(truth_topic, stamp_ns, detection_cdr(box, stamp_ns, frame_id, types))
    return PackedBag(bag.counts[topic], bag.counts[truth_topic], topic, kind)
