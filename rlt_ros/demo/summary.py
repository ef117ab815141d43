# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a replay came to, read from the two bags: pictures, table and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from rlt_ros.bags.reader import BagReader
from rlt_ros.media.result_files import ResultFiles
from rlt_ros.replay.session import ANNOTATED_IMAGE, ATTENTION_MAP, DETECTION, STATUS
from rlt_ros.ros.image_conversion import to_rgb
from rlt_ros.ros.messages import box_of, stamp_nanoseconds


@dataclass(frozen=True)
class Summary:
    """Counts of frames, and times in seconds.

    Attributes:
        sent: images in the input bag, all of them published.
        received: images that reached the node.
        tracked: images that the output bag holds a detection for.
        dropped: images that the node left out because a newer one had come, or unusable ones.
        outputs_missing: messages that the node published and the output bag lacks.
        lost: tracked images on which the target was not found.
        updates: finished fine-tunings.
        init_time: learning the target on the first image.
        latencies: from an image's publication to the receipt of its detection, without the first.
    """

    sent: int
    received: int
    tracked: int
    dropped: int
    outputs_missing: int
    lost: int
    updates: int
    init_time: float
    latencies: NDArray[np.float64]

    @property
    def lost_in_transport(self) -> int:
        """Return the number of messages that one process sent and the other did not get."""
        return (self.sent - self.received) + self.outputs_missing

    def latency(self, percentile: float) -> str:
        """Return a percentile of the latencies, as text."""
        if not self.latencies.size:
            return "-"
        return f"{1000 * np.percentile(self.latencies, percentile):.0f} ms"


@dataclass(frozen=True)
class _Tracked:
    """A detection with the status that came with it."""

    box: tuple[float, float, float, float]
    score: float
    state: str
    received_ns: int


def summarize(
    input_bag: Path,
    image_topic: str,
    output_bag: Path,
    rate: float,
    fps: float,
    folder: Path,
    title: str,
    what: str,
) -> tuple[Summary, list[Path]]:
    """Write annotated video, contact sheet and CSV from the bags, and return the numbers.

    Args:
        input_bag, image_topic: the images that were replayed.
        output_bag: what the node published, received on the input bag's clock.
        rate: of the replay.
        fps: of the video to write.
        folder: where the files go.
        title, what: for the contact sheet.
    """
    with BagReader(input_bag) as images, BagReader(output_bag) as outputs:
        statuses = {
            stamp_nanoseconds(status.header.stamp): status
            for status in map(outputs.decode, outputs.messages(STATUS))
        }
        tracked = _tracked(outputs, statuses)
        summary = _count(
            images.counts[image_topic], tracked, list(statuses.values()), outputs.counts, rate
        )
        attention = _Attention(outputs)
        with ResultFiles(folder, fps, video_attention=True, expected=summary.sent) as files:
            total = summary.sent
            frames = map(images.decode, images.messages(image_topic))
            first_ns = 0
            for number, frame in enumerate(tqdm(frames, "drawing", total, unit="frame"), 1):
                stamp_ns = stamp_nanoseconds(frame.header.stamp)
                first_ns = first_ns or stamp_ns
                image, note = to_rgb(frame), f"frame {number} of {total}"
                found = tracked.get(stamp_ns)
                if found is None:
                    files.add_without_result(image, f"{note}, skipped")
                    continue
                seconds = (stamp_ns - first_ns) / 1e9
                files.add(
                    number,
                    seconds,
                    image,
                    found.box,
                    found.score,
                    found.state,
                    attention.at(stamp_ns),
                    note,
                )
            subtitle = (
                f"{what}, {summary.tracked} of {summary.sent} frames tracked, "
                f"latency {summary.latency(50)} (median)"
            )
            return summary, files.finish(title, subtitle)


def _tracked(outputs: BagReader, statuses: dict[int, Any]) -> dict[int, _Tracked]:
    tracked = {}
    for message in outputs.messages(DETECTION):
        detection = outputs.decode(message)
        stamp_ns = stamp_nanoseconds(detection.header.stamp)
        if detection.results:
            state, score = "TRACKING", float(detection.results[0].hypothesis.score)
        else:  # nothing detected; only the status knows by how little
            status = statuses.get(stamp_ns)
            state, score = "LOST", float(status.score) if status else 0.0
        tracked[stamp_ns] = _Tracked(box_of(detection), score, state, message.stamp_ns)
    return tracked


def _count(
    sent: int,
    tracked: dict[int, _Tracked],
    statuses: list[Any],
    recorded: dict[str, int],
    rate: float,
) -> Summary:
    times = [(found.received_ns - stamp) / rate / 1e9 for stamp, found in tracked.items()]
    return Summary(
        sent=sent,
        received=max(status.frames_received for status in statuses),
        tracked=len(tracked),
        dropped=max(status.frames_dropped for status in statuses),
        outputs_missing=sum(
            max(status.frames_tracked for status in statuses) - recorded[topic]
            for topic in (DETECTION, ATTENTION_MAP, ANNOTATED_IMAGE)
        ),
        lost=sum(found.state == "LOST" for found in tracked.values()),
        updates=max(status.updates_done for status in statuses),
        init_time=next((s.tracking_time for s in statuses if s.frames_tracked == 1), 0.0),
        latencies=np.array(times[1:]),
    )


class _Attention:
    """Attention maps of the output bag, asked for in the order of their stamps."""

    def __init__(self, outputs: BagReader) -> None:
        self._messages: Iterator[Any] = map(outputs.decode, outputs.messages(ATTENTION_MAP))
        self._ahead: Any = next(self._messages, None)

    def at(self, stamp_ns: int) -> NDArray[np.uint8] | None:
        while self._ahead and stamp_nanoseconds(self._ahead.header.stamp) < stamp_ns:
            self._ahead = next(self._messages, None)
        if self._ahead and stamp_nanoseconds(self._ahead.header.stamp) == stamp_ns:
            return np.ascontiguousarray(to_rgb(self._ahead)[..., 0])
        return None
