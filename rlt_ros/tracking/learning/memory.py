# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples of past frames, bounded (MDNet's long- and short-term memory)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.state import Kept, State, as_array


@dataclass(frozen=True)
class RememberedSamples:
    """Some rows of a table of samples, not copied.

    Attributes:
        table: the samples.
        rows: ``(N,)`` int64, which of them.
    """

    table: Samples
    rows: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Tensor) -> Samples:
        """Return the samples at ``index`` ``(M,)`` of the N."""
        return self.table[self.rows[index]]


class SampleMemory:
    """Positive and negative samples of the latest frames that were tracked with success.

    They lie in tables that are filled in place, so an update need not copy them. While one learns
    from a ``snapshot``, new frames wait until ``release``.

    Args:
        long_term: frames of positive samples to keep.
        short_term: frames of negative samples to keep, and of both for short-term updates.
        positives: most positive samples of a frame; the first may have any number.
        negatives: the same of negative samples.
    """

    def __init__(self, long_term: int, short_term: int, positives: int, negatives: int) -> None:
        self._short_term = short_term
        self._positives = _Table(long_term, positives)
        self._negatives = _Table(short_term, negatives)
        self._in_use = False
        self._waiting: list[tuple[Samples, Samples]] = []

    def add(self, positives: Samples, negatives: Samples) -> None:
        """Remember one frame's samples; the oldest frame's go."""
        if self._in_use:
            self._waiting.append((positives, negatives))
            return
        if len(positives):
            self._positives.add(positives)
        if len(negatives):
            self._negatives.add(negatives)

    def snapshot(self, long_term: bool) -> tuple[RememberedSamples, RememberedSamples] | None:
        """Return (positives, negatives) to train on, or None where one of them is missing.

        They stay as they are until ``release``, so training may go on in another thread while
        frames are added.
        """
        positives = self._positives.latest(None if long_term else self._short_term)
        negatives = self._negatives.latest(None)
        if positives is None or negatives is None:
            return None
        self._in_use = True
        return positives, negatives

    def release(self) -> None:
        """Say that the last snapshot is no longer in use."""
        self._in_use = False
        waiting, self._waiting = self._waiting, []
        for positives, negatives in waiting:
            self.add(positives, negatives)

    def state(self) -> State:
        """Return what is remembered, for ``restore``; those that wait for ``release`` too."""
        return {
            "positives": self._positives.state([one for one, _ in self._waiting]),
            "negatives": self._negatives.state([one for _, one in self._waiting]),
        }

    def restore(self, kept: Kept, sample: Samples) -> None:
        """Remember what was kept, and nothing else.

        Args:
            kept: see ``state``.
            sample: none ``(0, D)``, of the kind that is wanted, on the device.

        Raises:
            InvalidTargetError: it is not of that kind.
        """
        self._positives.restore(kept.part("positives"), sample)
        self._negatives.restore(kept.part("negatives"), sample)


class _Table:
    """Samples of the latest frames: the first one's rows, then a ring of rows for those after."""

    def __init__(self, frames: int, rows_per_frame: int) -> None:
        self._frames, self._rows_per_frame = frames, rows_per_frame
        self._rows: deque[Tensor] = deque(maxlen=frames)  # of each frame, oldest first
        self._table: Samples | None = None
        self._start = self._slot = 0

    def add(self, samples: Samples) -> None:
        if self._table is None:
            self._start = len(samples)
            self._table = samples.extended(self._frames * self._rows_per_frame)
            first = 0
        else:
            first = self._start + self._slot * self._rows_per_frame
            self._slot = (self._slot + 1) % self._frames
            self._table.overwrite(first, samples)
        device = samples.features.device
        self._rows.append(torch.arange(first, first + len(samples), device=device))

    def latest(self, frames: int | None) -> RememberedSamples | None:
        """Return the samples of the latest frames (None: of all), None where there are none."""
        if self._table is None:
            return None
        rows = list(self._rows)[-(frames or 0) :]
        return RememberedSamples(self._table, torch.cat(rows))

    def state(self, waiting: list[Samples]) -> State:
        """Return the samples, frame after frame, and how many each has."""
        known = self.latest(None)
        parts = [] if known is None else [known.table[known.rows]]
        more = [samples for samples in waiting if len(samples)]
        counts = np.array([*map(len, self._rows), *map(len, more)], np.int64)
        if not (parts := [*parts, *more]):
            return {"frames": counts, "features": None, "images": None}
        joined = parts[0] if len(parts) == 1 else Samples.joined(parts)
        images = None if joined.images is None else as_array(joined.images)
        return {"frames": counts, "features": as_array(joined.features), "images": images}

    def restore(self, kept: Kept, sample: Samples) -> None:
        """Hold the samples of a ``state``; ``sample`` as for ``SampleMemory.restore``."""
        counts = kept.array("frames", (None,), np.int64)
        if not len(counts):
            kept.choice("features", (None,))
            return
        device, total = sample.features.device, int(counts.sum())
        features = kept.tensor("features", (total, sample.features.shape[1]), device)
        images = None
        if sample.images is not None:
            images = kept.tensor("images", (total, *sample.images.shape[1:]), device, np.uint8)
        if (counts < 1).any() or (counts[1:] > self._rows_per_frame).any():
            raise kept.misfit("frames", "does not fit frame_positives and frame_negatives")
        for some in torch.arange(total, device=device).split(counts.tolist()):
            self.add(Samples(features, images)[some])
