# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's Figure 2: where the classifier looks while it learns the first frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.experiments.panels import (
    TRUTH,
    add_scale,
    draw_box,
    draw_map,
    new_figure,
    show_image,
    window_around,
)
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking import Tracker, TrackerConfig
from rlt_ros.tracking.boxes import Boxes, validated_box

ITERATIONS = (50, 100, 150, 200)

Attention = NDArray[np.uint8]

# Of the shown window, in sides of the box.
_REACH = 0.75


@dataclass(frozen=True)
class TrainingMaps:
    """Attention during one training.

    Attributes:
        weight: lambda.
        maps: by number of training steps done, ``(H, W)`` uint8, see ``Tracker.attention_map``.
    """

    weight: float
    maps: Mapping[int, Attention]


def training_maps(
    image: NDArray[np.uint8], box: Boxes, config: TrackerConfig, iterations: Sequence[int]
) -> TrainingMaps:
    """Train on a first frame and keep the attention map of the target after some of the steps.

    Args:
        image: ``(H, W, 3)`` RGB.
        box: ``(4,)`` of the target.
        config: of the tracker; ``initial_iterations`` becomes the last of ``iterations``.
        iterations: numbers of steps.

    Raises:
        ValueError: there is nothing to train on: the target fills the search region.
    """
    maps: dict[int, Attention] = {}
    with Tracker(replace(config, initial_iterations=max(iterations))) as tracker:

        def look(step: int) -> None:
            if step in iterations:
                maps[step] = tracker.attention_map()

        tracker.init(image, box, on_step=look)
    if not maps:
        raise ValueError("the target fills the frame, so there is no background to learn from")
    return TrainingMaps(config.attention_weight, maps)


def attention_numbers(attention: Attention, box: Boxes) -> dict[str, float]:
    """Return what can be said of a map and a box in numbers.

    ``inside``: share of the attention inside the box; ``unevenness``: standard deviation over mean
    inside it (the paper's regulariser makes that small).
    """
    height, width = attention.shape
    x, y, w, h = validated_box(box, (width, height)).tolist()
    values = attention.astype(np.float64)
    within = values[round(y) : math.ceil(y + h), round(x) : math.ceil(x + w)]
    total, mean = values.sum(), within.mean()
    return {
        "inside": float(within.sum() / total) if total else math.nan,
        "unevenness": float(within.std() / mean) if mean else math.nan,
    }


def training_numbers(trainings: Sequence[TrainingMaps], box: Boxes) -> dict[str, Json]:
    """Return ``attention_numbers`` by lambda and number of steps."""
    return {
        f"lambda {one.weight:g}": {
            str(step): attention_numbers(attention, box) for step, attention in one.maps.items()
        }
        for one in trainings
    }


def training_table(trainings: Sequence[TrainingMaps], box: Boxes) -> Table:
    """Return ``attention_numbers`` as a table, a row for each lambda and number of steps."""
    rows = [["lambda", "iteration", "share in the box", "sd/mean in the box"]]
    for one in trainings:
        for step, attention in one.maps.items():
            found = attention_numbers(attention, box)
            cells = (number(found[key], 2) for key in ("inside", "unevenness"))
            rows.append([f"{one.weight:g}", str(step), *cells])
    return Table("Attention in training (the paper's Figure 2)", rows)


def draw_training(
    name: str,
    image: NDArray[np.uint8],
    box: Boxes,
    trainings: Sequence[TrainingMaps],
    note: str = "",
) -> Figure:
    """Draw the frame and one row of maps for each training.

    Args:
        name: of the sequence, whose first frame it is.
        image: ``(H, W, 3)`` RGB.
        box: ``(4,)`` of the target.
        trainings: with maps after the same numbers of steps.
        note: goes into the title.
    """
    steps = sorted(trainings[0].maps)
    size = (image.shape[0], image.shape[1])
    window = window_around([box], image, _REACH)
    figure, grid = new_figure(len(trainings), 1 + len(steps), window)
    figure.suptitle(
        f"{name}, frame 1: attention of the target's score in training{note and f' ({note})'}",
        x=0.01,
        ha="left",
        fontweight="bold",
    )
    for row, training in zip(grid, trainings, strict=True):
        show_image(row[0], image, window)
        draw_box(row[0], box, TRUTH)
        row[0].set_ylabel(f"lambda {training.weight:g}", fontsize=11, fontweight="bold")
        for axes, step in zip(row[1:], steps, strict=True):
            draw_map(axes, training.maps[step] / 255.0, size, window)
            draw_box(axes, box, TRUTH, thin=True)
            numbers = attention_numbers(training.maps[step], box)
            axes.set_xlabel(
                f"{100 * numbers['inside']:.0f} % in box, sd/mean {numbers['unevenness']:.2f}",
                fontsize=8.5,
            )
    grid[0][0].set_title("training input", fontsize=10)
    for axes, step in zip(grid[0][1:], steps, strict=True):
        axes.set_title(f"iteration {step}", fontsize=10)
    add_scale(figure, grid, "attention over its largest in the map")
    return figure
