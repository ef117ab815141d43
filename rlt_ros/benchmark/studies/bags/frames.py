# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The images of a bag from the one on which the target is named, bad ones left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rlt_ros.bags.images import image_pixels
from rlt_ros.bags.reader import BagError, BagMessage, BagReader
from rlt_ros.benchmark.studies.bags.pairing import Times, read_times, taken_at, trouble_with_stamps
from rlt_ros.benchmark.studies.bags.start import Start, Truth, find_start, read_truth
from rlt_ros.benchmark.studies.bags.topics import Topics, choose_topics
from rlt_ros.messages.detections import Box
from rlt_ros.pixels.intensity import IntensityRange, IntensityScaling
from rlt_ros.tracking.errors import InvalidImageError


class BagFrame(NamedTuple):
    """One image.

    Attributes:
        number: its place among the messages of the topic, from 1.
        stamp_ns: of its header; may be 0 or occur twice in a careless recording.
        due_ns: when a replay in real time is to send it: when it was received.
        image: RGB uint8 (H, W, 3).
        message: as it lies in the bag.
    """

    number: int
    stamp_ns: int
    due_ns: int
    image: NDArray[np.uint8]
    message: BagMessage


class BagFrames:
    """Iterates once over the frames to track, and notes what it meets.

    Attributes:
        topics: the topics in use.
        start: where the target is named.
        notes: what is unusual about the bag and how it is taken, in sentences for people.
        box: the init box, of the first frame that was yielded.
        seen: number of the last image that was read.
        first: number of the first frame that was yielded; 0 before.
        stamps: frame number to seconds since the first image of the bag was taken, for every
            frame from the start on, bad ones included; see ``taken_at``.
        truth: frame number to annotated box, bad frames included.
        unusable: frame number to what is wrong with it.
        unusable_truth: number of annotations that cannot be decoded.
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
        self._times = read_times(bag, self.topics.image)
        self._taken_ns = taken_at(self._times)
        truth = read_truth(bag, self.topics, self._times)
        self._truth = truth.boxes
        self.unusable_truth = truth.unusable
        self.start: Start = find_start(bag, self.topics, self._times, truth, box)
        self.notes = [*bag.notes, *notes_on_times(self.topics, self._times, truth)]
        self._max_frames = max_frames
        self.box: Box | None = None
        self.seen = 0
        self.first = 0
        self.stamps: dict[int, float] = {}
        self.truth: dict[int, Box] = {}
        self.unusable: dict[int, str] = {}
        self._scaling = IntensityScaling(intensity)

    def __len__(self) -> int:
        """Return the number of images in the bag, those before the start included."""
        return self._bag.counts[self.topics.image]

    def __iter__(self) -> Iterator[BagFrame]:
        # Where all came at one time, as in some converted bags, the stamps alone tell the pace.
        by_stamps = len({times.received_ns for times in self._times}) == 1
        for number, message in enumerate(self._bag.messages(self.topics.image), start=1):
            if self.first and self._max_frames and number >= self.first + self._max_frames:
                return
            self.seen = number
            box = None if self.first else self.start.box_at(number)
            if not self.first and box is None:
                continue
            taken_ns = self._taken_ns[number - 1]
            self.stamps[number] = (taken_ns - self._taken_ns[0]) / 1e9
            if number in self._truth:
                self.truth[number] = self._truth[number]
            try:
                pixels = image_pixels(self._bag.decode(message), message.message_type)
                image = self._scaling(pixels)
            except (BagError, InvalidImageError) as error:
                self.unusable[number] = str(error)
                continue
            if not self.first:
                self.first, self.box = number, box
            due_ns = taken_ns if by_stamps else message.stamp_ns
            yield BagFrame(number, self._times[number - 1].stamp_ns, due_ns, image, message)
        if not self.first:
            reasons = "".join(f"; frame {n}: {text}" for n, text in self.unusable.items())
            raise BagError(self.start.missing + reasons[:300])


def notes_on_times(topics: Topics, times: Sequence[Times], truth: Truth) -> list[str]:
    """Return what to tell people about stamps that say less than they should."""
    notes = []
    if trouble := trouble_with_stamps(times):
        notes.append(
            f"of the stamps of {len(times)} images on {topics.image}, {trouble}; times in the "
            "results are those of receipt"
        )
    if truth.of_another_camera:
        notes.append(f"{truth.of_another_camera}; they are taken all the same")
    if truth.how:
        notes.append(
            f"stamps do not tell which image each box on {topics.truth} belongs to; they are "
            f"paired by {truth.how}"
        )
    elif topics.truth and not truth.boxes:
        notes.append(f"no box on {topics.truth} has the stamp of an image: nothing is compared")
    return notes
