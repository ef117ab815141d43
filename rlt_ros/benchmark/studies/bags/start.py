# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""On which frame of a bag the target is named, and by which box."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rlt_ros.bags.detections import annotated_box
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.bags.stamps import stamp_of
from rlt_ros.benchmark.studies.bags.pairing import Times, pair
from rlt_ros.benchmark.studies.bags.topics import Topics
from rlt_ros.messages.detections import Box, box_of, stamp_nanoseconds
from rlt_ros.messages.frame_ids import fits


@dataclass(frozen=True)
class Truth:
    """The annotation of a bag.

    Attributes:
        boxes: number of an image among those of its topic, from 1, to its box.
        unusable: number of messages that cannot be decoded.
        how: see ``Pairs``.
        of_another_camera: what to say where its boxes are not of these images; else empty.
    """

    boxes: Mapping[int, Box]
    unusable: int = 0
    how: str = ""
    of_another_camera: str = ""


@dataclass(frozen=True)
class Start:
    """Where the target is named.

    Attributes:
        source: the topic, or "--init".
        box_at: the box if a frame, by its number, is one to start on, else None.
        missing: what to say when no frame is.
    """

    source: str
    box_at: Callable[[int], Box | None]
    missing: str


def frame_id_of(bag: BagReader, topic: str) -> str:
    """Return the frame of reference of a topic's first message; empty where none is told."""
    for message in bag.messages_until_it_breaks(topic):
        with suppress(BagError):
            return str(getattr(bag.decode(message).header, "frame_id", ""))
    return ""


def of_another_camera(topic: str, boxes: str, image_topic: str, images: str) -> str:
    """Return what to say of boxes on a topic whose frame of reference is not that of the images."""
    return f"the boxes on {topic} are of '{boxes}', but the images on {image_topic} of '{images}'"


def read_truth(bag: BagReader, topics: Topics, images: Sequence[Times]) -> Truth:
    """Return the annotated boxes of a bag's images.

    Of a bag that breaks off, those before: reading its images will tell.
    """
    topic = topics.truth
    if topic is None:
        return Truth({})
    times: list[Times] = []
    boxes: list[Box | None] = []
    for message in bag.messages_until_it_breaks(topic):
        times.append(Times(stamp_of(message.data), message.stamp_ns))
        try:
            boxes.append(annotated_box(bag.decode(message)))
        except BagError:
            boxes.append(None)
    pairs = pair(images, times)
    found = {index + 1: boxes[other] for index, other in sorted(pairs.partner.items())}
    truth, camera = frame_id_of(bag, topic), frame_id_of(bag, topics.image)
    return Truth(
        {number: box for number, box in found.items() if box is not None},
        boxes.count(None),
        pairs.how,
        "" if fits(truth, camera) else of_another_camera(topic, truth, topics.image, camera),
    )


def find_start(
    bag: BagReader, topics: Topics, images: Sequence[Times], truth: Truth, given: Box | None
) -> Start:
    """Take the box that was given for the first frame, or else what the bag says.

    A message on the init topic is taken as the node takes it: with a stamp it means the frame of
    exactly that stamp, without one the next frame. The first message counts. Without such a topic
    the target is named on the first frame with a ground truth.

    Raises:
        BagError: none of the three is there, or the init box cannot be decoded.
        InvalidBoxError: the box on the init topic is empty or not finite.
    """
    if given is not None:
        return Start("--init", lambda _: given, f"{topics.image} holds no image to start on")
    if topics.init is not None:
        return _from_message(bag, topics, images)
    if truth.boxes and not truth.of_another_camera:
        return Start(
            str(topics.truth),
            lambda number: _usable(truth.boxes.get(number)),
            f"no usable image on {topics.image} has a box on {topics.truth}",
        )
    if truth.of_another_camera:
        raise BagError(f"{truth.of_another_camera}; give the box with --init x,y,w,h")
    if topics.truth is not None:
        raise BagError(
            f"no image on {topics.image} has the stamp of a box on {topics.truth}; give the box on "
            "the first frame with --init x,y,w,h"
        )
    raise BagError(
        f"the bag {bag.path} names no target: it has no topic init_box and no ground_truth of "
        "type vision_msgs/msg/Detection2D; give the box on the first frame with --init x,y,w,h"
    )


def _from_message(bag: BagReader, topics: Topics, images: Sequence[Times]) -> Start:
    topic, camera = str(topics.init), frame_id_of(bag, topics.image)
    others: list[str] = []
    for message in bag.messages(topic):  # their count is above 0
        detection = bag.decode(message)
        if fits(detection.header.frame_id, camera):
            break
        others.append(detection.header.frame_id)
    else:
        raise BagError(
            f"{of_another_camera(topic, others[0], topics.image, camera)}: choose its images with "
            "--image-topic, or give the box with --init x,y,w,h"
        )
    box = box_of(detection)
    wanted = stamp_nanoseconds(detection.header.stamp)
    if wanted:
        numbers = [n for n, times in enumerate(images, start=1) if times.stamp_ns == wanted]
        # Of several with that stamp, the latest that the sender of the box can have seen.
        seen = [n for n in numbers if images[n - 1].received_ns <= message.stamp_ns]
        chosen = seen[-1] if seen else next(iter(numbers), None)
        return Start(
            topic,
            lambda number: box if number == chosen else None,
            f"the init box on {topic} is for stamp {wanted / 1e9:.9f}, which no usable image on "
            f"{topics.image} has",
        )
    return Start(
        topic,
        lambda number: box if images[number - 1].received_ns >= message.stamp_ns else None,
        f"no usable image on {topics.image} follows the init box on {topic}",
    )


def _usable(box: Box | None) -> Box | None:
    return box if box is not None and box[2] > 0 and box[3] > 0 else None
