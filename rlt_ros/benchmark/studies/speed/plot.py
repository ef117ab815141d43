# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time per frame of trackers, and the stages of ours, as one picture."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.report.style import looks
from rlt_ros.benchmark.studies.speed.stages import STAGES

_REAL_TIME = 1000 / 30  # ms per frame of a camera with 30 frames per second
_POINTS = (
    ("median_ms", "o", "median"),
    ("p95_ms", "|", "95 %"),
    ("p99_ms", "x", "99 %"),
    ("updating_p95_ms", "D", "95 % while an update runs"),
)


def draw_speed(trackers: Mapping[str, Mapping[str, Json]], machine: str) -> Figure:
    """Draw two panels: percentiles of the time per frame, and what our tracker spends it on.

    Args:
        trackers: by name what ``summarise`` returns.
        machine: in words, for the title.
    """
    figure = Figure(figsize=(12, 2.2 + 0.4 * len(trackers)), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(trackers))
    for key, marker, label in _POINTS:
        left.plot(
            [one[key] for one in trackers.values()],
            places,
            marker,
            label=label,
            markersize=9 if marker == "|" else 6,
            markerfacecolor="none",
        )
    left.axvline(_REAL_TIME, color="#888888", linewidth=1, linestyle="--", label="30 frames/s")
    left.set(xscale="log", xlabel="ms per frame", yticks=list(places))
    left.set_yticklabels(list(trackers))
    left.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    left.xaxis.set_major_formatter("{x:g}")
    left.xaxis.set_minor_locator(NullLocator())
    left.invert_yaxis()
    left.margins(y=0.5 / len(trackers))
    starts = [0.0] * len(trackers)
    for stage, look in looks(STAGES).items():
        widths = [_finite(one[f"stage_{stage}_ms"]) for one in trackers.values()]
        right.barh(places, widths, left=starts, color=look.colour, label=stage, height=0.6)
        starts = [start + width for start, width in zip(starts, widths, strict=True)]
    right.set_xlabel("mean ms per frame by stage (trackers of this package)")
    for axes, columns in ((left, 3), (right, 4)):  # narrow, as names of trackers may be long
        axes.grid(axis="x", color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(
            fontsize=8,
            ncols=columns,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.25),
            frameon=False,
        )
    figure.suptitle(f"Time per frame: {machine}", x=0.01, ha="left", fontsize=11)
    return figure


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
