# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One picture of a whole run: evenly spaced frames, each with its box and its attention map."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlt_ros.media.drawing import OTHER_COLOUR, STATE_COLOURS
from rlt_ros.media.panels import draw_panels
from rlt_ros.media.text import Colour, Image, draw_text, text_width

_PAPER: Colour = (18, 21, 27)
_CARD: Colour = (30, 34, 42)
_TITLE: Colour = (244, 246, 248)
_PLAIN: Colour = (206, 211, 218)
_QUIET: Colour = (138, 146, 158)

_PANEL_AREA = 400 * 320
_MARGIN, _GAP, _CARD_PADDING, _PANEL_GAP = 48, 24, 14, 6
_HEADER, _CAPTION, _CHART = 112, 38, 150
_WIDTH, _LEAST_WIDTH = 1720, 1100


@dataclass(frozen=True)
class SheetCell:
    """One frame of the sheet, already drawn at its final size so that frames need not be kept."""

    frame: int
    score: float
    state: str
    panels: tuple[Image, ...]


def make_cell(
    frame: int,
    image: Image,
    box: ArrayLike,
    score: float,
    state: str,
    attention: NDArray[np.uint8] | None,
) -> SheetCell:
    """Draw one cell: the frame with its box and, where given, the attention map on the frame.

    Args:
        frame: number of the frame in the video, 1-based, for the caption.
        image: RGB uint8 (H, W, 3).
        box: x, y, w, h in pixels of that image.
        score: 0 to 1.
        state: "TRACKING", "UNCERTAIN" or "LOST".
        attention: uint8 (H, W), or None for a sheet without attention.
    """
    height, width = image.shape[:2]
    factor = float(np.sqrt(_PANEL_AREA / (height * width)))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return SheetCell(frame, score, state, draw_panels(image, size, box, None, state, attention))


def contact_sheet(
    cells: Sequence[SheetCell],
    title: str,
    subtitle: str = "",
    scores: Sequence[tuple[int, float]] = (),
) -> Image:
    """Lay cells out on one page with a title and the score over time.

    Args:
        cells: in the order of their frames, all of one video.
        title, subtitle: the two lines at the top.
        scores: (frame number, score) of every frame that has a result, for the curve at the
            bottom, where the numbers of those between them that have none are named; may be empty.

    Raises:
        ValueError: there are no cells.
    """
    if not cells:
        raise ValueError("a contact sheet needs at least one frame")
    card_height = _CAPTION + max(cell.panels[0].shape[0] for cell in cells) + _CARD_PADDING
    card_width = (
        2 * _CARD_PADDING
        + _PANEL_GAP * (len(cells[0].panels) - 1)
        + max(sum(panel.shape[1] for panel in cell.panels) for cell in cells)
    )
    columns = min(len(cells), _columns(card_width))
    rows = -(-len(cells) // columns)
    width = max(_LEAST_WIDTH, 2 * _MARGIN + columns * card_width + (columns - 1) * _GAP)
    chart = _CHART + _GAP if len(scores) > 1 else 0
    height = _HEADER + rows * (card_height + _GAP) - _GAP + chart + _MARGIN
    page = np.full((height, width, 3), _PAPER, np.uint8)

    _draw_header(page, title, subtitle, with_attention=len(cells[0].panels) > 1)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        x = _MARGIN + column * (card_width + _GAP)
        y = _HEADER + row * (card_height + _GAP)
        _draw_card(page, cell, x, y, card_width, card_height)
    if chart:
        top = height - _MARGIN - _CHART
        _draw_scores(page[top : top + _CHART, _MARGIN : width - _MARGIN], scores, cells)
    return page


def _columns(card_width: int) -> int:
    return max(1, round(_WIDTH / card_width))


def _draw_header(page: Image, title: str, subtitle: str, *, with_attention: bool) -> None:
    draw_text(page, title, _MARGIN, 48, 30, _TITLE, bold=True)
    draw_text(page, subtitle, _MARGIN, 82, 17, _QUIET)
    x = page.shape[1] - _MARGIN
    if with_attention:
        ramp = np.tile(np.arange(256, dtype=np.uint8), (10, 1))
        ramp = cv2.resize(ramp, (150, 10))
        heat = cv2.cvtColor(cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
        x -= 150
        page[77:87, x : x + 150] = heat
        label = "attention, none to most"
        x -= text_width(label, 17) + 12
        draw_text(page, label, x, 82, 17, _QUIET)


def _draw_card(page: Image, cell: SheetCell, x: int, y: int, width: int, height: int) -> None:
    page[y : y + height, x : x + width] = _CARD
    middle = y + _CAPTION // 2 + 1
    draw_text(page, f"Frame {cell.frame}", x + _CARD_PADDING, middle, 17, _TITLE, bold=True)
    status = f"{cell.state.lower()}  {cell.score:.2f}"
    left = x + width - _CARD_PADDING - text_width(status, 17)
    draw_text(page, status, left, middle, 17, _PLAIN)
    colour = STATE_COLOURS.get(cell.state, OTHER_COLOUR)
    cv2.circle(page, ((left - 14) * 16, middle * 16), 5 * 16, colour, cv2.FILLED, cv2.LINE_AA, 4)
    column = x + _CARD_PADDING
    for panel in cell.panels:
        rows, columns = panel.shape[:2]
        page[y + _CAPTION : y + _CAPTION + rows, column : column + columns] = panel
        column += columns + _PANEL_GAP


def _draw_scores(
    area: Image, scores: Sequence[tuple[int, float]], cells: Sequence[SheetCell]
) -> None:
    """The score over the frames, with a dot at each frame that the sheet shows."""
    height, width = area.shape[:2]
    area[:] = _CARD
    draw_text(area, "Score over frames", _CARD_PADDING, 20, 17, _TITLE, bold=True)
    title = text_width("Score over frames", 17, bold=True)
    if missing := left_out([frame for frame, _ in scores]):
        x = 2 * _CARD_PADDING + title
        room = width - _CARD_PADDING - x
        draw_text(
            area, fitting(missing, lambda text: text_width(text, 15) < room), x, 20, 15, _QUIET
        )
    left, right, top, bottom = 52, width - 24, 46, height - 36
    first, last = scores[0][0], max(scores[-1][0], scores[0][0] + 1)

    def place(frame: int, score: float) -> tuple[int, int]:
        x = left + (right - left) * (frame - first) / (last - first)
        y = bottom - (bottom - top) * min(max(score, 0.0), 1.0)
        return round(x * 16), round(y * 16)

    for value in (0.0, 0.5, 1.0):
        y = place(first, value)[1] // 16
        area[y, left:right] = (58, 64, 75)
        draw_text(area, f"{value:.1f}", _CARD_PADDING, y, 13, _QUIET)
    free = 0
    for cell in cells:
        label = str(cell.frame)
        x = place(cell.frame, 0.0)[0] // 16 - text_width(label, 13) // 2
        if x >= free:
            draw_text(area, label, x, bottom + 18, 13, _QUIET)
            free = x + text_width(label, 13) + 8
    curve = np.array([place(*point) for point in scores], np.int32)
    floor = np.array([place(last, 0.0), place(first, 0.0)], np.int32)
    shade = area.copy()
    cv2.fillPoly(shade, [np.concatenate([curve, floor])], STATE_COLOURS["TRACKING"], cv2.LINE_AA, 4)
    area[:] = cv2.addWeighted(area, 0.84, shade, 0.16, 0.0)
    cv2.polylines(area, [curve], False, STATE_COLOURS["TRACKING"], 2, cv2.LINE_AA, 4)
    for cell in cells:
        centre = place(cell.frame, cell.score)
        cv2.circle(area, centre, 6 * 16, _CARD, cv2.FILLED, cv2.LINE_AA, 4)
        colour = STATE_COLOURS.get(cell.state, OTHER_COLOUR)
        cv2.circle(area, centre, 4 * 16, colour, cv2.FILLED, cv2.LINE_AA, 4)


def left_out(frames: Sequence[int]) -> list[str]:
    """Return the numbers that rising ones leave out between them, as "3" and "5-9"."""
    gaps = [
        (before + 1, after - 1)
        for before, after in itertools.pairwise(frames)
        if after > before + 1
    ]
    return [str(first) if first == last else f"{first}-{last}" for first, last in gaps]


def fitting(gaps: Sequence[str], fits: Callable[[str], bool]) -> str:
    """Return which frames were left out, as many of them as fit on a line."""
    for shown in range(len(gaps), 0, -1):
        more = f" and {len(gaps) - shown} more" if shown < len(gaps) else ""
        text = f"left out: {', '.join(gaps[:shown])}{more}"
        if fits(text):
            return text
    return f"left out: {len(gaps)} gaps"
