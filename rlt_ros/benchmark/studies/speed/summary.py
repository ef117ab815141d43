# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From timed frames to the numbers of a tracker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.speed import LATENCY_PERCENTILES, speed_measures
from rlt_ros.benchmark.studies.speed.stages import STAGES

Run = Mapping[str, Json]  # what ``measure`` returns


def summarise(runs: Sequence[Run]) -> dict[str, float]:
    """Return the numbers of one tracker over its clips.

    Args:
        runs: at least one.

    Returns:
        fps: frames per second, the mean over the clips; init_seconds and auc likewise.
        pooled_fps, mean_ms, median_ms, p95_ms, p99_ms: of the frames of all clips together.
        updating_frames, updating_p95_ms, updating_p95_over_median: of the frames during which
            training ran; the median is that of all frames.
        updates, update_seconds, last_update_seconds: how many, and how long they took: the mean of
            all, and of each clip's last one.
        peak_mib: the largest growth of memory.
        latency_p50_ms, latency_p95_ms, latency_p99_ms: from when frames were due; NaN without rate.
        stage_NAME_ms, stage_NAME_median_ms: mean and median time per frame.
    """
    seconds = _joined(runs, "seconds")
    clips = [speed_measures([run["init_seconds"], *run["seconds"]]) for run in runs]
    pooled = speed_measures([0.0, *seconds])
    updating = [
        second
        for run in runs
        for second, busy in zip(run["seconds"], run["updating"], strict=True)
        if busy
    ]
    slow = _percentile(updating, 95) * 1e3
    updates = [run["update_seconds"] for run in runs if run["update_seconds"]]
    latencies = _joined(runs, "latencies")
    stages = _joined(runs, "stages")
    return {
        "fps": fmean(one["fps"] for one in clips),
        "pooled_fps": pooled["fps"],
        "mean_ms": fmean(seconds) * 1e3,
        "median_ms": pooled["latency_p50_ms"],
        "p95_ms": pooled["latency_p95_ms"],
        "p99_ms": pooled["latency_p99_ms"],
        "updating_frames": len(updating),
        "updating_p95_ms": slow,
        "updating_p95_over_median": slow / pooled["latency_p50_ms"],
        "init_seconds": fmean(one["init_seconds"] for one in clips),
        "updates": sum(run["updates"] for run in runs),
        "update_seconds": _mean([one for each in updates for one in each]),
        "last_update_seconds": _mean([each[-1] for each in updates]),
        "peak_mib": max(_number(run["peak_mib"]) for run in runs),
        "auc": fmean(run["measures"]["auc"] for run in runs),
        **{
            f"latency_p{percent}_ms": _percentile(latencies, percent) * 1e3
            for percent in LATENCY_PERCENTILES
        },
        **{f"stage_{name}_ms": _mean([one[name] for one in stages]) * 1e3 for name in STAGES},
        **{
            f"stage_{name}_median_ms": _percentile([one[name] for one in stages], 50) * 1e3
            for name in STAGES
        },
    }  # fmt: skip


def _joined(runs: Sequence[Run], key: str) -> list[Json]:
    return [one for run in runs for one in run[key]]


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else math.nan


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan


def _number(value: float | None) -> float:
    return math.nan if value is None else value  # as stored
