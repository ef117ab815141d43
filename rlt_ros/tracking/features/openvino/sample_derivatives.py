# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Derivatives of image samples' features by the images, computed by OpenVINO."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlt_ros.tracking.features.openvino.inference import OpenVinoSamples
from rlt_ros.tracking.features.sample_network import ImageFeatures

_BATCH = 4  # the fastest of several


class OpenVinoDerivatives:
    """Derivatives of features by image samples, in float32, see ``ImageDerivatives``.

    Args:
        network: frozen, its backbone linearisable; its weights are taken over.
        size: side of the samples.
        threads: CPU threads.

    Raises:
        ConfigError: the installed OpenVINO cannot do it.
    """

    def __init__(self, network: ImageFeatures, size: int, threads: int) -> None:
        image = (3, size, size)
        features = (network.grid**2 * network.backbone.levels[-1].channels,)
        batch = _BATCH
        pull, push = _Product(network, pull=True), _Product(network, pull=False)
        self._pulled = OpenVinoSamples(pull, "pulled", [image, features, features], batch, threads)
        self._pushed = OpenVinoSamples(push, "pushed", [image, image, image], batch, threads)

    def pulled(self, images: Tensor, gradients: Tensor) -> Tensor:
        """See ``ImageDerivatives.pulled``; K is 2."""
        return torch.stack(self._pulled(images, *gradients.detach()))

    def pushed(self, images: Tensor, tangents: Tensor) -> Tensor:
        """See ``ImageDerivatives.pushed``; K is 2."""
        return torch.stack(self._pushed(images, *tangents.detach()))


class _Product(nn.Module):
    """J' g, or J v, of several directions: J of a network at images."""

    def __init__(self, network: ImageFeatures, pull: bool) -> None:
        super().__init__()
        self._network = network
        self._pull = pull

    def forward(self, images: Tensor, *directions: Tensor) -> tuple[Tensor, ...]:
        _, derivative = self._network.linearised(images)
        multiply = derivative.pulled if self._pull else derivative.pushed
        return tuple(multiply(direction) for direction in directions)
