# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How fast a run was, from the time of each frame."""

from __future__ import annotations

import pytest

from rlt_ros.benchmark.measures.speed import speed_measures


def test_the_start_is_told_apart_from_the_frames() -> None:
    assert speed_measures([2.0, 0.2, 0.4, 0.6, 0.4, 0.4]) == pytest.approx(
        {
            "fps": 2.5,
            "latency_p50_ms": 400.0,
            "latency_p95_ms": 560.0,
            "latency_p99_ms": 592.0,
            "init_seconds": 2.0,
        }
    )


@pytest.mark.parametrize("seconds", [[0.5], [0.5, 0.0]])
def test_a_run_without_a_timed_frame_has_no_speed(seconds: list[float]) -> None:
    measures = speed_measures(seconds)
    assert measures.pop("init_seconds") == 0.5
    names = ["fps", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms"]
    assert measures == dict.fromkeys(names, 0.0)
