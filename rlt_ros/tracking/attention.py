# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention maps and the reciprocative regulariser (paper, section 3).

An attention map is the positive part of the derivative of a class score, Eq. 2. The regulariser
R of Eq. 3 and 4 trains the classifier only while the maps stay differentiable in its weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from rlt_ros.tracking.classifier import BACKGROUND, TARGET, Activations, Classifier
from rlt_ros.tracking.features import CROPS_PER_PASS

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
    feature_gradients: Tensor, images: Tensor, image_features: Callable[[Tensor], Tensor]
) -> Tensor:
    """Pull gradients at the features back to the image samples, through the frozen network.

    With J the network's Jacobian at each image this is J' g, linear in g. Training needs only its
    own derivative in g, J v, which forward-mode differentiation gives in two passes: a quarter of
    the time of autograd's double backward, with the same result.

    Args:
        feature_gradients: ``(K, N, D)`` derivatives of K scores with respect to the features.
        images: ``(N, C, H, W)`` float image samples.
        image_features: the frozen network, from images to features ``(N, D)``.

    Returns:
        ``(K, N, C, H, W)`` derivatives with respect to the images, differentiable in
        ``feature_gradients``.
    """
    parts = [
        _FrozenPullback.apply(gradients, chunk, image_features)
        for gradients, chunk in zip(
            feature_gradients.split(CROPS_PER_PASS, dim=1),
            images.split(CROPS_PER_PASS),
            strict=True,
        )
    ]
    return torch.cat(parts, dim=1)


class _FrozenPullback(torch.autograd.Function):
    """J' g of a frozen network, whose derivative in g is J."""

    @staticmethod
    def forward(
        ctx: Any, gradients: Tensor, images: Tensor, image_features: Callable[[Tensor], Tensor]
    ) -> Tensor:
        ctx.images, ctx.image_features = images, image_features
        with torch.enable_grad():
            inputs = images.detach().requires_grad_()
            features = image_features(inputs)
        pulled = [
            torch.autograd.grad(features, inputs, gradient, retain_graph=True)[0]
            for gradient in gradients
        ]
        return torch.stack(pulled)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        pushed = []
        with torch.no_grad(), forward_ad.dual_level():
            for tangents in grad_outputs[0]:
                features = ctx.image_features(forward_ad.make_dual(ctx.images, tangents))
                pushed.append(forward_ad.unpack_dual(features).tangent)
        return torch.stack(pushed), None, None


def regulariser(gradients: Tensor, is_target: Tensor, per_sample: bool) -> Tensor:
    """Return R summed over a mini-batch, Eq. 3 for targets and Eq. 4 for background.

    Args:
        gradients: ``(2, N, ...)`` derivatives of the background and of the target score.
        is_target: ``(N,)`` bool labels y.
        per_sample: sum the ratios of every sample, as Eq. 5 reads; otherwise each ratio is formed
            once per label from the summed deviations and means, as the authors' release does.
    """
    target = attention_statistics(gradients[TARGET])
    background = attention_statistics(gradients[BACKGROUND])
    total = gradients.new_zeros(())
    for label, (low, high) in ((True, (target, background)), (False, (background, target))):
        chosen = is_target == label
        if not chosen.any():
            continue
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
