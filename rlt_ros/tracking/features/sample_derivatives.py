# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Derivatives of image samples' features by the images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor, nn

from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.features.backbones.linearisation import LinearMap
from rlt_ros.tracking.features.sample_network import ImageFeatures, crops_per_pass
from rlt_ros.tracking.features.vector_jacobian import vector_jacobian


class ImageDerivatives(Protocol):
    """Products with J, the derivative of features by images.

    ``images`` are ``(N, C, H, W)`` float; K directions are taken at once.
    """

    def pulled(self, images: Tensor, gradients: Tensor) -> Tensor:
        """Return J' g ``(K, N, C, H, W)`` of gradients ``(K, N, D)``."""

    def pushed(self, images: Tensor, tangents: Tensor) -> Tensor:
        """Return J v ``(K, N, D)`` of tangents ``(K, N, C, H, W)``."""


class AutogradDerivatives:
    """Products with J by PyTorch, see ``ImageDerivatives``.

    Args:
        network: the frozen network, from images to features ``(N, D)``.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    def pulled(self, images: Tensor, gradients: Tensor) -> Tensor:
        """See ``ImageDerivatives.pulled``."""
        parts = []
        for some, wanted in _passes(images, gradients):
            with torch.enable_grad():
                inputs = some.detach().requires_grad_()
                features = self._network(inputs)
            parts.append(
                torch.stack(
                    [
                        vector_jacobian([features], [inputs], [gradient], retain_graph=True)[0]
                        for gradient in wanted
                    ]
                )
            )
        return torch.cat(parts, dim=1)

    def pushed(self, images: Tensor, tangents: Tensor) -> Tensor:
        """See ``ImageDerivatives.pushed``.

        J' g is linear in g, so its derivative along v is J v. PyTorch's forward mode would give
        the same, but only one thread of a process can use it.
        """
        parts = []
        for some, wanted in _passes(images, tangents):
            with torch.enable_grad():
                inputs = some.detach().requires_grad_()
                features = self._network(inputs)
                gradient = torch.zeros_like(features, requires_grad=True)
                (pulled,) = vector_jacobian([features], [inputs], [gradient], create_graph=True)
            pushed = [
                vector_jacobian([pulled], [gradient], [tangent], retain_graph=True)[0]
                for tangent in wanted
            ]
            parts.append(torch.stack(pushed))
        return torch.cat(parts, dim=1)


class LinearisedDerivatives:
    """Products with J by its layers, written out, see ``ImageDerivatives``.

    A step of training wants J' g, and then J v of the same images: they pass the network once.

    Args:
        network: frozen, its backbone linearisable.
    """

    def __init__(self, network: ImageFeatures) -> None:
        self._network = network
        self._last: tuple[Tensor, LinearMap] | None = None  # images and J there

    def pulled(self, images: Tensor, gradients: Tensor) -> Tensor:
        """See ``ImageDerivatives.pulled``."""
        with torch.no_grad():
            _, derivative = self._network.linearised(images)
            self._last = images, derivative
            return torch.stack([derivative.pulled(one) for one in gradients])

    def pushed(self, images: Tensor, tangents: Tensor) -> Tensor:
        """See ``ImageDerivatives.pushed``."""
        last, self._last = self._last, None
        with torch.no_grad():
            derivative = last[1] if last is not None and last[0] is images else None
            if derivative is None:
                _, derivative = self._network.linearised(images)
            return torch.stack([derivative.pushed(one) for one in tangents])


def _passes(images: Tensor, directions: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    count = crops_per_pass(images.device)
    split = images.split(count), directions.split(count, dim=1)
    for some, theirs in zip(*split, strict=True):
        check_stop()
        yield some, theirs
