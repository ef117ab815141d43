# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Features of image samples through the frozen network, and their derivatives by the images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.features.backbones import Backbone
from rlt_ros.tracking.features.backbones.linearisation import Linearised, LinearMap, chained

# Image samples per backbone pass: small enough to stay in a CPU's cache (twice as fast as one
# batch of 256), and no slower on a GPU.
CROPS_PER_PASS = 16


class ComputesFeatures(Protocol):
    """Something that computes features of image samples.

    Attributes:
        samples_per_call: how many it is best given at once.
    """

    samples_per_call: int

    def __call__(self, images: Tensor) -> Tensor:
        """Return features ``(N, D)`` of float images ``(N, 3, S, S)`` RGB 0..255."""


class ImageFeatures(nn.Module):
    """The backbone's coarsest map of an image sample, averaged to few cells.

    Args:
        backbone: frozen.
    """

    # conv3 of VGG-M has 3 x 3 cells for a sample; other backbones are averaged to as many.
    grid = 3
    samples_per_call = CROPS_PER_PASS

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> Tensor:
        """Return features ``(N, D)`` of float images ``(N, 3, S, S)`` RGB 0..255."""
        coarsest = self.backbone(images)[-1]
        if coarsest.shape[-1] != self.grid:
            coarsest = F.adaptive_avg_pool2d(coarsest, self.grid)
        return coarsest.permute(0, 2, 3, 1).flatten(1)

    def linearised(self, images: Tensor) -> Linearised:
        """Return what ``forward`` returns, and its derivative, see ``Backbone.linearised``."""
        maps, derivatives = zip(*self.backbone.linearised(images), strict=True)
        coarsest = maps[-1]
        channels, side = coarsest.shape[1], coarsest.shape[-1]
        # What each cell takes of each row, or column.
        every = torch.eye(side, dtype=coarsest.dtype, device=coarsest.device)
        shares = F.adaptive_avg_pool1d(every, self.grid).T

        def averaged(maps: Tensor) -> Tensor:
            return (shares @ maps @ shares.T).permute(0, 2, 3, 1).flatten(1)

        def spread(gradients: Tensor) -> Tensor:
            cells = gradients.unflatten(1, (self.grid, self.grid, channels)).permute(0, 3, 1, 2)
            return shares.T @ cells @ shares

        return averaged(coarsest), chained([*derivatives, LinearMap(averaged, spread)])


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
                        torch.autograd.grad(features, inputs, gradient, retain_graph=True)[0]
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
                (pulled,) = torch.autograd.grad(features, inputs, gradient, create_graph=True)
            pushed = [
                torch.autograd.grad(pulled, gradient, tangent, retain_graph=True)[0]
                for tangent in wanted
            ]
            parts.append(torch.stack(pushed))
        return torch.cat(parts, dim=1)


def _passes(images: Tensor, directions: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    split = images.split(CROPS_PER_PASS), directions.split(CROPS_PER_PASS, dim=1)
    for some, theirs in zip(*split, strict=True):
        check_stop()
        yield some, theirs
