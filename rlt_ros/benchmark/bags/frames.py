# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The images of a bag from the one on which the target is named, bad ones left out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rlt_ros.bags.images import image_pixels
from rlt_ros.bags.reader import BagError, BagMessage, BagReader
from rlt_ros.bags.stamps import stamp_of
from rlt_ros.benchmark.bags.start import Start, find_start, read_truth
from rlt_ros.benchmark.bags.topics import Topics, choose_topics
from rlt_ros.messages.detections import Box
from rlt_ros.pixels.intensity import DriftWatch, IntensityRange, to_rgb8
from rlt_ros.tracking.errors import InvalidImageError

_LOG = logging.getLogger(__name__)


class BagFrame(NamedTuple):
    """One image.

    Attributes:
        number: its place among the messages of the topic, from 1.
        stamp_ns: of its header; may be 0 or occur twice in a careless recording.
        image: RGB uint8 (H, W, 3).
        message: as it lies in the bag.
    """

    number: int
    stamp_ns: int
    image: NDArray[np.uint8]
    message: BagMessage


class BagFrames:
    """Iterates once over the frames to track, and notes what it meets.

    Attributes:
        topics: the topics in use.
        start: where the target is named.
        box: the init box, of the first frame that was yielded.
        seen: number of the last image that was read.
        first: number of the first frame that was yielded; 0 before.
        stamps: frame number to seconds since the first image of the bag, for every frame from the
            start on, bad ones included.
        truth: frame number to annotated box, bad frames included.
        unusable: frame number to what is wrong with it.
        unusable_truth: number of annotations that cannot be decoded.
        intensity: what becomes black and white where pixels are of more than 8 bits; from the
            first frame that was yielded on, unless it was given.
    """

    def __init__(
        self,
        bag: BagReader,
        image_topic: str | None = None,
        init_topic: str | None = None,
        truth_topic: str | None = None,
        box: Box | None = None,
        max_frames: int | None = None,
        intensity: IntensityRange | None = None,
    ) -> None:
        """Find the topics and the start; arguments that are None are found out.

        Raises:
            BagError: the bag lacks something; the message says what.
            InvalidBoxError: the bag's init box is not a box.
        """
        self.topics: Topics = choose_topics(bag, image_topic, init_topic, truth_topic)
        self._bag = bag
        self._truth: Mapping[int, Box]
        self._truth, self.unusable_truth = read_truth(bag, self.topics.truth)
        self.start: Start = find_start(bag, self.topics, self._truth, box)
        self._max_frames = max_frames
        self.box: Box | None = None
        self.seen = 0
        self.first = 0
        self.stamps: dict[int, float] = {}
        self.truth: dict[int, Box] = {}
        self.unusable: dict[int, str] = {}
        self.intensity = intensity
        self._last_intensity: IntensityRange | None = None
        self._watch = DriftWatch(_LOG.warning)

    def __len__(self) -> int:
        """Return the number of images in the bag, those before the start included."""
        return self._bag.counts[self.topics.image]

    def __iter__(self) -> Iterator[BagFrame]:
        first_ns: int | None = None
        for number, message in enumerate(self._bag.messages(self.topics.image), start=1):
            if self.first and self._max_frames and number >= self.first + self._max_frames:
                return
            self.seen = number
            stamp_ns, image, problem = self._decoded(message)
            first_ns = message.stamp_ns if first_ns is None else first_ns
            box = None if self.first else self.start.box_at(stamp_ns, message.stamp_ns)
            if not self.first and box is None:
                continue
            self.stamps[number] = (message.stamp_ns - first_ns) / 1e9
            if stamp_ns in self._truth:
                self.truth[number] = self._truth[stamp_ns]
            if image is None:
                self.unusable[number] = problem
                continue
            if not self.first:
                self.first, self.box = number, box
                self.intensity = self.intensity or self._last_intensity
            yield BagFrame(number, stamp_ns, image, message)
        if not self.first:
            reasons = "".join(f"; frame {n}: {text}" for n, text in self.unusable.items())
            raise BagError(self.start.missing + reasons[:300])

    def _decoded(self, message: BagMessage) -> tuple[int, NDArray[np.uint8] | None, str]:
        stamp_ns = stamp_of(message.data) if len(message.data) >= 12 else 0
        try:
            pixels = image_pixels(self._bag.decode(message), message.message_type)
            image, self._last_intensity = to_rgb8(pixels, self.intensity)
            self._watch.look(pixels, self.intensity)
        except (BagError, InvalidImageError) as error:
            return stamp_ns, None, str(error)
        return stamp_ns, image, ""
