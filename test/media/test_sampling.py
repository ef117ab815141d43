# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from rlt_ros.media.sampling import EvenSamples


def picked(
    positions: Iterable[int], count: int, expected: int | None = None
) -> tuple[list[int], int]:
    samples: EvenSamples[int] = EvenSamples(count, expected)
    made = 0
    for position in positions:
        if samples.wants(position):
            samples.add(position, position)
            made += 1
    return samples.pick(), made


@pytest.mark.parametrize("length", [1, 3, 8, 31, 120, 1000, 12345])
@pytest.mark.parametrize("known", [True, False])
def test_samples_are_evenly_spaced(length: int, known: bool) -> None:
    chosen, _ = picked(range(length), 8, length if known else None)
    assert chosen[0] == 0
    assert len(chosen) == min(8, length)
    assert chosen[-1] >= 0.85 * (length - 1)
    if length > 8:
        gaps = np.diff(chosen)
        assert gaps.max() <= 1.7 * (length - 1) / 7


def test_known_length_saves_work() -> None:
    assert picked(range(1000), 8, 1000)[1] <= 9
    assert picked(range(1000), 8)[1] > 32


def test_positions_may_be_missing() -> None:
    chosen, _ = picked(range(0, 120, 7), 8, 120)
    assert len(chosen) >= 7
    assert np.diff(chosen).max() <= 28


def test_nothing_gives_nothing() -> None:
    assert picked([], 8)[0] == []
