# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the classifier sees the target: the mean of the best of some boxes (paper, section 4)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.classifier import BACKGROUND, TARGET, Classifier
from rlt_ros.tracking.features import FeatureExtractor


class Sighting(NamedTuple):
    """The best of some boxes.

    Attributes:
        box: ``(4,)`` their mean, x, y, w, h in pixels.
        boxes: ``(K, 4)`` the best boxes.
        features: ``(K, D)`` theirs.
        score: mean of their target scores before the soft-max.
        margin: mean of how far these exceed the background scores.
        probability: mean of the soft-max's probabilities, 0..1.
    """

    box: Boxes
    boxes: Boxes
    features: Tensor
    score: float
    margin: float
    probability: float


def best_sighting(
    classifier: Classifier, extractor: FeatureExtractor, boxes: Boxes, count: int
) -> Sighting:
    """Score boxes ``(N, 4)`` in the observed frame and return the ``count`` best of them."""
    with torch.no_grad():
        features = extractor.features(boxes)
        scores = classifier(features)
        best = scores[:, TARGET].topk(min(count, len(boxes)))
        chosen = scores[best.indices]
        values = torch.stack(
            [
                best.values.mean(),
                (chosen[:, TARGET] - chosen[:, BACKGROUND]).mean(),
                chosen.softmax(dim=1)[:, TARGET].mean(),
            ]
        ).tolist()
    top = boxes[best.indices.cpu().numpy()]
    return Sighting(top.mean(axis=0), top, features[best.indices], *values)
