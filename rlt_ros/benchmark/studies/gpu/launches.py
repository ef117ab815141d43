# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time lost between kernels: how many there are, and how long the device does nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from torch._C._autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import WITHOUT_UPDATES, Bench, Found
from rlt_ros.benchmark.studies.gpu.device_clock import finish
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking.settings import Value

_WARM_UP = 5
_STEPS = 3  # of an update
_LISTED = 12  # kernels by name
_LAUNCHING, _WAITING = ("cudaLaunchKernel", "cuLaunchKernel"), ("Synchronize", "cudaMemcpyAsync")


def measure_launches(bench: Bench, until: float, tracker: str, frames: int) -> Iterator[Found]:
    """Profile frames of a tracker, without updates, and with a short one after each of a few.

    Args:
        bench, until: see ``Part.run``.
        tracker: one of ``TRACKERS``.
        frames: how many without updates; what the profiler writes down takes it long to sort.
    """
    numbers: dict[str, Json] = {}
    rows = [
        ["a frame", "wall ms", "busy ms", "busy", "kernels", "kernels ms", "copies", "copies ms",
         "launching ms", "waiting ms"]
    ]  # fmt: skip
    slowest: list[list[str]] = []
    note = (
        "While profiling, which slows the host. Busy: some kernel or copy runs on the device; the "
        "rest of the wall's time it has nothing to do. Launching and waiting: the host's time "
        "inside CUDA's calls."
    )
    start = time.perf_counter()
    updating: dict[str, Value] = {
        **WITHOUT_UPDATES,
        "update_interval": 1,
        "update_iterations": _STEPS,
    }
    for what, settings, count, end in (
        ("without updates", WITHOUT_UPDATES, frames, (start + until) / 2),
        (f"with {_STEPS} steps of training", updating, 2, until),
    ):
        config = bench.config(tracker, **{**settings, "update_mode": "lockstep"})
        with bench.tracker(config, end) as one:
            one.init(bench.first, bench.box)
            for image in bench.frames(_WARM_UP, end):
                one.track(image)
            images = list(bench.frames(count, end))
            if not images:
                return
            finish(bench.device)
            # The start of the profiler takes long, and is no part of it.
            with profile(activities=_activities(bench)) as profiler:
                started = time.perf_counter()
                for image in images:
                    one.track(image)
                finish(bench.device)
                seconds = time.perf_counter() - started
        found = numbers[what] = _summary(list(profiler.events() or ()), seconds, len(images))
        keys = ("kernels", "kernel_ms", "copies", "copy_ms", "launching_ms", "waiting_ms")
        rows.append(
            [
                what,
                number(found["wall_ms"], 3),
                number(found["busy_ms"], 3),
                f"{100 * found['busy_ms'] / found['wall_ms']:.0f} %",
                *(number(found[key], 2) for key in keys),
            ]
        )
        for name, (count, spent) in found["slowest"].items():
            slowest.append([f"{what}: {name}", number(count, 1), number(spent, 3)])
        tables = [Table(f"Launches: {tracker}", rows, note)]
        if slowest:
            tables.append(Table(f"Kernels: {tracker}", [["kernel", "a frame", "ms"], *slowest]))
        yield Found(numbers, tables)


def busy_time(intervals: Iterable[tuple[float, float]]) -> float:
    """Return how long at least one of some intervals lasts."""
    busy, last = 0.0, float("-inf")
    for start, end in sorted(intervals):
        busy += max(0.0, end - max(start, last))
        last = max(last, end)
    return busy


def _activities(bench: Bench) -> list[ProfilerActivity]:
    if bench.device.type == "cuda":
        return [ProfilerActivity.CPU, ProfilerActivity.CUDA]
    return [ProfilerActivity.CPU]


def _summary(events: list[Any], seconds: float, frames: int) -> dict[str, Json]:
    on_device = [
        one
        for one in events
        if one.device_type == DeviceType.CUDA
        and not getattr(one, "is_user_annotation", False)
        # What the optimiser calls itself is no kernel.
        and "#" not in one.name
    ]
    moved = [one for one in on_device if one.name.startswith(("Memcpy", "Memset"))]
    kernels = [one for one in on_device if not one.name.startswith(("Memcpy", "Memset"))]
    on_host = [one for one in events if one.device_type == DeviceType.CPU]
    by_name: dict[str, list[float]] = {}
    for one in kernels:
        by_name.setdefault(one.name[:80], []).append(_ms(one))
    slowest = sorted(by_name.items(), key=lambda item: -sum(item[1]))[:_LISTED]
    intervals = [(one.time_range.start, one.time_range.end) for one in on_device]
    totals = {
        "wall_ms": 1e3 * seconds,
        "busy_ms": busy_time(intervals) / 1e3,
        "kernels": len(kernels),
        "kernel_ms": sum(map(_ms, kernels)),
        "copies": len(moved),
        "copy_ms": sum(map(_ms, moved)),
        "host_operators": sum(one.name.startswith("aten::") for one in on_host),
        "launching_ms": sum(_ms(one) for one in on_host if one.name.startswith(_LAUNCHING)),
        "waiting_ms": sum(_ms(one) for one in on_host if any(a in one.name for a in _WAITING)),
    }
    return {
        "frames": frames,
        **{name: total / frames for name, total in totals.items()},
        "slowest": {name: [len(each) / frames, sum(each) / frames] for name, each in slowest},
    }


def _ms(event: Any) -> float:
    return float(event.time_range.elapsed_us()) / 1e3
