# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Smooth random curves over the frames of a made sequence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Curve = NDArray[np.float64]


def through(times: Sequence[float], points: ArrayLike, frames: ArrayLike) -> Curve:
    """Return a smooth curve through points, at some frames.

    It does not swing beyond its points, and rests before the first and after the last one.

    Args:
        times: of the points, in frames, rising; one or more.
        points: one number, or one row of numbers, for each time.
        frames: where the curve is wanted.
    """
    values = np.asarray(points, dtype=np.float64)
    wanted = np.clip(np.asarray(frames, dtype=np.float64), times[0], times[-1])
    if len(times) == 1:
        return np.repeat(values, len(wanted), axis=0)
    # Takes a third of a second, which commands that make no sequence need not wait for.
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(times, values, axis=0)(wanted)


def knot_times(rng: np.random.Generator, start: float, stop: float, gap: float) -> list[float]:
    """Return times from start to stop, both included, about ``gap`` frames apart."""
    pieces = max(1, round((stop - start) / gap))
    shares = np.cumsum(rng.uniform(0.6, 1.4, pieces))
    return [start, *(start + (stop - start) * shares / shares[-1]).tolist()]


def wander(rng: np.random.Generator, frames: int, low: float, high: float, gap: float) -> Curve:
    """Return a curve ``(frames,)`` that wanders between two values, turning every ``gap``."""
    times = knot_times(rng, 0, max(frames - 1, 1), gap)
    return through(times, rng.uniform(low, high, len(times)), np.arange(frames))


def shake(rng: np.random.Generator, frames: int, pixels: float) -> Curve:
    """Return ``(frames, 2)`` offsets of a hand-held camera, of about so many pixels."""
    jerks = rng.normal(size=(frames + 4, 2))
    kernel = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    smooth = [np.convolve(jerks[:, axis], kernel, mode="valid") for axis in (0, 1)]
    return pixels * np.stack(smooth, axis=1) / np.sqrt((kernel**2).sum())
