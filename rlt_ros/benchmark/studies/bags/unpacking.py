# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bag with a ground truth as a sequence in OTB's layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from rlt_ros.bags.images import IMAGE, compressed_format, image_pixels
from rlt_ros.bags.reader import BagError, BagMessage, BagReader
from rlt_ros.benchmark.studies.bags.frames import notes_on_times
from rlt_ros.benchmark.studies.bags.pairing import read_times
from rlt_ros.benchmark.studies.bags.start import read_truth
from rlt_ros.benchmark.studies.bags.topics import choose_topics
from rlt_ros.messages.detections import Box
from rlt_ros.messages.encodings import ENCODINGS
from rlt_ros.tracking.errors import InvalidImageError
from rlt_ros.whole_files import whole

IMAGES, ANNOTATION = "img", "groundtruth_rect.txt"
_OF_PNG = (np.uint8, np.uint16)


@dataclass
class Unpacked:
    """What was written.

    Attributes:
        frames: number of images, and of lines in the annotation.
        boxes: number of annotated ones; the others' lines are NaN,NaN,NaN,NaN.
        inexact: frames whose corner, counted from 1 as OTB does, does not read back bit for bit.
        converted: encodings of raw images of which grey or RGB does not hold everything, or not
            bit for bit: alpha, a mosaic, YUV.
        unusable: frame to what is wrong with it; it is left out, and so is its line.
        unusable_boxes: number of annotations that cannot be decoded, taken as missing.
        notes: see ``BagFrames``.
        problem: what broke the bag off; empty if nothing did.
    """

    frames: int = 0
    boxes: int = 0
    inexact: list[int] = field(default_factory=list)
    converted: set[str] = field(default_factory=set)
    unusable: dict[int, str] = field(default_factory=dict)
    unusable_boxes: int = 0
    notes: list[str] = field(default_factory=list)
    problem: str = ""


def unpack_bag(
    bag: BagReader, folder: Path, image_topic: str | None = None, truth_topic: str | None = None
) -> Unpacked:
    """Write the images of a bag and their boxes as ``img/0001.jpg`` ... and an annotation.

    Compressed images become files byte for byte, raw ones PNG files pixel for pixel (TIFF where
    pixels are floating-point numbers or have a sign). The boxes read back as they are in the bag,
    bit for bit, but for those in ``inexact``.

    Args:
        bag: with images and boxes, see ``rlt_ros.benchmark.studies.bags.pairing``.
        folder: of the sequence; must not exist.
        image_topic, truth_topic: None where they are to be found out.

    Raises:
        FileExistsError: there is something at that path.
        NotWrittenError: the disk is full, for example; nothing is left behind.
        BagError: the bag lacks images or boxes, or none of its images can be unpacked.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists already; give another name or remove it")
    topics = choose_topics(bag, image=image_topic, truth=truth_topic)
    if topics.truth is None:
        raise BagError(
            f"the bag {bag.path} has no topic ground_truth of type vision_msgs/msg/Detection2D; "
            "name one with --truth-topic"
        )
    times = read_times(bag, topics.image)
    truth = read_truth(bag, topics, times)
    notes = [*bag.notes, *notes_on_times(topics, times, truth)]
    unpacked, lines = Unpacked(unusable_boxes=truth.unusable, notes=notes), []
    digits = max(4, len(str(bag.counts[topics.image])))
    broken: list[str] = []
    images = bag.messages_until_it_breaks(topics.image, broken)
    with whole(folder, folder.with_name(f".{folder.name}.part")) as part:
        (part / IMAGES).mkdir(parents=True)
        for number, message in enumerate(images, start=1):
            try:
                decoded = bag.decode(message)
                _write_image(part / IMAGES / f"{number:0{digits}d}", decoded, message, unpacked)
            except (BagError, InvalidImageError) as error:
                unpacked.unusable[number] = str(error)
                continue
            box = truth.boxes.get(number)
            lines.append(_line(box))
            unpacked.frames += 1
            unpacked.boxes += box is not None
            if box is not None and not _reads_back(lines[-1], box):
                unpacked.inexact.append(number)
        unpacked.problem = "".join(broken)
        if not lines:
            reasons = [unpacked.problem, *unpacked.unusable.values()]
            raise BagError(f"no image of {bag.path} can be unpacked: {'; '.join(reasons)[:300]}")
        (part / ANNOTATION).write_text("\n".join(lines) + "\n", encoding="ascii")
    return unpacked


def _write_image(stem: Path, decoded: Any, message: BagMessage, unpacked: Unpacked) -> None:
    if message.message_type == IMAGE:
        pixels = image_pixels(decoded, IMAGE)
        # PNG has neither a sign nor floating point; TIFF has.
        suffix = ".png" if pixels.dtype in _OF_PNG else ".tiff"
        bgr = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
        try:
            _, data = cv2.imencode(suffix, bgr)
        except cv2.error as error:
            raise InvalidImageError(
                f"{decoded.encoding} cannot be written as {suffix}: {error.err}"
            ) from error
        stem.with_suffix(suffix).write_bytes(data.tobytes())
        if not ENCODINGS[decoded.encoding].exact:
            unpacked.converted.add(decoded.encoding)
        return
    file = decoded.data.tobytes()
    stem.with_suffix(compressed_format(file)[1]).write_bytes(file)


def _line(box: Box | None) -> str:
    if box is None:
        return "NaN,NaN,NaN,NaN"
    x, y, w, h = box
    # Whole numbers as OTB writes them; others with the fewest digits that read back the same.
    return ",".join(
        str(int(number)) if number.is_integer() else repr(number) for number in (x + 1, y + 1, w, h)
    )


def _reads_back(line: str, box: Sequence[float]) -> bool:
    x, y, w, h = (float(text) for text in line.split(","))
    return (x - 1, y - 1, w, h) == tuple(box)
