# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples of past frames, bounded (MDNet's long- and short-term memory)."""

from __future__ import annotations

from collections import deque

from rlt_ros.tracking.features import Samples


class SampleMemory:
    """Positive and negative samples of the latest frames that were tracked with success.

    Args:
        long_term: frames of positive samples to keep.
        short_term: frames of negative samples to keep, and of both for short-term updates.
    """

    def __init__(self, long_term: int, short_term: int) -> None:
        self._short_term = short_term
        self._positives: deque[Samples] = deque(maxlen=long_term)
        self._negatives: deque[Samples] = deque(maxlen=short_term)

    def add(self, positives: Samples, negatives: Samples) -> None:
        """Remember one frame's samples; the oldest frame's go."""
        if len(positives.features):
            self._positives.append(positives)
        if len(negatives.features):
            self._negatives.append(negatives)

    def snapshot(self, long_term: bool) -> tuple[Samples, Samples] | None:
        """Return (positives, negatives) to train on, or None where one of them is missing.

        The tensors are copies, so training may go on in another thread while frames are added.
        """
        positives = list(self._positives)
        if not long_term:
            positives = positives[-self._short_term :]
        if not positives or not self._negatives:
            return None
        return Samples.joined(positives), Samples.joined(list(self._negatives))
