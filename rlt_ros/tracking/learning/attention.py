# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention maps and the reciprocative regulariser (paper, section 3).

An attention map is the positive part of the derivative of a class score, Eq. 2. The regulariser
R of Eq. 3 and 4 trains the classifier only while the maps stay differentiable in its weights.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rlt_ros.tracking.features.sample_derivatives import ImageDerivatives
from rlt_ros.tracking.learning.classifier import BACKGROUND, TARGET, Activations, Classifier

# Keeps the ratios finite for a map that is zero everywhere.
EPSILON = 1e-12


def feature_gradients(classifier: Classifier, activations: Activations) -> Tensor:
    """Return the derivatives of both scores with respect to the classifier's input features.

    The layers above the features are piecewise linear, so row c of fc6 pulled back through the
    gates is the gradient, as an ordinary forward expression in the weights: training on it needs
    one backward pass where autograd's ``create_graph=True`` needs two.

    Args:
        classifier: its weights.
        activations: of the forward pass on N samples.

    Returns:
        ``(2, N, features)``, indexed like the scores: background, target.

    Raises:
        ValueError: see ``pulled_back``.
    """
    return torch.stack(
        [pulled_back(classifier, activations, score) for score in (BACKGROUND, TARGET)]
    )


def pulled_back(classifier: Classifier, activations: Activations, score: int) -> Tensor:
    """Return the derivative ``(N, features)`` of one score, see ``feature_gradients``.

    Raises:
        ValueError: the classifier has an attention module, through which this does not go.
    """
    if classifier.attention is not None:
        raise ValueError("attention at the features needs a classifier without attention module")
    at_fc5 = classifier.fc6.weight[score] * activations.gates5
    at_fc4 = (at_fc5 @ classifier.fc5.weight) * activations.gates4
    return at_fc4 @ classifier.fc4.weight


def image_gradients(
    feature_gradients: Tensor, images: Tensor, derivatives: ImageDerivatives
) -> Tensor:
    """Pull gradients at the features back to the image samples, through the frozen network.

    With J the network's Jacobian at each image this is J' g, linear in g. Training needs only its
    own derivative in g, J v: a fraction of the time of autograd's double backward, with the same
    result.

    Args:
        feature_gradients: ``(K, N, D)`` derivatives of K scores with respect to the features.
        images: ``(N, C, H, W)`` float image samples.
        derivatives: products with J.

    Returns:
        ``(K, N, C, H, W)`` derivatives with respect to the images, differentiable in
        ``feature_gradients``.
    """
    pulled: Tensor = _FrozenPullback.apply(feature_gradients, images, derivatives)
    return pulled


class _FrozenPullback(torch.autograd.Function):
    """J' g of a frozen network, whose derivative in g is J."""

    @staticmethod
    def forward(
        ctx: Any, gradients: Tensor, images: Tensor, derivatives: ImageDerivatives
    ) -> Tensor:
        ctx.images, ctx.derivatives = images, derivatives
        return derivatives.pulled(images, gradients)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        return ctx.derivatives.pushed(ctx.images, grad_outputs[0]), None, None


def regulariser(gradients: Tensor, targets: int, per_sample: bool) -> Tensor:
    """Return R summed over a mini-batch, Eq. 3 for targets and Eq. 4 for background.

    Args:
        gradients: ``(2, N, ...)`` derivatives of the background and of the target score.
        targets: how many of the samples are targets; they are the first, the rest background.
        per_sample: sum the ratios of every sample, as Eq. 5 reads; otherwise each ratio is formed
            once per label from the summed deviations and means, as the authors' release does.
    """
    target = attention_statistics(gradients[TARGET])
    background = attention_statistics(gradients[BACKGROUND])
    total = gradients.new_zeros(())
    for chosen, low, high in (
        (slice(targets), target, background),
        (slice(targets, None), background, target),
    ):
        # Even attention to the sample's own class: small sigma / mu. Uneven to the other class.
        for numerator, denominator in ((low[0], low[1]), (high[1], high[0])):
            above, below = numerator[chosen], denominator[chosen]
            if per_sample:
                total = total + (above / (below + EPSILON)).sum()
            else:
                total = total + above.sum() / (below.sum() + EPSILON)
    return total


def attention_statistics(gradients: Tensor) -> tuple[Tensor, Tensor]:
    """Return standard deviation and mean ``(N,)`` of the attention maps of N samples.

    Args:
        gradients: ``(N, ...)`` derivatives of one score; their positive part is the map (Eq. 2).
    """
    maps = torch.relu(gradients).flatten(1)
    return maps.std(dim=1, correction=0), maps.mean(dim=1)
