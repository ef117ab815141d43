# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a replay came to, as pictures and a table made from the two bags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt_ros.bags.reader import BagReader
from rlt_ros.media.result_files import ResultFiles
from rlt_ros.messages.detections import stamp_nanoseconds
from rlt_ros.progress import followed
from rlt_ros.replay.outcome import Outcome, read_outcome
from rlt_ros.replay.session import ATTENTION_MAP
from rlt_ros.ros.inputs.image_conversion import to_rgb


def summarize(
    input_bag: Path,
    image_topic: str,
    output_bag: Path,
    rate: float,
    fps: float,
    folder: Path,
    title: str,
    what: str,
) -> tuple[Outcome, list[Path]]:
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
        outcome = read_outcome(outputs, images.counts[image_topic], rate)
        attention = _Attention(outputs)
        with ResultFiles(folder, fps, video_attention=True, expected=outcome.sent) as files:
            total = outcome.sent
            frames = map(images.decode, images.messages(image_topic))
            first_ns, intensity = 0, None
            shown = followed(frames, total=total, unit="frame", what="drawing")
            for number, frame in enumerate(shown, 1):
                stamp_ns = stamp_nanoseconds(frame.header.stamp)
                first_ns = first_ns or stamp_ns
                image, used = to_rgb(frame, intensity)
                intensity, note = intensity or used, f"frame {number} of {total}"
                found = outcome.tracked.get(stamp_ns)
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
                f"{what}, {len(outcome.tracked)} of {outcome.sent} frames tracked, "
                f"latency {latency(outcome, 50)} (median)"
            )
            return outcome, files.finish(title, subtitle)


def latency(outcome: Outcome, percentile: float) -> str:
    """Return a percentile of the latencies, as text."""
    if not outcome.latencies.size:
        return "-"
    return f"{1000 * np.percentile(outcome.latencies, percentile):.0f} ms"


class _Attention:
    """Attention maps of the output bag, asked for in the order of their stamps.

    The node leaves them out where the next image waited: then the one before stands in.
    """

    def __init__(self, outputs: BagReader) -> None:
        self._messages: Iterator[Any] = map(outputs.decode, outputs.messages(ATTENTION_MAP))
        self._ahead: Any = next(self._messages, None)
        self._latest: NDArray[np.uint8] | None = None

    def at(self, stamp_ns: int) -> NDArray[np.uint8] | None:
        while self._ahead and stamp_nanoseconds(self._ahead.header.stamp) <= stamp_ns:
            self._latest = np.ascontiguousarray(to_rgb(self._ahead)[0][..., 0])
            self._ahead = next(self._messages, None)
        return self._latest
