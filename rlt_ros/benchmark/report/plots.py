# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plots of curves, one line per tracker, the legend sorted by the number that sums a curve up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from rlt_ros.benchmark.measures.one_pass import PRECISION_THRESHOLDS, SUCCESS_THRESHOLDS
from rlt_ros.benchmark.report.style import Look, looks
from rlt_ros.benchmark.text_tables import number

PNG_DOTS_PER_INCH = 160

Curves = Mapping[str, ArrayLike]
Scores = Mapping[str, float]


def success_plot(
    curves: Curves,
    scores: Scores,
    *,
    halves: Scores | None = None,
    look: Mapping[str, Look] | None = None,
    title: str = "Success",
) -> Figure:
    """Plot success curves.

    Args:
        curves: by tracker, the share of frames ``(21,)`` above each of ``SUCCESS_THRESHOLDS``.
        scores: by tracker, the AUC for the legend.
        halves: by tracker, half of the interval around its score, where it is known.
        look: of each tracker; chosen by rank if None.
        title: above the plot.
    """
    figure, axes = empty_plot(title, "overlap threshold (IoU)", "share of frames (success)")
    _draw(axes, SUCCESS_THRESHOLDS, curves, scores, halves, look)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    add_legend(figure, axes, "AUC")
    return figure


def precision_plot(
    curves: Curves,
    scores: Scores,
    *,
    halves: Scores | None = None,
    look: Mapping[str, Look] | None = None,
    title: str = "Precision",
) -> Figure:
    """Plot precision curves.

    Args:
        curves: by tracker, the share of frames ``(51,)`` within each of ``PRECISION_THRESHOLDS``.
        scores: by tracker, the share at 20 pixels for the legend.
        halves, look, title: as for ``success_plot``.
    """
    figure, axes = empty_plot(
        title, "centre error threshold (pixels)", "share of frames (precision)"
    )
    _draw(axes, PRECISION_THRESHOLDS, curves, scores, halves, look)
    axes.axvline(20, color="#888888", linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    axes.set(xlim=(0, 50), ylim=(0, 1))
    add_legend(figure, axes, "at 20 px")
    return figure


def eao_plot(
    curves: Curves,
    scores: Scores,
    *,
    interval: tuple[int, int] | None = None,
    halves: Scores | None = None,
    look: Mapping[str, Look] | None = None,
    title: str = "Expected average overlap",
) -> Figure:
    """Plot VOT's expected overlap curves.

    Args:
        curves: by tracker, the expected overlap ``(L,)`` of sequences of 1..L frames; L may differ.
        scores: by tracker, the expected average overlap for the legend.
        interval: first and last length that count for the score, shaded.
        halves, look, title: as for ``success_plot``.
    """
    figure, axes = empty_plot(title, "sequence length (frames)", "expected overlap")
    if interval:
        axes.axvspan(*interval, color="#000000", alpha=0.07, linewidth=0)
    longest = max(len(np.asarray(curve)) for curve in curves.values())
    _draw(axes, np.arange(1, longest + 1), curves, scores, halves, look)
    axes.set(xlim=(1, max(2, longest)), ylim=(0, 1))
    add_legend(figure, axes, "EAO")
    return figure


def save_figure(figure: Figure, folder: Path, stem: str) -> list[Path]:
    """Write a figure as PNG and SVG and return the two paths."""
    paths = [folder / f"{stem}.png", folder / f"{stem}.svg"]
    # Letters as shapes look the same everywhere; no dates and no chance, so files can be compared.
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "rlt"}):
        figure.savefig(paths[0], dpi=PNG_DOTS_PER_INCH)
        figure.savefig(paths[1], metadata={"Date": None})
    return paths


def empty_plot(title: str, x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """Return a figure with axes and nothing in them."""
    figure = Figure(figsize=(8.6, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=12, loc="left", fontweight="bold")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _draw(
    axes: Axes,
    x: ArrayLike,
    curves: Curves,
    scores: Scores,
    halves: Scores | None,
    look: Mapping[str, Look] | None,
) -> None:
    ranked = _ranked(scores)
    look = look or looks(ranked)
    for rank, name in enumerate(ranked):
        half = (halves or {}).get(name)
        value = number(scores[name], 3) + (f" ± {half:.3f}" if half is not None else "")
        curve = np.asarray(curves[name], dtype=np.float64)
        axes.plot(
            np.asarray(x)[: len(curve)],
            curve,
            color=look[name].colour,
            linestyle=look[name].line,
            linewidth=2.0,
            label=f"{value}  {folded(name)}",
            zorder=3 + len(ranked) - rank,  # the best on top
            clip_on=False,
        )


def _ranked(scores: Scores) -> list[str]:
    return sorted(scores, key=lambda name: (-np.nan_to_num(scores[name], nan=-1.0), name))


def add_legend(figure: Figure, axes: Axes, title: str) -> None:
    """Add the legend of what was drawn with labels."""
    # Beside the axes: a long list would hide the curves.
    handles, labels = axes.get_legend_handles_labels()
    legend = figure.legend(
        handles,
        labels,
        loc="outside right upper",
        title=title,
        frameon=False,
        fontsize=9,
        handlelength=2.6,
        alignment="left",
    )
    legend.get_title().set_fontweight("bold")


def folded(name: str, longest: int = 34) -> str:
    """Break a long name at its commas: a wide legend would press the plot together."""
    return name if len(name) <= longest else name.replace(",", ",\n    ")
