# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which card it is, and what it is told to do."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import torch

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import Bench, Found
from rlt_ros.benchmark.text_tables import Table

_DRIVER = Path("/proc/driver/nvidia/version")
# What nvidia-smi, where there is one, knows beyond PyTorch.
_ASKED = (
    "driver_version,pstate,clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem,"
    "power.limit,temperature.gpu,mig.mode.current"
)
_PROPERTIES = (
    "name",
    "total_memory",
    "multi_processor_count",
    "L2_cache_size",
    "clock_rate",
    "memory_clock_rate",
    "memory_bus_width",
    "is_integrated",
)


def describe_card(bench: Bench, until: float) -> Iterator[Found]:
    """Yield its name, memory, driver, versions, capability, clocks where they can be read."""
    numbers: dict[str, Json] = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "threads": torch.get_num_threads(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
    }
    if bench.device.type == "cuda":
        properties = torch.cuda.get_device_properties(bench.device)
        for name in _PROPERTIES:
            value = getattr(properties, name, None)  # not all are there in all releases
            if value is not None:
                numbers[name] = value
        numbers["capability"] = ".".join(map(str, torch.cuda.get_device_capability(bench.device)))
        numbers["cudnn"] = torch.backends.cudnn.version()
        with contextlib.suppress(RuntimeError):  # where it was set in two ways that disagree
            numbers["cudnn_tf32"] = torch.backends.cudnn.allow_tf32
        with contextlib.suppress(OSError):
            numbers["driver"] = _DRIVER.read_text().splitlines()[0]
        numbers.update(_by_nvidia_smi(bench.device.index or 0))
    else:
        numbers["name"] = "no card: the CPU"
    rows = [["what", "value"], *([name, str(value)] for name, value in numbers.items())]
    yield Found(numbers, [Table("The card", rows)])


def _by_nvidia_smi(index: int) -> dict[str, Json]:
    try:
        answer = subprocess.run(
            ["nvidia-smi", f"--id={index}", f"--query-gpu={_ASKED}", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    values = [one.strip() for one in answer.stdout.split(",")]
    names = _ASKED.split(",")
    return dict(zip(names, values, strict=True)) if len(values) == len(names) else {}
