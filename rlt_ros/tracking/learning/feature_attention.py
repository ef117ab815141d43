# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention as a module in front of the classifier: what the paper compares its training with.

Paper, section 5.1 and Table 2: "adding an attention module to generate feature weights", learned
with the plain classification loss. The paper does not say more of the module.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlt_ros.tracking.learning.blank_linear import BlankLinear

# Features per unit of the hidden layer (Hu, Shen and Sun, CVPR 2018, found 16 a good trade).
REDUCTION = 16


class FeatureAttention(nn.Module):
    """Weighs every feature of a sample by what all of them tell.

    Squeeze and excitation (Hu, Shen and Sun, "Squeeze-and-Excitation Networks", CVPR 2018), on the
    classifier's input x instead of on pooled channels, so that each weight belongs to one channel
    at one place in the box::

        w = 2 sigmoid(W2 relu(W1 x + b1) + b2),  output w * x

    W1 starts at random (He initialisation, b1 = 0), W2 and b2 at 0: all weights are 1 at first, and
    the tracker starts as the baseline without the module. It is trained at the last layer's rate;
    at the others' it would hardly move in a tracker's few steps.

    Args:
        features: numbers per sample.
        generator: source of the random start.
    """

    def __init__(self, features: int, generator: torch.Generator) -> None:
        super().__init__()
        units = max(1, features // REDUCTION)
        self.squeeze = BlankLinear(features, units, dtype=torch.float32)
        self.excite = BlankLinear(units, features, dtype=torch.float32)
        nn.init.kaiming_normal_(self.squeeze.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(self.squeeze.bias)
        nn.init.zeros_(self.excite.weight)
        nn.init.zeros_(self.excite.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Return features ``(N, features)``, weighed."""
        return features * self.weights(features)

    def weights(self, features: Tensor) -> Tensor:
        """Return the weights ``(N, features)``, 0 to 2, of features ``(N, features)``."""
        return 2.0 * torch.sigmoid(self.excite(torch.relu(self.squeeze(features))))
