# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A moving picture of a sequence, with the box of every tracker and the true one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image as Pillow  # comes with matplotlib

from rlt_ros.benchmark.measures.frame_records import FrameRecord
from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.benchmark.report.style import TRUTH_COLOUR, Look
from rlt_ros.media.text import Colour, Image, draw_text, text_width
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.result import TrackState
from rlt_ros.whole_files import write_whole

PICTURES = 40
"""How many there are at most: evenly spaced frames, so that any sequence takes as much room."""

_WIDTH, _HEIGHT = 480, 400  # pixels that a frame has at most
_LEAST_WIDTH = 320  # that the picture has, for the names below it
_MILLISECONDS, _AT_THE_END = 120, 1200  # that one is shown
_QUALITY = 40
_TEXT, _ROW, _EDGE = 14, 22, 8  # pixels
_INK, _PAPER = (12, 14, 18), (240, 242, 245)
_DASH = 6  # pixels
_FOUND = TrackState.TRACKING.value


def write_moving_picture(
    path: Path,
    name: str,
    sequence: AnnotatedSequence,
    boxes: Mapping[str, Boxes],
    look: Mapping[str, Look],
    records: Mapping[str, FrameRecord] | None = None,
) -> Path:
    """Write an animated WebP that begins anew at its end, and return its path.

    Args:
        path: of the file.
        name: the sequence's.
        sequence: its frames and true boxes.
        boxes: by tracker ``(N, 4)``, best tracker first; it is drawn on top.
        look: of each tracker; line styles are told by colours alone here.
        records: by tracker, what it said of each frame; where that is not TRACKING it is written.

    Raises:
        ValueError, OSError: a frame cannot be read, or the file not be written.
    """
    count = min(len(sequence), max(map(len, boxes.values())))
    step = math.ceil(count / PICTURES)
    colours = {tracker: _rgb(look[tracker].colour) for tracker in boxes}
    pictures = []
    for place, image in enumerate(sequence.frames(0, count, step)):
        index = place * step
        now = {tracker: every[index] for tracker, every in boxes.items() if index < len(every)}
        said = {
            tracker: one.states[index]
            for tracker, one in (records or {}).items()
            if one.tells_state and index < len(one.states)
        }
        drawn = _drawn(image, now, sequence.boxes[index], colours, said)
        pictures.append(_with_names(drawn, f"{name} #{index + 1}", colours))
    shown = [Pillow.fromarray(one) for one in pictures]
    durations = [_MILLISECONDS] * (len(shown) - 1) + [_AT_THE_END]
    data = BytesIO()
    shown[0].save(
        data,
        format="WEBP",
        save_all=True,
        append_images=shown[1:],
        duration=durations,
        loop=0,
        quality=_QUALITY,
    )
    write_whole(path, data.getvalue())
    return path


def _drawn(
    image: Image,
    boxes: Mapping[str, NDArray[np.float64]],
    truth: NDArray[np.float64],
    colours: Mapping[str, Colour],
    said: Mapping[str, str],
) -> Image:
    height, width = image.shape[:2]
    scale = min(_WIDTH / width, _HEIGHT / height)
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)
    for tracker in reversed(list(boxes)):
        _draw_box(canvas, boxes[tracker] * scale, colours[tracker])
    _draw_dashed(canvas, truth * scale)
    for tracker, state in said.items():
        if state != _FOUND and tracker in boxes:
            _draw_word(canvas, state.upper(), boxes[tracker] * scale, colours[tracker])
    return canvas


def _draw_box(canvas: Image, box: NDArray[np.float64], colour: Colour) -> None:
    if not np.isfinite(box).all():
        return
    corners = _corners(box)
    for line, ink in ((5, _INK), (3, colour)):  # a dark rim tells it from a ground of its colour
        cv2.rectangle(canvas, *corners, ink, line, cv2.LINE_AA)


def _draw_dashed(canvas: Image, box: NDArray[np.float64]) -> None:
    """Draw the true box, in black and white by turns."""
    if not np.isfinite(box).all():
        return
    (left, top), (right, bottom) = _corners(box)
    sides = (((left, top), (right, top)), ((right, top), (right, bottom)),
             ((right, bottom), (left, bottom)), ((left, bottom), (left, top)))  # fmt: skip
    for begin, end in sides:
        length = max(1, round(math.dist(begin, end)))
        for number, at in enumerate(range(0, length, _DASH)):
            ink = _rgb(TRUTH_COLOUR) if number % 2 == 0 else _INK
            ends = [_between(begin, end, min(way / length, 1)) for way in (at, at + _DASH)]
            cv2.line(canvas, ends[0], ends[1], ink, 2)


def _between(begin: tuple[int, int], end: tuple[int, int], share: float) -> tuple[int, int]:
    (x, y), (to_x, to_y) = begin, end
    return round(x + share * (to_x - x)), round(y + share * (to_y - y))


def _draw_word(canvas: Image, word: str, box: NDArray[np.float64], colour: Colour) -> None:
    """Write a word on a box's upper side, as far as the picture has room."""
    if not np.isfinite(box).all():
        return
    (left, top), _ = _corners(box)
    width = text_width(word, _TEXT, bold=True) + _EDGE
    left = min(max(0, left), max(0, canvas.shape[1] - width))
    top = min(max(0, top - _ROW), max(0, canvas.shape[0] - _ROW))
    cv2.rectangle(canvas, (left, top), (left + width, top + _ROW), colour, cv2.FILLED)
    draw_text(canvas, word, left + _EDGE // 2, top + _ROW // 2, _TEXT, _PAPER, bold=True)


def _corners(box: NDArray[np.float64]) -> tuple[tuple[int, int], tuple[int, int]]:
    # Far outside is outside, too: OpenCV takes 32 bits.
    x, y, w, h = np.clip(box, -1e4, 1e4).tolist()
    return (round(x), round(y)), (round(x + w), round(y + h))


def _with_names(drawn: Image, title: str, colours: Mapping[str, Colour]) -> Image:
    """Return a picture with its title and the names of the trackers below it."""
    width = max(_LEAST_WIDTH, drawn.shape[1])
    rows: list[list[tuple[str, Colour]]] = [[(title, _PAPER)]]
    for word in [*((name, _lighter(colour)) for name, colour in colours.items()),
                 ("truth (dashed)", _PAPER)]:  # fmt: skip
        if _row_width([*rows[-1], word]) > width - _EDGE:
            rows.append([])
        rows[-1].append(word)
    canvas = np.full((drawn.shape[0] + _ROW * len(rows), width, 3), _INK, np.uint8)
    left = (width - drawn.shape[1]) // 2
    canvas[: drawn.shape[0], left : left + drawn.shape[1]] = drawn
    for number, row in enumerate(rows):
        x, middle = _EDGE, drawn.shape[0] + _ROW * number + _ROW // 2
        for text, colour in row:
            draw_text(canvas, text, x, middle, _TEXT, colour, bold=True)
            x += text_width(text, _TEXT, bold=True) + 2 * _EDGE
    return canvas


def _row_width(words: list[tuple[str, Colour]]) -> int:
    return sum(text_width(text, _TEXT, bold=True) + 2 * _EDGE for text, _ in words)


def _rgb(colour: str) -> Colour:
    red, green, blue = (round(255 * part) for part in to_rgb(colour))
    return red, green, blue


def _lighter(colour: Colour) -> Colour:
    """Return a colour that can be read on a dark ground."""
    red, green, blue = (round(part + 0.35 * (255 - part)) for part in colour)
    return red, green, blue
