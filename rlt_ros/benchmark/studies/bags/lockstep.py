# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracking through every frame of a bag, one after the other, read in code."""

from __future__ import annotations

import time
from collections.abc import Mapping

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from rlt_ros.bags.reader import BagError
from rlt_ros.benchmark.studies.bags.frames import BagFrame, BagFrames
from rlt_ros.benchmark.studies.bags.results import BagRun
from rlt_ros.benchmark.trackers.runners import Runner, make_runner
from rlt_ros.media.results import ResultRow
from rlt_ros.progress import progress
from rlt_ros.tracking.errors import InvalidImageError
from rlt_ros.tracking.settings import Value

LATENCY_IS = "time to track one frame, decoding not counted"
STOPPED = "stopped by Ctrl-C"


def run_lockstep(frames: BagFrames, tracker: str, settings: Mapping[str, Value]) -> BagRun:
    """Track the frames with one CPU thread, so that the same bag gives the same boxes.

    A frame that cannot be decoded or tracked in is noted in ``frames.unusable`` and left out.
    Where the bag breaks off, and on Ctrl-C, the run ends with what was measured until then: see
    ``BagRun.problem`` and ``BagRun.stop``.

    Args:
        frames: of the bag; iterated over here.
        tracker: see ``make_runner``.
        settings: changed settings, for rlt.

    Raises:
        ValueError: no such tracker or setting; or no frame to start on, or a box outside it.
    """
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    runner = make_runner(tracker, dict(settings))
    run = BagRun(tracker, frames, [], [], LATENCY_IS)
    seconds: list[float] = []
    total = len(frames)
    with progress(total=total, unit="frame", what="tracking") as bar:
        try:
            for frame in frames:
                _step(run, runner, frame, seconds)
                bar.update(frames.seen - bar.n)
        except (BagError, KeyboardInterrupt) as error:
            if not run.rows:
                raise
            run.problem = str(error) or STOPPED
            run.stop = error if isinstance(error, KeyboardInterrupt) else None
    run.latencies, run.seconds = seconds, sum(seconds)
    return run


def _step(run: BagRun, runner: Runner, frame: BagFrame, seconds: list[float]) -> None:
    frames = run.frames
    begin = time.perf_counter()
    if frame.number == frames.first:
        box = np.array(frames.box, np.float64)
        runner.init(frame.image, box)
        run.init_seconds = time.perf_counter() - begin
    else:
        try:
            box = runner.track(frame.image)
        except (InvalidImageError, cv2.error) as error:  # such as a changed resolution
            frames.unusable[frame.number] = " ".join(str(error).split())
            return
        seconds.append(time.perf_counter() - begin)
    run.rows.append(_row(runner, frames.stamps[frame.number], frame.number, box))


def _row(runner: Runner, stamp: float, number: int, box: NDArray[np.float64]) -> ResultRow:
    x, y, w, h = (float(value) for value in box)
    result = getattr(runner, "result", None)  # other trackers tell neither score nor state
    score = float("nan") if result is None else float(result.score)
    state = "TRACKING" if result is None else result.state.name
    return ResultRow(number, stamp, x, y, w, h, score, state)
