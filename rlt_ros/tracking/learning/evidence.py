# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention as evidence: how much each part of a box adds to the target score.

The paper's attention is the positive part of the score's derivative at every pixel (Eq. 2). At
the few hundred channels of a feature map those derivatives have about the same spread whatever was
learned, and a regulariser on them moves nothing. Times the features and summed over the channels,
they say what a place in the box contributes to the score; to even that out over the places (the
sigma / mu of Eq. 3) does teach the classifier to use the whole target.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from rlt_ros.tracking.features.extractor import FeaturePart
from rlt_ros.tracking.learning.attention import EPSILON, attention_statistics, pulled_back
from rlt_ros.tracking.learning.classifier import TARGET, Activations, Classifier


def evidence(
    classifier: Classifier, activations: Activations, features: Tensor, parts: Iterable[FeaturePart]
) -> list[Tensor]:
    """Return what each bin of N boxes adds to their target scores.

    Args:
        classifier: its weights.
        activations: of the forward pass on the features.
        features: ``(N, D)`` the classifier's input.
        parts: what the D features are.

    Returns:
        ``(N, bins)`` for each part, differentiable in the weights; negative where a bin speaks
        against the target.

    Raises:
        ValueError: see ``pulled_back``.
    """
    added = pulled_back(classifier, activations, TARGET) * features
    sizes = [part.channels * part.bins for part in parts]
    return [
        piece.unflatten(1, (part.bins, part.channels)).sum(dim=2)
        for piece, part in zip(added.split(sizes, dim=1), parts, strict=True)
    ]


def evidence_regulariser(maps: list[Tensor]) -> Tensor:
    """Return sigma / mu of the evidence in target samples, Eq. 3, summed over the samples.

    The mean over the maps counts. The background score's part of Eq. 3, and Eq. 4, are left out:
    they were measured to cost accuracy here.

    Args:
        maps: ``(N, bins)`` each; their positive part is the attention.
    """
    total = maps[0].new_zeros(())
    for one in maps:
        deviation, mean = attention_statistics(one)
        total = total + (deviation / (mean + EPSILON)).sum()
    return total / len(maps)
