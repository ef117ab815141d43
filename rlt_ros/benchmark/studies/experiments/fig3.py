# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's Figure 3: attention, confidence and boxes with and without the regulariser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.benchmark.studies.experiments.panels import (
    PREDICTED,
    TRUTH,
    add_scale,
    draw_box,
    draw_map,
    new_figure,
    show_image,
    window_around,
)
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.progress import followed
from rlt_ros.tracking import Tracker, TrackerConfig, TrackResult
from rlt_ros.tracking.boxes import Boxes, iou
from rlt_ros.tracking.showing.confidence_map import ConfidenceMap

FRAMES = (2, 432, 467)  # counted from 1

# Of the shown window, in mean sides of the boxes.
_REACH = 1.0


@dataclass(frozen=True)
class Snapshot:
    """What a tracker made of one frame.

    Attributes:
        image: ``(H, W, 3)`` RGB.
        truth: ``(4,)`` annotated box; NaN where there is none.
        result: what the tracker said.
        attention: see ``Tracker.attention_map``.
        confidence: see ``Tracker.confidence_map``.
    """

    image: NDArray[np.uint8]
    truth: Boxes
    result: TrackResult
    attention: NDArray[np.uint8]
    confidence: ConfidenceMap

    @property
    def overlap(self) -> float:
        """IoU of the box with the truth; NaN where there is none."""
        return float(iou(self.result.box, self.truth))


def snapshots(
    sequence: AnnotatedSequence, config: TrackerConfig, frames: Sequence[int], note: str = ""
) -> dict[int, Snapshot]:
    """Track a sequence up to the last of some frames, and keep what the tracker made of those.

    Args:
        sequence: started on its first box.
        config: of the tracker.
        frames: which ones, counted from 1.
        note: beside the progress bar.

    Raises:
        ValueError: the sequence has no such frame, or it cannot be read.
    """
    if min(frames) < 1 or max(frames) > len(sequence):
        raise ValueError(f"the sequence has frames 1 to {len(sequence)}, not all of {list(frames)}")
    found = {}
    images = followed(sequence.frames(0, max(frames)), total=max(frames), what=note, unit="frame")
    with Tracker(config) as tracker:
        for number, image in enumerate(images, start=1):
            truth = sequence.boxes[number - 1]
            result = tracker.init(image, truth) if number == 1 else tracker.track(image)
            if number in frames:
                found[number] = Snapshot(
                    image, truth, result, tracker.attention_map(), tracker.confidence_map()
                )
    return found


def snapshot_numbers(runs: Mapping[float, Mapping[int, Snapshot]]) -> dict[str, Json]:
    """Return boxes, overlaps and scores by lambda and frame."""
    return {
        f"lambda {weight:g}": {
            str(frame): {
                "box": one.result.box.tolist(),
                "truth": one.truth.tolist(),
                "iou": one.overlap,
                "score": one.result.score,
                "state": one.result.state.value,
            }
            for frame, one in run.items()
        }
        for weight, run in runs.items()
    }


def snapshot_table(runs: Mapping[float, Mapping[int, Snapshot]]) -> Table:
    """Return overlaps, scores and states as a table, a row for each lambda and frame."""
    rows = [["lambda", "frame", "IoU", "score", "state"]]
    for weight, run in runs.items():
        for frame, one in run.items():
            cells = (number(one.overlap, 2), number(one.result.score, 2), one.result.state.name)
            rows.append([f"{weight:g}", str(frame), *cells])
    return Table("Attention, confidence and boxes (the paper's Figure 3)", rows)


def draw_comparison(
    name: str, runs: Mapping[float, Mapping[int, Snapshot]], note: str = ""
) -> Figure:
    """Draw attention, confidence and boxes in three rows, the frames of each lambda side by side.

    Args:
        name: of the sequence.
        runs: by lambda, the snapshots of the same frames.
        note: goes into the title.
    """
    frames = sorted(next(iter(runs.values())))
    every = [run[frame] for run in runs.values() for frame in frames]
    boxes = [box for one in every for box in (one.result.box, one.truth)]
    window = window_around(boxes, every[0].image, _REACH)
    figure, grid = new_figure(3, len(every), window)
    columns = [(weight, frame, run[frame]) for weight, run in runs.items() for frame in frames]
    for (top, middle, bottom), (weight, frame, one) in zip(grid.T, columns, strict=True):
        size = (one.image.shape[0], one.image.shape[1])
        draw_map(top, one.attention / 255.0, size, window)
        probability, area = one.confidence
        draw_map(middle, probability, size, window, area=area, colours="viridis")
        show_image(bottom, one.image, window)
        for axes, thin in ((top, True), (middle, True), (bottom, False)):
            draw_box(axes, one.result.box, PREDICTED, thin=thin)
            draw_box(axes, one.truth, TRUTH, thin=True)
        top.set_title(f"lambda {weight:g}\nframe {frame}", fontsize=10)
        overlap = "no truth" if np.isnan(one.overlap) else f"IoU {one.overlap:.2f}"
        state = one.result.state.name.lower()
        bottom.set_xlabel(f"{overlap}, score {one.result.score:.2f}\n{state}", fontsize=8.5)
    for axes, label in zip(grid[:, 0], ("attention", "confidence", "boxes"), strict=True):
        axes.set_ylabel(label, fontsize=11, fontweight="bold")
    add_scale(figure, grid[0], "over its largest\nin the map")
    add_scale(figure, grid[1], "probability of a box\ncentred there", "viridis")
    title = f"{name}: without and with the regulariser{note and f' ({note})'}"
    figure.suptitle(title, x=0.01, ha="left", weight="bold")
    figure.legend(
        handles=[
            Line2D([], [], color=TRUTH, label="truth"),
            Line2D([], [], color=PREDICTED, label="tracker"),
        ],
        loc="outside lower left",
        ncols=2,
        frameon=False,
    )
    return figure
