# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames a second, and the slowest of them, with updates in the background and without."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import WITHOUT_UPDATES, Bench, Found
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.settings import Value

_WARM_UP = 10  # frames that are not counted
_WITH, _WITHOUT = "with updates", "without updates"
_COLUMNS = (
    ("frames", "frames", 0),
    ("fps", "frames/s", 1),
    ("median_ms", "median ms", 2),
    ("p95_ms", "95 %", 2),
    ("p99_ms", "99 %", 2),
    ("largest_ms", "largest", 2),
    ("largest_over_median", "/ median", 2),
    ("updates", "updates", 0),
    ("update_ms", "update ms", 1),
    ("updating_frames", "in updates", 0),
    ("updating_median_ms", "their median", 2),
    ("updating_largest_ms", "their largest", 2),
    ("peak_mib", "memory MiB", 0),
    ("mean_iou", "IoU", 2),
)


@dataclass
class _Frames:
    seconds: list[float] = field(default_factory=list)
    updating: list[bool] = field(default_factory=list)
    overlaps: list[float] = field(default_factory=list)
    update_seconds: list[float] = field(default_factory=list)


def measure_pace(bench: Bench, until: float, tracker: str, frames: int) -> Iterator[Found]:
    """Time every frame of a tracker, from the RGB image to the box and its score.

    Args:
        bench: the device and frames of 640 x 480 pixels, unless others are given.
        until: see ``Part.run``.
        tracker: one of ``TRACKERS``.
        frames: how many, with updates and again without.
    """
    numbers: dict[str, Json] = {}
    rows = [["", *(heading for _, heading, _ in _COLUMNS)]]
    note = (
        "Updates run in the background. Memory is PyTorch's peak on the device, of which a context "
        "of some hundred MiB is no part."
    )
    start = time.perf_counter()
    for what, end in ((_WITH, (start + until) / 2), (_WITHOUT, until)):
        settings: dict[str, Value] = {} if what == _WITH else WITHOUT_UPDATES
        if bench.device.type == "cuda":
            gc.collect()  # what is left of other trackers
            torch.cuda.reset_peak_memory_stats(bench.device)
        found = _follow(bench, end, tracker, frames, settings)
        if not found.seconds:
            return
        one = numbers[what] = _summary(found)
        one["peak_mib"] = _peak_mib(bench.device)
        rows.append([what, *(number(one[key], decimals) for key, _, decimals in _COLUMNS)])
        yield Found(numbers, [Table(f"Pace: {tracker}", rows, note)])


def _follow(
    bench: Bench, until: float, tracker: str, frames: int, settings: dict[str, Value]
) -> _Frames:
    found = _Frames()
    changed = {**settings, "update_mode": "background"}
    with bench.tracker(bench.config(tracker, **changed), until) as one:
        one.init(bench.first, bench.box)
        skipped = 0 if bench.quick else _WARM_UP
        for index, image in enumerate(bench.frames(frames + skipped, until)):
            before, updates = one.updating, one.updates_done
            start = time.perf_counter()
            result = one.track(image)
            seconds = time.perf_counter() - start
            if index < skipped:
                continue
            found.seconds.append(seconds)
            found.updating.append(before or one.updating)
            found.overlaps.append(float(iou(result.box, bench.clip.boxes[bench.place(index + 1)])))
            if one.updates_done > updates:
                found.update_seconds.append(one.last_update_seconds)
        if one.last_update_error:
            raise RuntimeError(f"an update failed: {one.last_update_error}")
    return found


def _summary(found: _Frames) -> dict[str, Json]:
    times = 1e3 * np.array(found.seconds)
    busy = times[np.array(found.updating)]
    middle, slow, slowest = np.percentile(times, [50, 95, 99]).tolist()
    largest = float(times.max())
    return {
        "frames": len(times),
        "fps": float(1e3 / times.mean()),
        "median_ms": middle,
        "p95_ms": slow,
        "p99_ms": slowest,
        "largest_ms": largest,
        "largest_over_median": largest / middle,
        "updates": len(found.update_seconds),
        "update_ms": 1e3 * float(np.median(found.update_seconds)) if found.update_seconds else None,
        "updating_frames": len(busy),
        "updating_median_ms": float(np.median(busy)) if len(busy) else None,
        "updating_largest_ms": float(busy.max()) if len(busy) else None,
        "mean_iou": float(np.nanmean(found.overlaps)),
        "each_ms": [round(one, 4) for one in times.tolist()],
        "each_updating": found.updating,
    }


def _peak_mib(device: torch.device) -> float | None:
    if device.type != "cuda":
        return None
    return torch.cuda.max_memory_allocated(device) / 2**20
