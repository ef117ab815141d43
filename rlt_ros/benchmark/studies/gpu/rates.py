# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the card can do at best, measured: copies, matrix products, launches."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from statistics import median

import torch

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import Bench, Found
from rlt_ros.benchmark.studies.gpu.device_clock import Moment, finish
from rlt_ros.benchmark.text_tables import Table, number

# By the name in the summary: type, and what float32 products may be rounded to.
MATRIX_KINDS = {
    "float32": (torch.float32, "highest"),
    "tf32": (torch.float32, "high"),
    "bfloat16": (torch.bfloat16, "highest"),
    "float16": (torch.float16, "highest"),
}
_LAUNCHES = 1000
_FRAME = 640 * 480 * 3  # bytes


def measure_rates(bench: Bench, until: float) -> Iterator[Found]:
    """Yield bytes and operations a second, and microseconds of a launch and of a round trip."""
    device, large = bench.device, bench.device.type == "cuda" and not bench.quick
    side, bytes_copied = (8192, 2**30) if large else (128, 2**20)
    numbers: dict[str, Json] = {}
    numbers["copy_bytes_per_second"] = _copy_rate(bytes_copied, device)
    for kind, (dtype, precision) in MATRIX_KINDS.items():
        if kind == "tf32" and device.type != "cuda":
            continue
        with _matmul_precision(precision):
            one = torch.randn(side, side, device=device).to(dtype)
            seconds = _seconds(lambda one=one: one @ one, device)  # type: ignore[misc]
        numbers[f"{kind}_operations_per_second"] = 2 * side**3 / seconds
        del one
    small = torch.zeros(8, device=device)
    numbers["launch_us"] = 1e6 * _host_seconds(lambda: small.add_(1.0), device) / _LAUNCHES
    numbers["round_trip_us"] = 1e6 * median(_each(lambda: small[0].item(), 100))
    frame = torch.zeros(_FRAME, dtype=torch.uint8)
    numbers["upload_us"] = 1e6 * median(_each(lambda: _uploaded(frame, device), 30))
    if device.type == "cuda":
        pinned = frame.pin_memory()
        numbers["pinned_upload_us"] = 1e6 * median(_each(lambda: _uploaded(pinned, device), 30))
    rows = [["what", "measured"], *([name, _shown(name, one)] for name, one in numbers.items())]
    note = (
        "A launch is the host's time for one small kernel; a round trip reads one number back; an "
        f"upload is that of a frame of {_FRAME} bytes."
    )
    yield Found(numbers, [Table("What the card can do", rows, note)])


def _copy_rate(size: int, device: torch.device) -> float:
    source = torch.zeros(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / _seconds(lambda: target.copy_(source), device)  # read and written


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """Return the time of some work on the device, the least of several: others may disturb."""
    for _ in range(2):
        work()
    finish(device)
    times = []
    for _ in range(5):
        start = Moment(device)
        work()
        end = Moment(device)
        finish(device)
        times.append(start.milliseconds_to(end) / 1e3)
    return max(min(times), 1e-9)


def _host_seconds(work: Callable[[], object], device: torch.device) -> float:
    finish(device)
    start = time.perf_counter()
    for _ in range(_LAUNCHES):
        work()
    seconds = time.perf_counter() - start
    finish(device)
    return seconds


def _each(work: Callable[[], object], count: int) -> list[float]:
    times = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def _uploaded(host: torch.Tensor, device: torch.device) -> None:
    host.to(device, non_blocking=True)
    finish(device)


@contextlib.contextmanager
def _matmul_precision(precision: str) -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _shown(name: str, value: float) -> str:
    if name.endswith("_us"):
        return f"{number(value, 1)} us"
    unit = "GB/s" if "bytes" in name else "GFLOP/s"
    return f"{number(value / 1e9, 1)} {unit}"
