# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random weights in the layout of imagenet-vgg-m.mat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def matconvnet_layers(rng: np.random.Generator) -> NDArray[np.object_]:
    """Layers in the order of imagenet-vgg-m.mat: convolutions at 0, 4 and 8."""
    shapes = {0: (7, 7, 3, 96), 4: (5, 5, 96, 256), 8: (3, 3, 256, 512)}
    layers = np.empty((1, 9), dtype=object)
    for index in range(9):
        layer: dict[str, Any] = {"name": f"layer{index}", "type": "relu"}
        if index in shapes:
            filters = rng.normal(0, 0.01, shapes[index]).astype(np.float32)
            weights = np.empty((1, 2), dtype=object)
            weights[0, 0] = filters
            weights[0, 1] = rng.normal(size=(shapes[index][-1], 1)).astype(np.float32)
            layer = {"name": f"conv{index}", "type": "conv", "weights": weights}
        layers[0, index] = layer
    return layers
