# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a replay came to, read from the bag of the node's topics: counts, boxes, latencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt_ros.bags.reader import BagReader
from rlt_ros.messages.detections import Box, box_of, stamp_nanoseconds
from rlt_ros.msg import TrackerStatus
from rlt_ros.replay.errors import ReplayError
from rlt_ros.replay.session import DETECTION, STATUS


@dataclass(frozen=True)
class Tracked:
    """A detection with the status that came with it; received on the input bag's clock."""

    box: Box
    score: float
    state: str
    received_ns: int


@dataclass(frozen=True)
class Outcome:
    """Counts of frames, and times in seconds.

    Attributes:
        sent: images that were published.
        received: images that reached the node.
        dropped: images that the node left out because a newer one had come, or unusable ones.
        outputs_missing: detections that the node published and the bag lacks.
        updates: finished fine-tunings.
        init_time: learning the target on the first image.
        tracked: stamp of an image to its detection, in the order of receipt.
        latencies: from an image's publication to the receipt of its detection, without the first.
    """

    sent: int
    received: int
    dropped: int
    outputs_missing: int
    updates: int
    init_time: float
    tracked: dict[int, Tracked]
    latencies: NDArray[np.float64]

    @property
    def lost(self) -> int:
        """Return the number of tracked images on which the target was not found."""
        return sum(found.state == "LOST" for found in self.tracked.values())

    @property
    def lost_in_transport(self) -> int:
        """Return the number of messages that one process sent and the other did not get."""
        return (self.sent - self.received) + self.outputs_missing


def read_outcome(
    outputs: BagReader,
    sent: int,
    rate: float,
    due_ns: Callable[[int], int] = int,
) -> Outcome:
    """Read what the node published.

    Args:
        outputs: the recording; times of receipt are on the input bag's clock.
        sent: images that were published.
        rate: of the replay.
        due_ns: an image's stamp to the time of its publication; they are the same by default.

    Raises:
        ReplayError: the node said nothing at all.
    """
    statuses = [outputs.decode(message) for message in outputs.messages(STATUS)]
    if not statuses:
        raise ReplayError("the node published no status: nothing can be counted")
    tracked = _tracked(outputs, {stamp_nanoseconds(s.header.stamp): s for s in statuses})
    times = [(found.received_ns - due_ns(stamp)) / rate / 1e9 for stamp, found in tracked.items()]
    most = max(status.frames_tracked for status in statuses)
    return Outcome(
        sent=sent,
        received=max(status.frames_received for status in statuses),
        dropped=max(status.frames_dropped for status in statuses),
        outputs_missing=most - outputs.counts[DETECTION],
        updates=max(status.updates_done for status in statuses),
        init_time=next((s.tracking_time for s in statuses if s.frames_tracked == 1), 0.0),
        tracked=tracked,
        latencies=np.array(times[1:]),
    )


def _tracked(outputs: BagReader, statuses: dict[int, Any]) -> dict[int, Tracked]:
    tracked = {}
    for message in outputs.messages(DETECTION):
        detection = outputs.decode(message)
        stamp_ns = stamp_nanoseconds(detection.header.stamp)
        status = statuses.get(stamp_ns)
        if detection.results:
            unsure = status is not None and status.state == TrackerStatus.UNCERTAIN
            state = "UNCERTAIN" if unsure else "TRACKING"
            score = float(detection.results[0].hypothesis.score)
        else:  # nothing detected; only the status knows by how little
            state, score = "LOST", float(status.score) if status else 0.0
        tracked[stamp_ns] = Tracked(box_of(detection), score, state, message.stamp_ns)
    return tracked
