# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tracker with a stop-watch and a notebook, whatever protocol runs it."""

from __future__ import annotations

import time
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.trackers.runners import Runner
from rlt_ros.tracking.boxes import Boxes


class TimedRunner:
    """Passes everything on to another runner and notes how long it took; reading is not counted.

    Attributes:
        scores, states: what the tracker said of each frame so far, see ``Runner``.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.scores: list[float] = []
        self.states: list[str] = []
        self._starts: list[float] = []
        self._frames: list[float] = []

    @property
    def seconds(self) -> list[float]:
        """The mean time of the starts, then that of every other frame, as ``speed_measures`` asks.

        Raises:
            ValueError: the tracker was never started.
        """
        return [fmean(self._starts), *self._frames]

    @property
    def score(self) -> float:
        """See ``Runner.score``."""
        return self._runner.score

    @property
    def state(self) -> str:
        """See ``Runner.state``."""
        return self._runner.state

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``Runner.init``."""
        start = time.perf_counter()
        self._runner.init(image, box)
        self._starts.append(time.perf_counter() - start)
        self._note()

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """See ``Runner.track``."""
        start = time.perf_counter()
        box = self._runner.track(image)
        self._frames.append(time.perf_counter() - start)
        self._note()
        return box

    def _note(self) -> None:
        self.scores.append(self._runner.score)
        self.states.append(self._runner.state)
