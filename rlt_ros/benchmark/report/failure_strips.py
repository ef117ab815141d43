# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames before, at and after the place where a run goes wrong, as a strip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from rlt_ros.benchmark.measures.failure_windows import SPAN, FailureWindow
from rlt_ros.benchmark.report.failures import Failure
from rlt_ros.benchmark.report.strips import draw_strip
from rlt_ros.benchmark.report.style import Look
from rlt_ros.tracking.boxes import Boxes

_BEFORE, _AFTER = (20, 5), 15  # frames
_MARGIN = 0.75  # mean true sides, around the boxes in the part of the frame that is shown


def failure_frames(window: FailureWindow, count: int) -> list[int]:
    """Return the frames to show of a run of ``count``, 0-based and in order.

    Two before it goes wrong, that one, one shortly after it and one later; then the one in which it
    is right again, or the last one of all.
    """
    first = window.frame
    last = max(int(window.frames[-1]), first + SPAN - 1)
    end = count - 1 if window.recovered is None else window.recovered
    wanted = (*(first - before for before in _BEFORE), first, last, last + _AFTER, end)
    return sorted({min(max(frame, 0), count - 1) for frame in wanted})


def windows_on(boxes: Boxes, truth: Boxes, size: tuple[int, int]) -> list[Boxes]:
    """Return the part ``(4,)`` of each frame to show, of the image's shape.

    It holds the box and the true one with some room around them, as far as the image goes. Most are
    of one size; a frame whose boxes are further apart than usual has a larger one.

    Args:
        boxes, truth: ``(K, 4)`` of the frames; NaN where there is none.
        size: (width, height) of the images in pixels.
    """
    image = np.array(size, dtype=np.float64)
    both = np.stack([boxes, truth], axis=1)
    known = np.isfinite(both.sum(axis=2))
    low = np.where(known[..., None], both[..., :2], np.inf).min(axis=1)
    high = np.where(known[..., None], both[..., :2] + both[..., 2:], -np.inf).max(axis=1)
    # Of a frame without any box the whole image is as good as a part.
    nothing = ~(known[:, 0] | known[:, 1])
    low[nothing], high[nothing] = 0, image
    low, high = np.clip(low, 0, image), np.clip(high, 0, image)
    true_sides = np.sqrt(truth[known[:, 1], 2:].prod(axis=1))
    margin = _MARGIN * float(true_sides.mean()) if true_sides.size else 0.0
    needed = ((high - low + 2 * margin) / image).max(axis=1)
    shown = np.minimum(np.maximum(needed, np.median(needed)), 1.0)[:, None] * image
    corners = np.clip((low + high - shown) / 2, 0, image - shown)
    return list(np.concatenate([corners, shown], axis=1))


def draw_failure(failure: Failure, look: Mapping[str, Look]) -> Figure:
    """Draw the strip of a failure.

    Raises:
        ValueError, OSError: a frame cannot be read.
    """
    window, sequence, tracker = failure.window, failure.sequence, failure.tracker
    frames = failure_frames(window, len(failure.boxes))
    height, width = next(sequence.frames(0, 1)).shape[:2]
    windows = windows_on(failure.boxes[frames], sequence.boxes[frames], (width, height))
    return draw_strip(
        f"{sequence.name}, seed {failure.seed}: {failure.reason.text}",
        sequence,
        {tracker: failure.boxes},
        look,
        frames,
        {tracker: failure.record},
        windows=windows,
        notes=_notes(failure, frames),
    )


def _notes(failure: Failure, frames: Sequence[int]) -> dict[int, str]:
    notes = {}
    for frame in frames:
        overlap = failure.record.overlaps[frame]
        notes[frame] = "no truth" if np.isnan(overlap) else f"IoU {overlap:.2f}"
    window = failure.window
    notes[window.frame] += ", goes wrong" if window.sustained else ", worst here"
    if window.recovered is not None:
        notes[window.recovered] += ", right again"
    return notes
