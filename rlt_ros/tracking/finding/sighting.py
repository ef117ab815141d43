# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the classifier sees the target: the mean of the best of some boxes (paper, section 4)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.learning.classifier import TARGET, Classifier


class Sighting(NamedTuple):
    """The best of some boxes.

    Attributes:
        box: ``(4,)`` their mean, x, y, w, h in pixels.
        boxes: ``(K, 4)`` the best boxes.
        features: ``(K, D)`` theirs.
        score: mean of their target scores before the soft-max.
        probability: mean of the soft-max's probabilities, 0..1.
    """

    box: Boxes
    boxes: Boxes
    features: Tensor
    score: float
    probability: float


def best_sighting(
    classifier: Classifier,
    extractor: FeatureExtractor,
    boxes: Boxes,
    count: int,
    handicap: NDArray[np.float64] | None = None,
) -> Sighting:
    """Score boxes in the observed frame and return the best of them.

    Args:
        classifier: gives the scores.
        extractor: has observed the frame.
        boxes: ``(N, 4)``.
        count: how many are the best.
        handicap: ``(N,)`` what to take off their target scores for the choice; None is nothing.
    """
    count = min(count, len(boxes))
    runner = extractor.runner
    scoring = runner.twin("scoring", classifier)

    def chosen(features: Tensor, *handicaps: Tensor) -> tuple[Tensor, Tensor]:
        scores = scoring(features)
        rank = scores[:, TARGET]
        for one in handicaps:
            rank = rank - one.to(rank)
        best = rank.topk(count).indices
        probability = scores[best].softmax(dim=1)[:, TARGET].mean()
        means = torch.stack([scores[best, TARGET].mean(), probability])
        return features[best], torch.cat([means.double(), best.double()])

    handicaps = () if handicap is None else (handicap,)
    at_best, told = extractor.computed(("chosen", count), chosen, boxes, *handicaps)
    (at_best,) = runner.own([at_best])
    score, probability, *best = told.tolist()  # all that the host waits for
    top = boxes[np.array(best, dtype=np.int64)]
    return Sighting(top.mean(axis=0), top, at_best, score, probability)
