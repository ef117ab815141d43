# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether two trackers in one process, each in a thread and streams of its own, are disturbed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import DEFAULT, FEWER_SAMPLES, Bench, Found
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.settings import Value

_TRIALS, _FRAMES = 8, 8


def compare_two_trackers(bench: Bench, until: float) -> Iterator[Found]:
    """Compare two trackers side by side with one alone."""
    alone = _tracked(bench, until)
    again = np.abs(_tracked(bench, until) - alone).max()
    trials: list[float] = []
    for _ in range(1 if bench.quick else _TRIALS):
        if time.perf_counter() > until:
            break
        trials.append(_side_by_side(bench, until, alone))
    if not trials:
        return
    numbers: dict[str, Json] = {
        "alone_again_px": float(again),
        "side_by_side_px": trials,
    }
    rows = [
        ["what", "found"],
        ["one alone, twice: largest difference px", number(float(again), 4)],
        ["two side by side, against one alone: largest px", number(max(trials), 4)],
    ]
    note = (
        f"{len(trials)} times, both starting at once. If two side by side differ by more than one "
        "alone does twice, they disturb each other."
    )
    yield Found(numbers, [Table("Two trackers in one process", rows, note)])


def _tracked(bench: Bench, until: float) -> Boxes:
    settings: dict[str, Value] = {
        **FEWER_SAMPLES,
        "update_mode": "lockstep",
        "background_swaps": 0,
    }
    with bench.tracker(bench.config(DEFAULT, **settings), until) as tracker:
        tracker.init(bench.first, bench.box)
        frames = bench.frames(_FRAMES, float("inf"))
        return np.array([tracker.track(image).box for image in frames])


def _side_by_side(bench: Bench, until: float, alone: Boxes) -> float:
    barrier = threading.Barrier(2, timeout=60)
    differences: list[float] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            barrier.wait()
            differences.append(float(np.abs(_tracked(bench, until) - alone).max()))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if errors:
        raise errors[0]
    return max(differences)
