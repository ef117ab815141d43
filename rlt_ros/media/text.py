# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Text on images: OpenCV 5's built-in TrueType font where there is one, else its stroke font."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

_cv2: Any = cv2  # the stubs of OpenCV 4 lack FontFace, those of OpenCV 5 some overloads
_TRUETYPE = hasattr(cv2, "FontFace")
_STROKE_FONT = cv2.FONT_HERSHEY_SIMPLEX
# Capital letters of the TrueType font are this much of its nominal size.
_CAP_HEIGHT = 0.7


def text_width(text: str, size: int, *, bold: bool = False) -> int:
    """Return the width in pixels of one line of text of a nominal size in pixels."""
    text = _printable(text)
    if _TRUETYPE:
        # The box of the ink leaves out spaces at the ends, the pen's way does not.
        scratch: Image = np.zeros((1, 1, 3), np.uint8)
        pen, _ = _cv2.putText(scratch, text, (0, 0), (0, 0, 0), _font(), size, _weight(bold))
        return int(pen[0])
    (width, _), _ = cv2.getTextSize(text, _STROKE_FONT, _stroke_scale(size), _stroke(size, bold))
    return int(width)


def draw_text(
    image: Image, text: str, x: int, middle: int, size: int, colour: Colour, *, bold: bool = False
) -> None:
    """Write one line into an RGB image, from column x on, centred on row ``middle``."""
    text = _printable(text)
    baseline = middle + round(size * _CAP_HEIGHT / 2)
    if _TRUETYPE:
        _cv2.putText(image, text, (x, baseline), colour, _font(), size, _weight(bold))
    else:
        scale, stroke = _stroke_scale(size), _stroke(size, bold)
        cv2.putText(image, text, (x, baseline), _STROKE_FONT, scale, colour, stroke, cv2.LINE_AA)


def _printable(text: str) -> str:
    """Return a text that OpenCV does not crash at: names of files may hold bytes that are none."""
    return text.encode(errors="replace").decode()


def _font() -> Any:
    return _cv2.FontFace("sans")


def _weight(bold: bool) -> int:
    return 600 if bold else 400


def _stroke_scale(size: int) -> float:
    return cv2.getFontScaleFromHeight(_STROKE_FONT, max(1, round(size * _CAP_HEIGHT)))


def _stroke(size: int, bold: bool) -> int:
    return max(1, round(size / (12 if bold else 18)))
