# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a frame's time goes, and how far each stage is from the card's floor."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import Bench, Found
from rlt_ros.benchmark.studies.gpu.rates import MATRIX_KINDS
from rlt_ros.benchmark.studies.gpu.stage_hooks import StageHooks
from rlt_ros.benchmark.studies.gpu.stage_times import StageTime, StageTimes
from rlt_ros.benchmark.studies.gpu.work_counts import OUTSIDE, Work, WorkCounter
from rlt_ros.benchmark.studies.speed.stages import STAGES, TRAIN
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking import Tracker

_WARM_UP = 10  # frames that are not counted


def measure_stages(
    bench: Bench, until: float, tracker: str, frames: int, rates: Mapping[str, Json]
) -> Iterator[Found]:
    """Time a tracker's stages, count what they compute and move, and set both side by side.

    In lockstep, so that an update is a stage of its frame. Timing and counting are two runs.

    Args:
        bench, until: see ``Part.run``.
        tracker: one of ``TRACKERS``.
        frames: how many.
        rates: what ``measure_rates`` found; empty where it has not.
    """
    times, updates = _timed(bench, (time.perf_counter() + until) / 2, tracker, frames)
    if not times:
        return
    work, counted = _counted(bench, until, tracker, frames)
    numbers: dict[str, Json] = {"frames": len(times), "updates": updates, "counted": counted}
    shares = (
        rates.get("copy_bytes_per_second"),
        rates.get(f"{_multiplies_in(bench, tracker)}_operations_per_second"),
    )
    rows = [
        ["stage", "device ms", "host ms", "operators", "GFLOP", "MB, each", "MB, once", "floor ms",
         "at floor", "up", "down", "waits"]
    ]  # fmt: skip
    total = Work()
    for stage in (*STAGES, OUTSIDE):
        # Updates are told by update, all else by frame.
        over = max(1, updates) if stage == TRAIN else len(times)
        of = max(1, counted["updates"] if stage == TRAIN else counted["frames"])
        spent = [one[stage] for one in times if stage in one]
        device, host = (
            sum(one.device for one in spent) / over,
            sum(one.host for one in spent) / over,
        )
        one = work.get(stage, Work())
        if stage != TRAIN:
            total = total + one
        numbers[stage] = {
            "device_ms": device,
            "host_ms": host,
            **{name: value / of for name, value in vars(one).items()},
            **_floors(one, of, *shares),
        }
        rows.append([stage if stage != TRAIN else "train, an update", *_cells(numbers[stage])])
    of = max(1, counted["frames"])
    numbers["frame"] = {
        "device_ms": sum(numbers[stage]["device_ms"] for stage in STAGES if stage != TRAIN),
        "host_ms": sum(numbers[stage]["host_ms"] for stage in STAGES if stage != TRAIN),
        **{name: value / of for name, value in vars(total).items()},
        **_floors(total, of, *shares),
    }
    rows.append(["a frame without updates", *_cells(numbers["frame"])])
    kind = _multiplies_in(bench, tracker)
    note = (
        f"Of {len(times)} frames with {updates} updates. Device: between CUDA events, with the "
        "time that it waits for the host. MB, each: read and written by each operator on its own; "
        "once: read if all of a stage were one kernel. Floor: the longer of what is read once at "
        f"the measured copy rate and of the matrix operations in {kind} at theirs; "
        "at floor: its share of the device's time. Up, down: copies from and to the host; waits: "
        "other times that it needs a number."
    )
    yield Found(numbers, [Table(f"Stages: {tracker}", rows, note)])


def _timed(
    bench: Bench, until: float, tracker: str, frames: int
) -> tuple[list[dict[str, StageTime]], int]:
    clock = StageTimes(bench.device)
    config = bench.config(tracker, update_mode="lockstep")
    with bench.tracker(config, until) as one:
        one.init(bench.first, bench.box)
        for _ in range(0 if bench.quick else _WARM_UP):
            one.track(bench.first)
        before = one.updates_done
        # Now: what is recorded as a graph before must hold none of the clock's events.
        return _watched(bench, until, frames, one, clock), one.updates_done - before


def _watched(
    bench: Bench, until: float, frames: int, tracker: Tracker, clock: StageTimes
) -> list[dict[str, StageTime]]:
    found = []
    with StageHooks(clock):
        for image in bench.frames(frames, until):
            tracker.track(image)
            found.append(clock.take())
    return found


def _counted(
    bench: Bench, until: float, tracker: str, frames: int
) -> tuple[dict[str, Work], dict[str, int]]:
    counter = WorkCounter()
    # In a graph, nothing of it would be seen.
    config = replace(bench.config(tracker, update_mode="lockstep"), cuda_graphs=False)
    with bench.tracker(config, until) as one:
        one.init(bench.first, bench.box)
        count = 0
        with counter, StageHooks(counter):
            for image in bench.frames(frames, until):
                one.track(image)
                count += 1
        return counter.work, {"frames": count, "updates": one.updates_done}


def _floors(work: Work, of: int, copied: float | None, multiplied: float | None) -> dict[str, Json]:
    """Return milliseconds that some work takes at the card's rates; None where none are known."""
    if copied is None or multiplied is None:
        return {"floor_ms": None, "each_operator_floor_ms": None}
    products = work.matrix_operations / multiplied
    return {
        "floor_ms": 1e3 * max(work.bytes_from_before / copied, products) / of,
        "each_operator_floor_ms": 1e3 * max(work.bytes / copied, products) / of,
    }


def _cells(one: Mapping[str, Json]) -> list[str]:
    floor, device = one["floor_ms"], one["device_ms"]
    share = 100 * floor / device if floor is not None and device else None
    return [
        number(device, 3),
        number(one["host_ms"], 3),
        number(one["calls"], 0),
        number(one["matrix_operations"] / 1e9, 3),
        number(one["bytes"] / 1e6, 1),
        number(one["bytes_from_before"] / 1e6, 1),
        number(floor, 4),
        "-" if share is None else f"{share:.1f} %",
        number(one["uploads"], 1),
        number(one["downloads"], 1),
        number(one["waits"], 1),
    ]


def _multiplies_in(bench: Bench, tracker: str) -> str:
    """Return the name of the matrix rate that most operations go by: convolutions' own setting."""
    tf32 = bench.device.type == "cuda" and bench.config(tracker).precision == "tf32"
    kind = "tf32" if tf32 else "float32"
    assert kind in MATRIX_KINDS
    return kind
