# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether somebody who watches the attention map waits for fine-tuning.

Autograd has one thread for each device: a backward pass of one thread may queue behind another's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import WITHOUT_UPDATES, Bench, Found
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking import Tracker
from rlt_ros.tracking.settings import Value

_LONG_UPDATES: dict[str, Value] = {"update_interval": 1, "update_iterations": 200}


def measure_watching(bench: Bench, until: float, tracker: str, frames: int) -> Iterator[Found]:
    """Time attention and confidence maps while an update runs, and while none does.

    A confidence map has no backward pass: what it loses to an update too, it loses to the host and
    to the card.
    """
    numbers: dict[str, Json] = {}
    rows = [["", "maps", "median ms", "95 %", "largest"]]
    note = (
        "Maps that were made while an update ran from their start to their end, and while none "
        "did. If attention loses much more to updates than confidence, its backward pass queues "
        "behind fine-tuning's."
    )
    start = time.perf_counter()
    for what, settings, end in (
        ("without updates", WITHOUT_UPDATES, (start + until) / 2),
        ("with updates", _LONG_UPDATES, until),
    ):
        times = _times(bench, end, tracker, frames, settings)
        for kind, each in times.items():
            if not each:
                continue
            middle, slow = np.percentile(each, [50, 95]).tolist()
            numbers[f"{kind}, {what}"] = {"maps": len(each), "median_ms": middle, "p95_ms": slow}
            cells = (number(one, 2) for one in (middle, slow, max(each)))
            rows.append([f"{kind}, {what}", str(len(each)), *cells])
        yield Found(numbers, [Table(f"Watching: {tracker}", rows, note)])


def _times(
    bench: Bench, until: float, tracker: str, frames: int, settings: dict[str, Value]
) -> dict[str, list[float]]:
    changed = {**settings, "update_mode": "background"}
    wanted = settings is _LONG_UPDATES
    times: dict[str, list[float]] = {"attention": [], "confidence": []}
    with bench.tracker(bench.config(tracker, **changed), until) as one:
        one.init(bench.first, bench.box)
        shown: dict[str, Callable[[], object]] = {
            "attention": one.attention_map,
            "confidence": one.confidence_map,
        }
        for image in bench.frames(frames, until):
            one.track(image)
            for kind, make in shown.items():
                before = _running(one)
                start = time.perf_counter()
                make()
                seconds = time.perf_counter() - start
                if before == _running(one) == wanted:
                    times[kind].append(1e3 * seconds)
    return times


def _running(tracker: Tracker) -> bool:
    """Whether an update computes right now, not only waits to be taken over."""
    future = tracker._learner._tuner._running
    return future is not None and not future.done()
