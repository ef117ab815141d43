# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VOT-2016's measures of supervised runs: accuracy, robustness and expected average overlap.

They are computed as VOT's toolkit computes them, so that the same files give the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.vot_overlap import Shape, region_overlaps
from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED, Region

BURN_IN = 10  # frames from a start that do not count for accuracy
EAO_INTERVAL = (108, 371)  # frames: typical lengths of VOT-2016's sequences
SENSITIVITY = 30.0  # frames of failure-free tracking that reliability is about


@dataclass(frozen=True)
class JudgedRun:
    """A supervised run beside the truth.

    Attributes:
        regions: see ``supervised_run``.
        overlaps: ``(N,)`` in 0..1, see ``region_overlaps``.
    """

    regions: Sequence[Region]
    overlaps: NDArray[np.float64]

    @property
    def failures(self) -> int:
        """How often the target was lost."""
        return len(self._frames(FAILED))

    def fragments(self) -> list[tuple[NDArray[np.float64], bool]]:
        """Return for each start the overlaps from there, and whether the end was reached.

        A fragment that failed ends before the failure. Frames without truth are left out.
        """
        starts, failures = self._frames(INITIALISED), self._frames(FAILED)
        parts = [
            (self.overlaps[start:end], False) for start, end in zip(starts, failures, strict=False)
        ]
        if len(starts) > len(failures):
            parts.append((self.overlaps[starts[-1] :], True))
        return [(overlaps[~np.isnan(overlaps)], complete) for overlaps, complete in parts]

    def counted_overlaps(self, burn_in: int = BURN_IN) -> NDArray[np.float64]:
        """Return the overlaps ``(N,)`` that accuracy is the mean of, and NaN elsewhere."""
        counted = self.overlaps.copy()
        for code in (SKIPPED, FAILED):
            counted[self._frames(code)] = np.nan
        for start in self._frames(INITIALISED):
            # At least the frame of the start itself, which has no box of the tracker's.
            counted[start : start + max(burn_in, 1)] = np.nan
        return counted

    def _frames(self, code: int) -> list[int]:
        return [
            index
            for index, region in enumerate(self.regions)
            if isinstance(region, int) and region == code
        ]


def judge(regions: list[Region], truth: list[Shape], image_size: tuple[int, int]) -> JudgedRun:
    """Compare a run with the truth; see ``region_overlaps`` for what is wanted and returned."""
    return JudgedRun(regions, region_overlaps(regions, truth, image_size))


def sequence_measures(runs: Sequence[JudgedRun], burn_in: int = BURN_IN) -> dict[str, float]:
    """Return the means over a tracker's runs on one sequence.

    Returns:
        accuracy: mean overlap of the frames that count; 0 where none does.
        failures: how often the target was lost.
        frames: the sequence's length.
    """
    accuracies = []
    for run in runs:
        counted = run.counted_overlaps(burn_in)
        counted = counted[~np.isnan(counted)]
        accuracies.append(float(counted.mean()) if counted.size else 0.0)
    return {
        "accuracy": fmean(accuracies),
        "failures": fmean(run.failures for run in runs),
        "frames": float(len(runs[0].regions)),
    }


def vot_measures(
    sequences: Mapping[str, Sequence[JudgedRun]],
    eao_interval: tuple[int, int] = EAO_INTERVAL,
    burn_in: int = BURN_IN,
) -> dict[str, float]:
    """Return one tracker's measures over all sequences.

    Args:
        sequences: its runs (VOT asks for 15 of trackers that are not deterministic) by sequence.
        eao_interval: first and last length in frames that the expected overlap is averaged over.
        burn_in: frames from a start that do not count for accuracy.

    Returns:
        accuracy: mean overlap, sequences weighted with their lengths.
        robustness: mean number of failures in a sequence, weighted in the same way.
        reliability: exp(-30 robustness / mean length), the chance of 30 frames without failure.
        failures: number of failures in all sequences together.
        eao: expected average overlap; NaN where no sequence is as long as the interval's start.
    """
    each = [sequence_measures(runs, burn_in) for runs in sequences.values()]
    frames = [one["frames"] for one in each]
    accuracy, robustness = (
        float(np.average([one[name] for one in each], weights=frames))
        for name in ("accuracy", "failures")
    )
    curve = expected_overlap_curve(run for runs in sequences.values() for run in runs)
    return {
        "accuracy": accuracy,
        "robustness": robustness,
        "reliability": math.exp(-SENSITIVITY * robustness / fmean(frames)),
        "failures": sum(one["failures"] for one in each),
        "eao": expected_average_overlap(curve, eao_interval),
    }


def expected_overlap_curve(runs: Iterable[JudgedRun]) -> NDArray[np.float64]:
    """Return the overlap to expect on average over 0, 1, 2 ... frames after a start, ``(L,)``.

    Each start to a failure or to the end is a sample. After a failure the overlap is 0 for ever;
    a sample that reached its sequence's end says nothing about longer ones. The frame of the start
    does not count, and no burn-in is left out. L is the longest sample.

    Raises:
        ValueError: there is no start at all.
    """
    fragments = [fragment for run in runs for fragment in run.fragments()]
    if not fragments:
        raise ValueError("no tracker was ever started: no line of the results is a lone 1")
    length = max(len(overlaps) for overlaps, _ in fragments)
    total, samples = np.zeros(length), np.zeros(length)
    for overlaps, complete in fragments:
        padded = np.zeros(length)
        padded[1 : len(overlaps)] = overlaps[1:]
        known = slice(len(overlaps) if complete else length)
        total[known] += (np.cumsum(padded) / np.maximum(np.arange(length), 1))[known]
        samples[known] += 1
    return total / samples


def expected_average_overlap(
    curve: NDArray[np.float64], interval: tuple[int, int] = EAO_INTERVAL
) -> float:
    """Return the curve's mean over an interval of lengths, both ends included.

    What the curve does not reach is left out, as VOT's toolkit does; NaN where nothing is left.
    """
    part = curve[interval[0] : interval[1] + 1]
    return float(part.mean()) if part.size else float("nan")
