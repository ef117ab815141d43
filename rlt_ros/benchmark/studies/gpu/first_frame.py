# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long a target takes to be learned: in a new process, and once more."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from rlt_ros.benchmark.studies.gpu.bench import Bench, Found
from rlt_ros.benchmark.studies.gpu.device_clock import finish
from rlt_ros.benchmark.text_tables import Table, number

_STARTS = 4


def seconds_until_ready(device: torch.device) -> float:
    """Return how long a device takes for the first number in this process."""
    start = time.perf_counter()
    torch.zeros(1, device=device)
    finish(device)
    return time.perf_counter() - start


def measure_first_frame(bench: Bench, until: float, tracker: str) -> Iterator[Found]:
    """Time the first frame of a tracker: of the first one of its kind in this process, and again.

    Args:
        bench, until: see ``Part.run``.
        tracker: one of ``TRACKERS``.
    """
    rows = [["", "made s", "first frame s", "first tracked s"]]
    note = (
        "Made: weights are loaded. First tracked: the frame after the first one. All is cold for "
        "the very first tracker only, but for what the device takes to be ready, see "
        "device_seconds in the summary."
    )
    found: list[dict[str, float]] = []
    while len(found) < (2 if bench.quick else _STARTS) and time.perf_counter() < until:
        found.append(_times(bench, tracker, until))
        what = "cold" if len(found) == 1 else "again"
        rows.append([what, *(number(one, 3) for one in found[-1].values())])
        numbers = {"cold": found[0], "again": found[1:]}
        yield Found(numbers, [Table(f"First frame: {tracker}", rows, note)])


def _times(bench: Bench, name: str, until: float) -> dict[str, float]:
    """Return seconds to make a tracker, to learn the first frame, to track in the next."""
    start = time.perf_counter()
    with bench.tracker(bench.config(name, update_mode="lockstep"), until) as tracker:
        finish(bench.device)
        made = time.perf_counter()
        tracker.init(bench.first, bench.box)
        finish(bench.device)
        learned = time.perf_counter()
        tracker.track(bench.clip.images[1])
        tracked = time.perf_counter()
    return {"made": made - start, "init": learned - made, "track": tracked - learned}
