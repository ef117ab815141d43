# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happens in a made sequence: when the target disappears, where, and where it comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.scenarios.motion import knot_times, through

Point = NDArray[np.float64]
Path = NDArray[np.float64]

OCCLUSION, REAPPEARANCE, OUT_OF_VIEW = "occlusion", "reappearance", "out_of_view"
DISTRACTORS, CONTROL = "distractors", "control"

# In turn. Only in a control the target never disappears.
KINDS = (OCCLUSION, OUT_OF_VIEW, DISTRACTORS, REAPPEARANCE, CONTROL)

SHORTEST, LONGEST = 120, 160  # frames
# How far from where it vanished a target comes back elsewhere, in image diagonals.
ELSEWHERE = 0.45


@dataclass(frozen=True)
class Script:
    """A target's way, in pixels of the image.

    Attributes:
        frames: N, the length.
        centres: ``(N, 2)`` x, y.
        hiding: the places behind occluders, and the frame in which the target gets there.
    """

    frames: int
    centres: Path
    hiding: tuple[tuple[Point, int], ...]


class Stage:
    """The image that things move in, and the camera whose movement they share.

    Args:
        size: width and height in pixels.
        camera: ``(LONGEST, 2)`` x, y of the image's corner on the background.
        reach: half of the target's largest side, with room for its turns, in pixels.
    """

    def __init__(self, size: tuple[int, int], camera: Path, reach: float) -> None:
        self.size = np.array(size, dtype=np.float64)
        self.camera = camera
        self.reach = reach

    @property
    def diagonal(self) -> float:
        """The image's, in pixels."""
        return float(np.hypot(*self.size))

    def place(self, rng: np.random.Generator) -> Point:
        """Return a random place at which the whole target is inside the image."""
        margin = 1.15 * self.reach
        return rng.uniform(margin, self.size - margin)

    def near(self, rng: np.random.Generator, place: Point, low: float, high: float) -> Point:
        """Return such a place at a distance of low to high pixels, or at least on its side."""
        turn = rng.uniform(0, 2 * math.pi)
        far = place + rng.uniform(low, high) * np.array([math.cos(turn), math.sin(turn)])
        margin = np.minimum(1.15 * self.reach, self.size / 2)
        return np.clip(far, margin, self.size - margin)

    def outside(self, rng: np.random.Generator) -> Point:
        """Return a place just outside of one of the image's four edges."""
        place = self.place(rng)
        axis = int(rng.integers(2))
        beyond = 1.25 * self.reach + 4
        place[axis] = -beyond if rng.integers(2) else self.size[axis] + beyond
        return place

    def path(self, times: list[float], places: list[Point], frames: NDArray[np.int64]) -> Path:
        """Return the way through places of the image at given times, moved along by the camera."""
        moved = [
            place + self.camera[min(round(time), len(self.camera) - 1)]
            for time, place in zip(times, places, strict=True)
        ]
        return through(times, moved, frames) - self.camera[frames]


def write_script(kind: str, rng: np.random.Generator, stage: Stage) -> Script:
    """Return a random way of the target for a kind of sequence, one of ``KINDS``."""
    if kind == CONTROL:
        frames = int(rng.integers(SHORTEST, LONGEST + 1))
        times, places = _stroll(rng, stage, 0, frames - 1, stage.place(rng))
        return Script(frames, stage.path(times, places, np.arange(frames)), ())
    outside = kind == OUT_OF_VIEW or (kind == DISTRACTORS and bool(rng.integers(2)))
    exit_, entry = _exits(kind, rng, stage, outside)

    # Before: about the image, then to the exit. After: from the entry, about the image again.
    leave, hidden = int(rng.integers(46, 56)), int(rng.integers(8, 33))
    times, places = _stroll(rng, stage, 0, leave, stage.place(rng))
    gone = leave + _frames_between(rng, stage, places[-1], exit_)
    back = gone + hidden
    if kind == OCCLUSION:  # out from where it went, to which the camera has turned meanwhile
        entry = exit_ + stage.camera[gone] - stage.camera[back]
    start = stage.near(rng, entry, 2.5 * stage.reach, 4 * stage.reach)
    arrive = back + _frames_between(rng, stage, entry, start)
    frames = min(max(arrive + int(rng.integers(44, 60)), SHORTEST), LONGEST)
    later_times, later_places = _stroll(rng, stage, arrive, max(frames - 1, arrive + 1), start)

    # The jump from exit to entry is where nobody sees it. Outside, it stays beside the edge while
    # the camera moves; behind an occluder, it stays with that.
    middle = (gone + back) // 2
    waits: list[float] = [gone, (gone + middle) // 2, middle] if outside else [gone]
    first = stage.path(times + waits, places + [exit_] * len(waits), np.arange(middle + 1))
    waits = [middle + 1, (middle + 1 + back) // 2, back] if outside else [back]
    second = stage.path(
        waits + later_times, [entry] * len(waits) + later_places, np.arange(middle + 1, frames)
    )
    hiding: tuple[tuple[Point, int], ...] = ((exit_, gone), (entry, back))
    if outside or kind == OCCLUSION:
        hiding = hiding[: 0 if outside else 1]
    return Script(frames, np.concatenate([first, second]), hiding)


def _exits(kind: str, rng: np.random.Generator, stage: Stage, outside: bool) -> tuple[Point, Point]:
    """Return where the target vanishes and where it comes back."""
    draw = stage.outside if outside else stage.place
    exit_ = draw(rng)
    if kind == OCCLUSION:
        return exit_, exit_
    for _ in range(1000):
        entry = draw(rng)
        if np.linalg.norm(entry - exit_) >= ELSEWHERE * stage.diagonal:
            return exit_, entry
        exit_ = draw(rng)
    raise ValueError("the target is too large for its image to come back elsewhere")


def _stroll(
    rng: np.random.Generator, stage: Stage, start: float, stop: float, place: Point
) -> tuple[list[float], list[Point]]:
    """Return times and places of a walk about the image, now slow, now fast."""
    times = knot_times(rng, start, stop, 13)
    places = [place]
    for _ in times[1:]:
        step = rng.uniform(0.05, 0.3) * stage.diagonal
        places.append(stage.near(rng, places[-1], 0.6 * step, step))
    return times, places


def _frames_between(rng: np.random.Generator, stage: Stage, one: Point, other: Point) -> int:
    """Return how long the way takes, at 1 to 2 % of the image's diagonal per frame."""
    speed = rng.uniform(0.01, 0.02) * stage.diagonal
    return int(np.clip(np.linalg.norm(one - other) / speed, 6, 22))
