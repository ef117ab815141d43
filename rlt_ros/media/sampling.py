# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evenly spaced samples of a stream whose length nobody knows beforehand."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item")


class EvenSamples(Generic[Item]):
    """Keeps few items of a stream and picks ``count`` evenly spaced ones at the end.

    It keeps the first item of every k positions and doubles k whenever ``4 * count`` are kept.
    A length that is known from the start only saves work: k then begins at the final spacing.
    """

    def __init__(self, count: int, expected_length: int | None = None) -> None:
        self._count = count
        self._stride = max(1, ((expected_length or 1) - 1) // max(1, count - 1))
        self._kept: list[tuple[int, Item]] = []

    def wants(self, position: int) -> bool:
        """Whether to ``add`` the item at this 0-based position; items may be costly to make."""
        return not self._kept or position // self._stride > self._kept[-1][0] // self._stride

    def add(self, position: int, item: Item) -> None:
        """Keep a wanted item; positions rise, some may be left out."""
        self._kept.append((position, item))
        if len(self._kept) >= 4 * self._count:
            self._stride *= 2
            firsts = {kept // self._stride: (kept, item) for kept, item in reversed(self._kept)}
            self._kept = [firsts[slot] for slot in sorted(firsts)]

    def pick(self) -> list[Item]:
        """Return up to ``count`` items, the first and the last kept one among them."""
        if not self._kept:
            return []
        positions = np.array([position for position, _ in self._kept])
        wished = np.linspace(positions[0], positions[-1], self._count)
        nearest = {int(np.abs(positions - wish).argmin()) for wish in wished}
        return [self._kept[index][1] for index in sorted(nearest)]
