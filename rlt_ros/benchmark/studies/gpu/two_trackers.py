# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether two trackers in one process, each in a thread and streams of its own, disturb each other.

They share the cached index tensors of ``roi_align``, which one makes in its stream and the other
uses in its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import torch

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import DEFAULT, FEWER_SAMPLES, Bench, Found
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.features import roi_align
from rlt_ros.tracking.settings import Value

_TRIALS, _FRAMES = 8, 8
_GRIDS = (5, 3, 7)
_DELAY = 50_000_000  # cycles of the card, some tens of milliseconds


def compare_two_trackers(bench: Bench, until: float) -> Iterator[Found]:
    """Compare two trackers side by side with one alone, and provoke a race for the shared cache."""
    alone = _tracked(bench, until)
    again = np.abs(_tracked(bench, until) - alone).max()
    trials: list[float] = []
    for _ in range(1 if bench.quick else _TRIALS):
        if time.perf_counter() > until:
            break
        trials.append(_side_by_side(bench, until, alone))
    if not trials:
        return
    wrong = _stale_corners(bench.device)
    numbers: dict[str, Json] = {
        "alone_again_px": float(again),
        "side_by_side_px": trials,
        "stale_index_tensors": wrong,
    }
    stale = "-" if wrong is None else f"{wrong} of {len(_GRIDS)}"
    rows = [
        ["what", "found"],
        ["one alone, twice: largest difference px", number(float(again), 4)],
        ["two side by side, against one alone: largest px", number(max(trials), 4)],
        ["index tensors read before they are made", stale],
    ]
    note = (
        f"{len(trials)} times with an empty cache, both starting at once. If two side by side "
        "differ by more than one alone does twice, they disturb each other. Index tensors: made "
        "behind a delay in one stream and read in another; any above 0 is a fault that "
        "real trackers only meet by chance."
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
    roi_align._corners.cache_clear()
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


def _stale_corners(device: torch.device) -> int | None:
    """Return how many cached tensors are read wrong; None on a CPU, which has no streams."""
    if device.type != "cuda":
        return None
    wrong = 0
    making, reading = torch.cuda.Stream(device), torch.cuda.Stream(device)
    for grid in _GRIDS:
        expected = [one.cpu() for one in roi_align._corners(grid, torch.device("cpu"))]
        roi_align._corners.cache_clear()
        torch.cuda.synchronize(device)
        with torch.cuda.stream(making):
            # What the allocator hands out next in this stream is full of wrong numbers.
            count = len(expected[0])
            wrong_numbers = [torch.full((count,), -1, device=device) for _ in range(64)]
            torch.cuda.synchronize(device)
            del wrong_numbers
            torch.cuda._sleep(_DELAY)
            made = roi_align._corners(grid, device)
        with torch.cuda.stream(reading):
            read = [one.clone() for one in roi_align._corners(grid, device)]
        torch.cuda.synchronize(device)
        wrong += any(not torch.equal(a.cpu(), b) for a, b in zip(read, expected, strict=True))
        del made
    roi_align._corners.cache_clear()
    return wrong
