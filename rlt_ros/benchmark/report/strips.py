# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A few frames of a sequence beside each other, with the box of every tracker on each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import AbstractPathEffect, withStroke
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.frame_records import FrameRecord
from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.benchmark.report.style import TRUTH_COLOUR, Line, Look
from rlt_ros.tracking.boxes import Boxes

LineStyle = Line | tuple[int, tuple[int, ...]]  # matplotlib's, by name or as dashes

FRAMES = 4
_FEW = 5  # trackers, up to which lines are thick
_TRUTH_DASHES = (0, (3, 3))
_WIDTH = 15.0  # inches, of the whole strip
_TITLE, _LEGEND_ROW = 0.36, 0.24  # inches
_TITLE_POINTS = 100.0  # size at which a title of one letter per inch fills the width, at least


def strip_frames(count: int, frames: int = FRAMES) -> list[int]:
    """Return 0-based, evenly spaced frames of a sequence of ``count``, the last among them.

    The first, where all trackers start alike, is left out where there are others.
    """
    if count == 1:
        return [0]
    return sorted({round(one) for one in np.linspace(0, count - 1, frames + 1)[1:]} - {0})


def absence_frames(visible: NDArray[np.float64]) -> list[int]:
    """Return frames before, in and after the first disappearance, by visible share ``(N,)``.

    They are 0-based; none where the target never disappears.
    """
    gone = np.flatnonzero(visible == 0)
    if not gone.size:
        return []
    first, last, end = int(gone[0]), int(gone[-1]), len(visible) - 1
    wanted = (first - 3, first, (first + last) // 2, last, last + 6, last + 25)
    return sorted({min(max(frame, 0), end) for frame in wanted})


def draw_strip(
    name: str,
    sequence: AnnotatedSequence,
    boxes: Mapping[str, Boxes],
    look: Mapping[str, Look],
    frames: Sequence[int],
    records: Mapping[str, FrameRecord] | None = None,
    *,
    windows: Sequence[Boxes] | None = None,
    notes: Mapping[int, str] | None = None,
) -> Figure:
    """Draw frames with the boxes of all trackers and, in dashes, the true one.

    Args:
        name: the sequence's, or another title.
        sequence: its frames and true boxes.
        boxes: by tracker ``(N, 4)``, best tracker first; it is drawn on top.
        look: of each tracker.
        frames: which ones, 0-based.
        records: by tracker, what it said of each frame, to be written on them.
        windows: for each of ``frames`` the part ``(4,)`` of it to show; None shows all of it.
        notes: by frame, what to write beside its number.

    Raises:
        ValueError: a frame cannot be read.
    """
    images = [next(sequence.frames(index, index + 1)) for index in frames]
    shown = [_whole(image) for image in images] if windows is None else windows
    width = _WIDTH / len(images) if len(images) > 2 else _WIDTH / 3
    height = width * max(window[3] / window[2] for window in shown)
    columns = _legend_columns(boxes, width * len(images))
    legend = _LEGEND_ROW * math.ceil((len(boxes) + 1) / columns) + 0.12
    total = _TITLE + height + legend
    figure = Figure(figsize=(width * len(images), total), facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.subplots(1, len(images), squeeze=False)[0]
    figure.subplots_adjust(
        left=0.003, right=0.997, bottom=legend / total, top=1 - _TITLE / total, wspace=0.02
    )
    for axes, index, image, window in zip(grid, frames, images, shown, strict=True):
        _draw_frame(axes, image, window, f"#{index + 1}  {(notes or {}).get(index, '')}".rstrip())
        line_width = 1.9 if len(boxes) <= _FEW else 1.3
        for tracker in reversed(list(boxes)):
            if index < len(boxes[tracker]):
                style = look[tracker]
                _draw_box(axes, boxes[tracker][index], style.colour, style.line, line_width)
        _draw_box(axes, sequence.boxes[index], TRUTH_COLOUR, _TRUTH_DASHES, 1.3)
        _draw_words(axes, records or {}, look, index)
    size = min(12.0, _TITLE_POINTS * width * len(images) / len(name))
    figure.text(0.003, 1 - 0.5 * _TITLE / total, name, va="center", weight="bold", size=size)
    _draw_legend(figure, boxes, look, columns)
    return figure


def _draw_legend(
    figure: Figure, trackers: Iterable[str], look: Mapping[str, Look], columns: int
) -> None:
    handles = [
        Line2D([], [], color=look[one].colour, linestyle=look[one].line, linewidth=2.5, label=one)
        for one in trackers
    ]
    black: list[AbstractPathEffect] = [withStroke(linewidth=4, foreground="black")]
    truth = Line2D([], [], color=TRUTH_COLOUR, linestyle=_TRUTH_DASHES, linewidth=2, label="truth")
    truth.set_path_effects(black)
    handles.append(truth)
    # matplotlib fills column by column; the best shall come first in rows.
    in_rows = [handle for column in range(columns) for handle in handles[column::columns]]
    figure.legend(
        handles=in_rows,
        loc="lower left",
        bbox_to_anchor=(0.003, 0.0),
        ncols=columns,
        frameon=False,
        fontsize=10,
        borderpad=0.1,
        borderaxespad=0.1,
        labelspacing=0.25,
    )


def _whole(image: NDArray[np.uint8]) -> Boxes:
    return np.array([0.0, 0.0, image.shape[1], image.shape[0]])


def _draw_frame(axes: Axes, image: NDArray[np.uint8], window: Boxes, text: str) -> None:
    height, width = image.shape[:2]
    # Boxes count from the first pixel's edge, so that is where the image begins.
    axes.imshow(image, extent=(0, width, height, 0), interpolation="antialiased", aspect="equal")
    left, top, wide, high = window.tolist()
    axes.set(xlim=(left, left + wide), ylim=(top + high, top))
    axes.set_axis_off()
    axes.text(
        0.02, 0.97, text, transform=axes.transAxes, va="top", color="white", size=11,
        weight="bold", path_effects=[withStroke(linewidth=2.5, foreground="black")],
    )  # fmt: skip


def _draw_words(
    axes: Axes, records: Mapping[str, FrameRecord], look: Mapping[str, Look], index: int
) -> None:
    """Write state and score of each tracker that tells them, the first one at the top."""
    told = {name: one for name, one in records.items() if one.tells_state}
    for row, (name, record) in enumerate(reversed(told.items())):
        score = record.scores[index]
        text = record.states[index] + (f" {score:.2f}" if np.isfinite(score) else "")
        axes.text(
            0.02, 0.03 + 0.08 * row, text, transform=axes.transAxes, color=look[name].colour,
            size=10, weight="bold", path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )  # fmt: skip


def _draw_box(axes: Axes, box: Boxes, colour: str, line: LineStyle, line_width: float) -> None:
    if not np.isfinite(box).all():
        return
    x, y, width, height = box.tolist()
    # A dark rim keeps the box visible on a background of its own colour.
    inks = ("black", "solid", line_width + 1.2, 0.5), (colour, line, line_width, 1.0)
    for ink, style, wide, alpha in inks:
        axes.add_patch(
            Rectangle(
                (x, y),
                width,
                height,
                fill=False,
                edgecolor=ink,
                linestyle=style,
                linewidth=wide,
                alpha=alpha,
            )
        )


def _legend_columns(boxes: Mapping[str, Boxes], width: float) -> int:
    """Return how many names fit beside each other into a width in inches."""
    longest = max(map(len, [*boxes, "truth"]))
    return max(1, min(len(boxes) + 1, int(width / (0.55 + 0.085 * longest))))
