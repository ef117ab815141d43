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
    with torch.no_grad():
        features = extractor.features(boxes)
        scores = classifier(features)
        rank = scores[:, TARGET]
        if handicap is not None:
            rank = rank - torch.from_numpy(handicap).to(rank)
        best = rank.topk(min(count, len(boxes))).indices
        probability = scores[best].softmax(dim=1)[:, TARGET].mean()
        values = torch.stack([scores[best, TARGET].mean(), probability]).tolist()
    top = boxes[best.cpu().numpy()]
    return Sighting(top.mean(axis=0), top, features[best], *values)
