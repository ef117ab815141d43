# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures made of equal windows of frames, with maps and boxes on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, clip_to_image

# The paper's colours: the truth in green, what was predicted in red.
TRUTH, PREDICTED = "#3ddc68", "#ff3b30"
_NOTHING = "#9aa0a6"  # where a map has no value
_SCALE = Normalize(0.0, 1.0)  # of all maps
_PANEL = 2.3  # inches, the longer side of a panel


def window_around(boxes: Sequence[Boxes], image: NDArray[np.uint8], reach: float) -> Boxes:
    """Return a part ``(4,)`` of the image with all boxes and ``reach`` mean sides around them."""
    every = np.array([box for box in boxes if np.isfinite(box).all()])
    low, high = every[:, :2].min(axis=0), (every[:, :2] + every[:, 2:]).max(axis=0)
    margin = reach * every[:, 2:].mean()
    window = np.concatenate([low - margin, high - low + 2 * margin])
    return clip_to_image(window, (image.shape[1], image.shape[0]))


def new_figure(rows: int, columns: int, window: Boxes) -> tuple[Figure, NDArray[Any]]:
    """Return a figure and its ``(rows, columns)`` axes for windows of one shape."""
    width, height = _PANEL * window[2:] / window[2:].max()
    figure = Figure(
        figsize=(columns * (width + 0.15) + 1.2, rows * (height + 0.35) + 0.8),
        layout="constrained",
        facecolor="white",
    )
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def show_image(axes: Axes, image: NDArray[np.uint8], window: Boxes) -> None:
    """Show the window ``(4,)`` of an RGB image."""
    height, width = image.shape[:2]
    # Pixel edges, as boxes count: the first pixel is 0 to 1.
    axes.imshow(image, extent=(0, width, height, 0), interpolation="nearest")
    _frame(axes, window)


def draw_map(
    axes: Axes,
    values: NDArray[Any],
    size: tuple[int, int],
    window: Boxes,
    *,
    area: Boxes | None = None,
    colours: str = "inferno",
) -> None:
    """Show a map of values 0 to 1, always on that scale; grey where it has none.

    Args:
        axes: where.
        values: ``(R, C)``.
        size: (height, width) of the frame in pixels.
        window: ``(4,)`` the part of the frame to show.
        area: ``(4,)`` the part of the frame that the map covers; None for all of it.
        colours: matplotlib's name of a colour map.
    """
    x, y, width, height = (0, 0, size[1], size[0]) if area is None else area.tolist()
    axes.imshow(
        values,
        cmap=colours,
        norm=_SCALE,
        extent=(x, x + width, y + height, y),
        interpolation="nearest",
    )
    axes.set_facecolor(_NOTHING)
    _frame(axes, window)


def add_scale(figure: Figure, panels: NDArray[Any], label: str, colours: str = "inferno") -> None:
    """Put the scale of the maps in some panels, all of one colour map, beside them."""
    axes = panels.ravel().tolist()
    bar = figure.colorbar(ScalarMappable(_SCALE, colours), ax=axes, shrink=0.8, pad=0.01)
    bar.set_label(label, fontsize=8.5)


def draw_box(axes: Axes, box: Boxes, colour: str, *, thin: bool = False) -> None:
    """Draw a box ``(4,)`` with a dark rim; one with NaN is left out."""
    if not np.isfinite(box).all():
        return
    x, y, width, height = box.tolist()
    line = 1.1 if thin else 1.8
    axes.add_patch(
        Rectangle(
            (x, y), width, height, fill=False, edgecolor=colour, linewidth=line,
            path_effects=[withStroke(linewidth=line + 1.2, foreground="#000000b0")],
        )
    )  # fmt: skip


def _frame(axes: Axes, window: Boxes) -> None:
    x, y, width, height = window.tolist()
    axes.set(xlim=(x, x + width), ylim=(y + height, y), xticks=[], yticks=[], aspect="equal")
