# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings with which a tracker learns little, and so is quick."""

from __future__ import annotations

from collections.abc import Mapping

from rlt_ros.tracking.settings import Value

SETTINGS: dict[str, Value] = {
    "device": "cpu",
    "backbone_runtime": "pytorch",  # OpenVINO takes seconds to convert the networks
    "initial_negatives": 200,
    "initial_positives": 50,
    "regression_samples": 50,
    "background_swaps": 0,
    "turned_looks": 0,
    "initial_iterations": 5,
}


def as_options(settings: Mapping[str, Value]) -> list[str]:
    """Return settings as the command line takes them."""
    return [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
