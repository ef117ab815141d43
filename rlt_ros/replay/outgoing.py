# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a bag as messages for the node: raw, and each with a stamp of its own."""

from __future__ import annotations

from collections.abc import Iterator

from rlt_ros.bags.images import IMAGE, image_cdr
from rlt_ros.bags.stamps import with_stamp
from rlt_ros.bags.vision_msgs import detection_types
from rlt_ros.benchmark.studies.bags.frames import BagFrame, BagFrames
from rlt_ros.replay.player import DueMessage

_LATEST_NS = 2**31 * 10**9 - 10**12  # the seconds of a stamp have 32 bits; room for many more


class Outgoing:
    """Iterates once over the frames of a bag that can be decoded, due when they were received.

    Raw images go out as they lie in the bag, compressed ones as rgb8. Detections are told apart
    by their stamps, so an image without a stamp, or with an earlier one's, gets another.

    Attributes:
        numbers: stamp of a sent image to its frame number.
        due_ns: stamp of a sent image to the time at which it was due.
        restamped: number of images that got another stamp.
    """

    def __init__(self, frames: BagFrames) -> None:
        self._frames = frames
        self._types = detection_types()
        self.numbers: dict[int, int] = {}
        self.due_ns: dict[int, int] = {}
        self.restamped = 0

    def __iter__(self) -> Iterator[DueMessage]:
        for frame in self._frames:
            stamp_ns = self._own_stamp(frame)
            message = frame.message
            self.numbers[stamp_ns] = frame.number
            self.due_ns[stamp_ns] = frame.due_ns
            if message.message_type != IMAGE:
                data = bytes(image_cdr(frame.image, stamp_ns, "camera", self._types))
            elif stamp_ns != frame.stamp_ns:
                data = with_stamp(message.data, stamp_ns)
            else:
                data = bytes(message.data)
            yield DueMessage(frame.due_ns, data)

    def _own_stamp(self, frame: BagFrame) -> int:
        if frame.stamp_ns > 0 and frame.stamp_ns not in self.numbers:
            return frame.stamp_ns
        self.restamped += 1
        stamp_ns = min(max(1, frame.due_ns), _LATEST_NS)
        while stamp_ns in self.numbers:
            stamp_ns += 1
        return stamp_ns
