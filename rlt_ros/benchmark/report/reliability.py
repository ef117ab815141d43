# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reliability diagram: what a tracker's score says, and how often it is right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.report.plots import add_legend, empty_plot, folded
from rlt_ros.benchmark.report.style import Look, looks
from rlt_ros.benchmark.text_tables import number


def reliability_plot(
    bins: Mapping[str, Json],
    errors: Mapping[str, float],
    *,
    look: Mapping[str, Look] | None = None,
    title: str = "Reliability",
) -> Figure:
    """Plot the share of frames with an IoU above 0.5 against the score.

    A point is a bin, its area grows with its frames. On the diagonal a score is what it says; below
    it a tracker is surer than it should be.

    Args:
        bins: by tracker, what summary.json has under ``reliability``.
        errors: by tracker, the expected calibration error for the legend.
        look: of each tracker; chosen by rank if None.
        title: above the plot.
    """
    figure, axes = empty_plot(title, "score", "share of frames with IoU > 0.5")
    axes.plot([0, 1], [0, 1], color="#888888", linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    ranked = sorted(bins, key=lambda name: (errors[name], name))
    look = look or looks(ranked)
    for name in ranked:
        of_tracker = bins[name]["equal_width"]
        counts = np.array(of_tracker["counts"], dtype=np.float64)
        colour, line = look[name].colour, look[name].line
        x, y = of_tracker["scores"], of_tracker["hit_rates"]
        label = f"{number(errors[name], 3)}  {folded(name)}"
        axes.plot(x, y, color=colour, linestyle=line, linewidth=1.6, label=label, zorder=3)
        areas = 12 + 160 * counts / counts.sum()
        axes.scatter(x, y, areas, color=colour, alpha=0.75, linewidths=0, zorder=4, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    add_legend(figure, axes, "ECE")
    return figure
