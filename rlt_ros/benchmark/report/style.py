# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One look for each tracker, the same in all pictures of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# Ten colours that stay apart for colour-blind eyes as well as ten can, the strongest first.
_COLOURS = (
    "#d62728",
    "#1f77b4",
    "#2ca02c",
    "#9467bd",
    "#ff7f0e",
    "#17becf",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
)
Line = Literal["solid", "dashed", "dotted", "dashdot"]

_LINES: tuple[Line, ...] = ("solid", "dashed", "dotted", "dashdot")

TRUTH_COLOUR = "#ffffff"


@dataclass(frozen=True)
class Look:
    """How a tracker is drawn.

    Attributes:
        colour: as #rrggbb.
        line: matplotlib's name of the line style.
    """

    colour: str
    line: Line


def looks(trackers: Sequence[str]) -> dict[str, Look]:
    """Return a look for each tracker; no two share one up to 40 of them."""
    return {
        name: Look(_COLOURS[index % len(_COLOURS)], _LINES[index // len(_COLOURS) % len(_LINES)])
        for index, name in enumerate(trackers)
    }
