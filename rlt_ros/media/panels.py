# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures of one frame, side by side: the frame with its box, and its attention map."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlt_ros.media.drawing import draw_box, overlay_attention
from rlt_ros.media.text import Image

_SHORTEST_SIDE, _LONGEST_SIDE = 480, 1920


def video_panel_size(width: int, height: int) -> tuple[int, int]:
    """Return the size at which frames of a size make a good video, as (width, height), both even.

    Small frames grow by a whole factor until lines and text look fine on them; large ones shrink
    until two of them fit beside each other into a 4K video.
    """
    factor: float = max(1, -(-_SHORTEST_SIDE // min(width, height)))
    factor = min(factor, _LONGEST_SIDE / max(width, height))
    return (max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2))


def draw_panels(
    image: Image,
    size: tuple[int, int],
    box: ArrayLike,
    score: float | None,
    state: str,
    attention: NDArray[np.uint8] | None = None,
    text: str = "",
    *,
    stale: bool = False,
) -> tuple[Image, ...]:
    """Return the frame with its box and, where a map is given, the attention on the frame.

    Args:
        image: RGB uint8 (H, W, 3).
        size: (width, height) in pixels of each picture; lines and text are drawn at this size.
        box: x, y, w, h in pixels of ``image``.
        score, state, text, stale: as for ``draw_box``.
        attention: uint8 (H, W).
    """
    height, width = image.shape[:2]
    way = cv2.INTER_CUBIC if size[0] > width else cv2.INTER_AREA
    scale = np.array([size[0] / width, size[1] / height] * 2)
    scaled = np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)
    scaled_box = np.asarray(box, dtype=np.float64) * scale
    boxed = draw_box(scaled, scaled_box, score, state, text=text, stale=stale)
    if attention is None:
        return (boxed,)
    heat = np.asarray(cv2.resize(attention, size, interpolation=way), np.uint8)
    return (boxed, overlay_attention(scaled, heat))
