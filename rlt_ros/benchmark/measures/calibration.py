# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a tracker's score is what it says: the probability that its box is on the target.

Source of the measures: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017 (bins of
equal width), and Nguyen and O'Connor, EMNLP 2015 (bins of equal mass); Brier, 1950.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.frame_records import FrameRecord

BINS = 15


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Frames in bins by their score; empty bins are left out.

    Attributes:
        counts: ``(B,)`` frames in each.
        scores: ``(B,)`` their mean score.
        hit_rates: ``(B,)`` share of them whose box is on the target.
    """

    counts: NDArray[np.int64]
    scores: NDArray[np.float64]
    hit_rates: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean of abs(score - hit rate), weighed with the counts."""
        gaps = np.abs(self.scores - self.hit_rates)
        return float((gaps * self.counts).sum() / self.counts.sum())


def scored_frames(
    records: Iterable[FrameRecord],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return score, and whether the IoU is above 0.5, of all frames ``(K,)`` that can be judged.

    First frames are left out, and those without a score. Where there is no true box, a frame counts
    (as no hit) only if the target is known to be gone.
    """
    scores, hits = [np.empty(0)], [np.empty(0, dtype=np.bool_)]
    for record in records:
        judged = np.isfinite(record.scores)
        judged &= np.isfinite(record.overlaps) | (record.visible == 0)
        judged[0] = False
        scores.append(record.scores[judged])
        hits.append(record.hits[judged])
    return np.concatenate(scores), np.concatenate(hits)


def reliability_bins(
    scores: NDArray[np.float64],
    hits: NDArray[np.bool_],
    bins: int = BINS,
    *,
    equal_mass: bool = False,
) -> ReliabilityBins:
    """Put frames into bins by their score.

    Args:
        scores: ``(K,)`` 0..1.
        hits: ``(K,)``.
        bins: how many.
        equal_mass: bins of as equal numbers of frames as can be, in the order of the scores, in
            place of bins of equal width, which are closed above: a score of 0.2 is in the bin that
            ends there.

    Raises:
        ValueError: not as many hits as scores, none at all, or a score outside 0..1.
    """
    if scores.shape != hits.shape or not scores.size:
        raise ValueError(f"{scores.size} scores for {hits.size} hits; give one of each per frame")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("a score is not a probability; give numbers from 0 to 1")
    if equal_mass:
        order = np.argsort(scores, kind="stable")
        groups = [group for group in np.array_split(order, bins) if group.size]
    else:
        index = np.maximum(np.ceil(scores * bins).astype(int) - 1, 0)
        groups = [np.flatnonzero(index == one) for one in np.unique(index)]
    return ReliabilityBins(
        np.array([len(group) for group in groups]),
        np.array([scores[group].mean() for group in groups]),
        np.array([hits[group].mean() for group in groups]),
    )


def calibration_measures(scores: NDArray[np.float64], hits: NDArray[np.bool_]) -> dict[str, float]:
    """Return how far scores are from the probability that the IoU is above 0.5.

    Returns:
        ece: expected calibration error over 15 bins of equal width, 0 is best.
        ece_equal_mass: the same over 15 bins of equal numbers of frames.
        brier: mean squared difference of score and hit (1 or 0), 0 is best.
        All are NaN without any frame.
    """
    if not scores.size:
        return dict.fromkeys(("ece", "ece_equal_mass", "brier"), float("nan"))
    return {
        "ece": reliability_bins(scores, hits).error,
        "ece_equal_mass": reliability_bins(scores, hits, equal_mass=True).error,
        "brier": float(np.mean((scores - hits) ** 2)),
    }
