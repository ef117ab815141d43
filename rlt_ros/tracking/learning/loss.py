# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loss that the classifier is trained with: cross entropy and attention (paper, Eq. 5)."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from rlt_ros.tracking.features.sample_derivatives import ImageDerivatives
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.attention import feature_gradients, image_gradients, regulariser
from rlt_ros.tracking.learning.classifier import Activations, Classifier, DropoutMasks
from rlt_ros.tracking.learning.evidence import evidence, evidence_regulariser
from rlt_ros.tracking.learning.training_settings import TrainingSettings


def loss(
    classifier: Classifier,
    positives: Samples,
    negatives: Samples,
    settings: TrainingSettings,
    masks: DropoutMasks | None = None,
    derivatives: ImageDerivatives | None = None,
) -> Tensor:
    """Return Eq. 5 of a mini-batch: cross entropy summed over it, plus lambda times R.

    With ``attention_weight`` 0 this is MDNet's loss, and nothing else is computed.

    Args:
        classifier: what is trained.
        positives, negatives: the mini-batch, P and N samples.
        settings: see ``TrainingSettings``.
        masks: of dropout, of P + N samples; None drops nothing.
        derivatives: see ``train``.
    """
    batch = Samples.joined([positives, negatives])
    features = batch.features
    activations = classifier.activations(features, masks)
    count = len(positives)
    is_target = torch.arange(len(features), device=features.device) < count
    result = F.cross_entropy(activations.scores, is_target.long(), reduction="sum")
    if settings.attention_weight > 0 and settings.evidence_parts:
        of_targets = Activations(*(one[:count] for one in activations))
        maps = evidence(classifier, of_targets, positives.features, settings.evidence_parts)
        result = result + settings.attention_weight * evidence_regulariser(maps)
    elif settings.attention_weight > 0:
        gradients = feature_gradients(classifier, activations)
        if derivatives is not None:
            if batch.images is None:
                raise ValueError("attention at the image needs samples with images")
            gradients = image_gradients(gradients, batch.images.to(features.dtype), derivatives)
        result = result + settings.attention_weight * regulariser(
            gradients, count, settings.attention_per_sample
        )
    return result
