# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The classifier: three fully connected layers, started at random and trained online.

Paper, section 5, "Implementation details": MDNet's shape, fc4-fc6, scores (background, target).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking.learning.blank_linear import BlankLinear
from rlt_ros.tracking.learning.feature_attention import FeatureAttention

BACKGROUND, TARGET = 0, 1


class Activations(NamedTuple):
    """What a forward pass leaves behind.

    Attributes:
        scores: ``(N, 2)`` background and target scores before the soft-max.
        gates4: ``(N, hidden)`` derivative of fc4's ReLU and dropout.
        gates5: ``(N, hidden)`` derivative of fc5's ReLU and dropout.
    """

    scores: Tensor
    gates4: Tensor
    gates5: Tensor


class DropoutMasks(NamedTuple):
    """Which hidden units stay while training.

    Attributes:
        after_fc4, after_fc5: ``(N, hidden)`` 1 for those that do, else 0.
    """

    after_fc4: Tensor
    after_fc5: Tensor


class Classifier(nn.Module):
    """fc4, fc5, fc6 with ReLU and dropout between.

    Args:
        features: numbers per sample.
        hidden: width of fc4 and fc5.
        dropout: probability of dropping a hidden unit while training.
        generator: source of the random start (normal with deviation 0.01, biases 0.1, fc6's 0).
        attend: put a ``FeatureAttention`` before fc4.
        scoring_dtype: in which ``forward`` computes fc4, most of its work; None: as it is given.
    """

    def __init__(
        self,
        features: int,
        hidden: int,
        dropout: float,
        generator: torch.Generator,
        attend: bool = False,
        scoring_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.scoring_dtype = scoring_dtype
        self.fc4 = BlankLinear(features, hidden, dtype=torch.float32)
        self.fc5 = BlankLinear(hidden, hidden, dtype=torch.float32)
        self.fc6 = BlankLinear(hidden, 2, dtype=torch.float32)
        for layer in (self.fc4, self.fc5, self.fc6):
            nn.init.normal_(layer.weight, 0.0, 0.01, generator=generator)
            nn.init.constant_(layer.bias, 0.0 if layer is self.fc6 else 0.1)
        # Last, so that the layers above start as they do without it.
        self.attention = FeatureAttention(features, generator) if attend else None

    def forward(self, features: Tensor) -> Tensor:
        """Return scores ``(N, 2)`` of features ``(N, features)``, without dropout."""
        if self.attention is not None:
            features = self.attention(features)
        dtype = self.scoring_dtype or features.dtype
        hidden4 = F.linear(
            features.to(dtype), self.fc4.weight.to(dtype), self.fc4.bias.to(dtype)
        ).to(features.dtype)
        return self.fc6(torch.relu(self.fc5(torch.relu(hidden4))))

    def dropout_masks(self, count: int, generator: torch.Generator) -> DropoutMasks | None:
        """Draw which hidden units of ``count`` samples stay; None where none is ever dropped.

        Args:
            count: N.
            generator: source of randomness, on the classifier's device.
        """
        if self.dropout == 0:
            return None
        like, keep = self.fc5.weight, 1.0 - self.dropout
        after_fc4, after_fc5 = (
            like.new_empty((count, len(like))).bernoulli_(keep, generator=generator)
            for _ in range(2)
        )
        return DropoutMasks(after_fc4, after_fc5)

    def activations(self, features: Tensor, masks: DropoutMasks | None = None) -> Activations:
        """Return scores and gates of features ``(N, features)``.

        Args:
            features: ``(N, features)``.
            masks: of dropout; None drops nothing.
        """
        if self.attention is not None:
            features = self.attention(features)
        after_fc4, after_fc5 = masks or (None, None)
        hidden4 = self.fc4(features)
        gates4 = self._gates(hidden4, after_fc4)
        hidden5 = self.fc5(hidden4 * gates4)
        gates5 = self._gates(hidden5, after_fc5)
        return Activations(self.fc6(hidden5 * gates5), gates4, gates5)

    def _gates(self, hidden: Tensor, kept: Tensor | None) -> Tensor:
        gates = (hidden.detach() > 0).to(hidden.dtype)
        return gates if kept is None else gates * kept / (1.0 - self.dropout)
