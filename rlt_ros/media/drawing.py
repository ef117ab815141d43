# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing results on frames: box, score, state and attention, readable from 144 rows to 4K.

Every function takes and returns RGB images, uint8 of shape (H, W, 3), and leaves its arguments as
they are. Boxes are x, y, w, h in pixels, top-left corner, 0-based and continuous.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlt_ros.media.text import Colour, Image, draw_text, text_width

if TYPE_CHECKING:
    from rlt_ros.tracking import TrackResult

# Distinct for colour-blind eyes too: sky blue would vanish on sky, so mint against orange-red.
STATE_COLOURS: dict[str, Colour] = {
    "TRACKING": (64, 224, 140),
    "UNCERTAIN": (255, 200, 64),
    "LOST": (255, 96, 64),
}
OTHER_COLOUR: Colour = (190, 196, 204)
_INK: Colour = (12, 14, 18)
_SUBPIXEL_BITS = 4


def draw_result(
    image: Image, result: TrackResult, attention: NDArray[np.uint8] | None = None, text: str = ""
) -> Image:
    """Return the frame with the result's box, score and state.

    Args:
        image: the frame.
        result: what ``Tracker.init`` or ``Tracker.track`` returned for it.
        attention: uint8 (H, W) map of the frame's own size, laid over it first.
        text: a note for the frame's lower left corner, for example the frame number.

    Raises:
        ValueError: the attention map is not of the frame's size.
    """
    return draw_box(image, result.box, result.score, result.state.name, attention, text)


def draw_box(
    image: Image,
    box: ArrayLike,
    score: float | None,
    state: str,
    attention: NDArray[np.uint8] | None = None,
    text: str = "",
    *,
    stale: bool = False,
) -> Image:
    """Return the frame with a box, its score and its state.

    Args:
        image, attention, text: as for ``draw_result``.
        box: x, y, w, h in pixels.
        score: 0 to 1; None to leave it out.
        state: "TRACKING", "UNCERTAIN" or "LOST".
        stale: whether the box is that of an earlier frame, which is drawn dimmed.
    """
    plain = image.copy() if attention is None else overlay_attention(image, attention)
    canvas = plain.copy() if stale else plain
    colour = STATE_COLOURS.get(state, OTHER_COLOUR)
    x, y, w, h = (float(value) for value in np.asarray(box, dtype=np.float64))
    line = max(1, round(min(image.shape[:2]) / 180))
    _draw_rectangle(canvas, x, y, w, h, line, colour)
    if label := box_label(score, state):
        _draw_tag(canvas, label, x, y, line, colour)
    if stale:
        canvas = np.asarray(cv2.addWeighted(plain, 0.6, canvas, 0.4, 0.0), np.uint8)
    if text:
        _draw_note(canvas, text)
    return canvas


def box_label(score: float | None, state: str) -> str:
    """Return what stands at a box; see ``draw_box``."""
    label = "" if score is None else f"{score:.2f}"
    return label if state == "TRACKING" else f"{state} {label}".strip()


def overlay_attention(image: Image, attention: NDArray[np.uint8]) -> Image:
    """Return the frame in dimmed grey with the attention glowing on it; brighter is more.

    Args:
        attention: uint8 (H, W), 0 none to 255 most, of the frame's own size.

    Raises:
        ValueError: the attention map is not of the frame's size.
    """
    if attention.shape != image.shape[:2]:
        raise ValueError(
            f"attention map of shape {attention.shape} does not lie on an image of shape "
            f"{image.shape}; give one value per pixel"
        )
    heat = cv2.cvtColor(cv2.applyColorMap(attention, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    strength = attention.astype(np.float32)[..., None] / 255.0
    # A square root lets weak attention show without hiding the frame under strong attention.
    cover = 0.85 * np.sqrt(strength)
    mixed = (0.55 * grey) * (1.0 - cover) + heat * cover
    return mixed.astype(np.uint8)


def _text_size(image: Image) -> int:
    return max(10, round(min(image.shape[:2]) / 28))


def _draw_rectangle(
    canvas: Image, x: float, y: float, w: float, h: float, line: int, colour: Colour
) -> None:
    # OpenCV's points are pixel centres, ours are continuous: the first pixel's centre is 0.5.
    unit = 1 << _SUBPIXEL_BITS
    limit = 1 << 20
    corners = np.clip(np.array([x, y, x + w, y + h]) - 0.5, -limit, limit) * unit
    left, top, right, bottom = (round(value) for value in corners)
    # A dark rim keeps the box visible on a background of its own colour.
    for width, ink in ((line * 2 + 1, _INK), (line, colour)):
        cv2.rectangle(canvas, (left, top), (right, bottom), ink, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_tag(canvas: Image, label: str, x: float, y: float, line: int, colour: Colour) -> None:
    """A filled tab with the score on top of the box, inside it where the frame ends."""
    size = _text_size(canvas)
    padding = max(2, size // 3)
    width = text_width(label, size, bold=True) + 2 * padding
    height = round(size * 1.4)
    rows, columns = canvas.shape[:2]
    left = int(np.clip(x - line / 2, 0, max(0, columns - width)))
    above = y - height
    top = int(np.clip(above if above >= 0 else y + line, 0, max(0, rows - height)))
    cv2.rectangle(canvas, (left, top), (left + width - 1, top + height - 1), colour, cv2.FILLED)
    draw_text(canvas, label, left + padding, top + height // 2, size, _INK, bold=True)


def _draw_note(canvas: Image, text: str) -> None:
    """A line of text on a darkened strip in the lower left corner."""
    size = _text_size(canvas)
    padding = max(2, size // 2)
    height = round(size * 1.7)
    width = min(canvas.shape[1], text_width(text, size) + 2 * padding)
    strip = canvas[-height:, :width]
    strip[:] = (strip * 0.35).astype(np.uint8)
    draw_text(canvas, text, padding, canvas.shape[0] - height // 2, size, (240, 242, 245))
