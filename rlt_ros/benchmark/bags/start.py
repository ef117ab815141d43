# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""On which frame of a bag the target is named, and by which box."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rlt_ros.bags.detections import annotated_box
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.benchmark.bags.topics import Topics
from rlt_ros.messages.detections import Box, box_of, stamp_nanoseconds


@dataclass(frozen=True)
class Start:
    """Where the target is named.

    Attributes:
        source: the topic, or "--init".
        box_at: the box if a frame, by its stamp and its time of receipt (both in nanoseconds), is
            the one to start on, else None.
        missing: what to say when no frame is.
    """

    source: str
    box_at: Callable[[int, int], Box | None]
    missing: str


def read_truth(bag: BagReader, topic: str | None) -> tuple[dict[int, Box], int]:
    """Return the annotated boxes by their stamps in nanoseconds, and the number of bad messages.

    Of a bag that breaks off, those before: reading its images will tell.
    """
    truth: dict[int, Box] = {}
    unusable = 0
    for message in bag.messages_until_it_breaks(topic) if topic is not None else ():
        try:
            detection = bag.decode(message)
        except BagError:
            unusable += 1
            continue
        truth[stamp_nanoseconds(detection.header.stamp)] = annotated_box(detection)
    return truth, unusable


def find_start(
    bag: BagReader, topics: Topics, truth: Mapping[int, Box], given: Box | None
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
        return Start("--init", lambda *_: given, f"{topics.image} holds no image to start on")
    if topics.init is not None:
        return _from_message(bag, topics)
    if truth:
        return Start(
            str(topics.truth),
            lambda stamp_ns, _: _usable(truth.get(stamp_ns)),
            f"no usable image on {topics.image} has the stamp of a box on {topics.truth}",
        )
    raise BagError(
        f"the bag {bag.path} names no target: it has no topic init_box and no ground_truth of "
        "type vision_msgs/msg/Detection2D; give the box on the first frame with --init x,y,w,h"
    )


def _from_message(bag: BagReader, topics: Topics) -> Start:
    topic = str(topics.init)
    message = next(bag.messages(topic))
    detection = bag.decode(message)
    box = box_of(detection)
    wanted = stamp_nanoseconds(detection.header.stamp)
    if wanted:
        return Start(
            topic,
            lambda stamp_ns, _: box if stamp_ns == wanted else None,
            f"the init box on {topic} is for stamp {wanted / 1e9:.9f}, which no usable image on "
            f"{topics.image} has",
        )
    return Start(
        topic,
        lambda _, received_ns: box if received_ns >= message.stamp_ns else None,
        f"no usable image on {topics.image} follows the init box on {topic}",
    )


def _usable(box: Box | None) -> Box | None:
    return box if box is not None and box[2] > 0 and box[3] > 0 else None
