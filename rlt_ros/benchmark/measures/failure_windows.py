# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a run first goes wrong, and where it is right again.

A single frame says little: a box that is right on the whole dips below an IoU of 0.5 now and then.
So both take five successive annotated frames; those without annotation are skipped. The first frame
of a run, whose box the tracker was given, is never where it goes wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.losses import FOUND_IOU

SPAN = 5  # successive annotated frames

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class FailureWindow:
    """Where a run goes wrong, or else where it does worst; all frames are 0-based.

    Attributes:
        sustained: whether the IoU is below 0.5 for five frames somewhere.
        frame: the first of those; if not sustained, the one with the lowest IoU of ``frames``.
        frames: ``(K,)`` that tell what is wrong: those five; if not sustained, of the five with the
            lowest mean IoU those at or below that mean.
        recovered: the first frame from which on the IoU is above 0.5 for five again; None if it
            never is, or if it was not sustained.
    """

    sustained: bool
    frame: int
    frames: Indices
    recovered: int | None = None


def find_failure(overlaps: NDArray[np.float64]) -> FailureWindow:
    """Find where a run goes wrong.

    Args:
        overlaps: ``(N,)`` IoU of box and truth; NaN where the target is not annotated.

    Raises:
        ValueError: no frame is annotated.
    """
    known = np.flatnonzero(np.isfinite(overlaps))
    if not known.size:
        raise ValueError("no frame is annotated, so there is nothing to go wrong")
    if known.size > 1 and known[0] == 0:
        known = known[1:]
    values = overlaps[known]
    start = _first_run(values < FOUND_IOU)
    if start is None:
        return _worst(values, known)
    frames = known[start : start + SPAN]
    back = _first_run(values[start + SPAN :] > FOUND_IOU)
    recovered = None if back is None else int(known[start + SPAN + back])
    return FailureWindow(True, int(frames[0]), frames, recovered)


def _worst(values: NDArray[np.float64], known: Indices) -> FailureWindow:
    span = min(SPAN, len(values))
    means = sliding_window_view(values, span).mean(axis=1)
    start = int(means.argmin())
    frames, within = known[start : start + span], values[start : start + span]
    # Rounding can put the mean of equal numbers a little below them.
    low = within <= max(means[start], within.min())
    return FailureWindow(False, int(frames[within.argmin()]), frames[low])


def _first_run(flags: NDArray[np.bool_]) -> int | None:
    """Return where the first five True in a row begin."""
    if len(flags) < SPAN:
        return None
    starts = np.flatnonzero(sliding_window_view(flags, SPAN).all(axis=1))
    return int(starts[0]) if starts.size else None
