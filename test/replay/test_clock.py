# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

import pytest

from rlt_ros.replay.clock import ReplayClock


def test_clock_stands_until_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = 5_000
    monkeypatch.setattr(time, "monotonic_ns", lambda: wall)
    clock = ReplayClock(1_000_000, rate=2.0)
    wall += 700
    assert clock.now_ns() == 1_000_000
    clock.start()
    wall += 100
    assert clock.now_ns() == 1_000_200
    assert clock.seconds_until(1_001_200) == pytest.approx(500e-9)
    assert clock.seconds_until(1_000_000) < 0


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_rate_must_be_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match="replay rate"):
        ReplayClock(0, rate)
