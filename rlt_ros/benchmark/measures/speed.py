# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How fast a run was."""

from __future__ import annotations

import numpy as np

LATENCY_PERCENTILES = (50, 95, 99)


def speed_measures(seconds: list[float]) -> dict[str, float]:
    """Return how fast a run was.

    Args:
        seconds: time of the start on the first frame, then of each frame; reading images excluded.

    Returns:
        fps: frames per second without the first frame, 0 where there is no other.
        latency_p50_ms, latency_p95_ms, latency_p99_ms: percentiles of the time per frame, without
            the first.
        init_seconds: of the first frame.
    """
    frames = np.array(seconds[1:])
    percentiles = np.percentile(frames, LATENCY_PERCENTILES) * 1e3 if len(frames) else [0.0] * 3
    return {
        "fps": len(frames) / float(frames.sum()) if frames.sum() else 0.0,
        **{
            f"latency_p{percent}_ms": float(value)
            for percent, value in zip(LATENCY_PERCENTILES, percentiles, strict=True)
        },
        "init_seconds": seconds[0],
    }
