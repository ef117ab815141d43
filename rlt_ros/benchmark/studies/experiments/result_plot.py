# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""AUC and precision of variants beside the paper's, as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rlt_ros.benchmark.studies.experiments.experiment import Result

_OURS, _PAPER = "#d62728", "#6b7480"
_LETTERS = 72  # that fit beside each other under a panel


def draw_results(results: Sequence[Result], *, title: str, x_label: str, joined: bool) -> Figure:
    """Draw two panels, AUC and precision, with 95 % intervals where there are several seeds.

    Args:
        results: in order.
        title: above the panels.
        x_label: what the labels of the results are.
        joined: join the points by lines; the labels must be numbers then, which place them.
    """
    labels = [_folded(one.label) for one in results]
    slanted = _too_wide(labels)
    figure = Figure(figsize=(10.5, 6.4 if slanted else 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2)
    x = [float(one.label) for one in results] if joined else [float(i) for i in range(len(results))]
    for axes, name, values, halves, paper in (
        (
            panels[0],
            "success AUC",
            [one.auc for one in results],
            [one.auc_half for one in results],
            [one.paper_auc for one in results],
        ),
        (
            panels[1],
            "precision at 20 px",
            [one.precision for one in results],
            [one.precision_half for one in results],
            [one.paper_precision for one in results],
        ),
    ):
        _panel(axes, x, values, halves, paper, joined)
        axes.set_ylabel(name)
        axes.set_xlabel(x_label)
        axes.set_xticks(x, labels)
        if slanted:
            axes.tick_params(axis="x", labelsize=8.5)
            for text in axes.get_xticklabels():
                text.set(rotation=40, horizontalalignment="right", rotation_mode="anchor")
        axes.set_xlim(min(x) - 0.4, max(x) + 0.4)
    seeds = max(one.seeds for one in results)
    spread = f"95 % interval over {seeds} seeds" if seeds > 1 else "one seed: no interval"
    sequences = max(one.sequences for one in results)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    handles, names = panels[0].get_legend_handles_labels()
    words = {
        "ours": f"this tracker, {sequences} sequence{'s' if sequences > 1 else ''} ({spread})",
        "paper": "the paper, published: OTB-2013, VGG-M (not run here)",
    }
    figure.legend(
        handles,
        [words[name] for name in names],
        loc="outside lower left",
        ncols=2,
        frameon=False,
    )
    return figure


def _panel(
    axes: Axes,
    x: Sequence[float],
    values: Sequence[float | None],
    halves: Sequence[float | None],
    paper: Sequence[float | None],
    joined: bool,
) -> None:
    line = "-" if joined else ""
    axes.errorbar(
        x,
        [math.nan if one is None else one for one in values],
        yerr=[math.nan if one is None else one for one in halves],
        color=_OURS,
        linestyle=line,
        marker="o",
        capsize=4,
        linewidth=1.8,
        label="ours",
        zorder=3,
    )
    if any(one is not None for one in paper):
        axes.plot(
            x,
            [math.nan if one is None else one for one in paper],
            color=_PAPER,
            linestyle="--" if joined else "",
            marker="s",
            markersize=5,
            markerfacecolor="white",
            linewidth=1.3,
            label="paper",
            zorder=4,
        )
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _folded(label: str) -> str:
    return label.replace(" + ", "\n+ ")


def _too_wide(labels: Sequence[str]) -> bool:
    """Return whether labels of equal room each would run into each other."""
    longest = max(len(line) for label in labels for line in label.split("\n"))
    return longest * len(labels) > _LETTERS
