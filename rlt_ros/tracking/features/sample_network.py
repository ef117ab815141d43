# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frozen network that computes features of image samples."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking.features.backbones import Backbone
from rlt_ros.tracking.features.backbones.linearisation import Linearised, LinearMap, chained

# Image samples per backbone pass: small enough to stay in a CPU's cache (twice as fast as one
# batch of 256); a GPU has more to do at once.
CROPS_PER_PASS, CROPS_PER_GPU_PASS = 16, 128


def crops_per_pass(device: torch.device) -> int:
    """Return how many image samples the backbone is best given at once."""
    return CROPS_PER_PASS if device.type == "cpu" else CROPS_PER_GPU_PASS


class ComputesFeatures(Protocol):
    """Something that computes features of image samples.

    Attributes:
        samples_per_call: how many it is best given at once, on a CPU.
    """

    samples_per_call: int

    def __call__(self, images: Tensor) -> Tensor:
        """Return features ``(N, D)`` of float images ``(N, 3, S, S)`` RGB 0..255."""


class ImageFeatures(nn.Module):
    """The backbone's coarsest map of an image sample, in as many cells for samples of any size.

    Attributes:
        grid: cells per side, the backbone's ``sample_grid``; larger maps are averaged to them.

    Args:
        backbone: frozen.
    """

    samples_per_call = CROPS_PER_PASS

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.grid = backbone.sample_grid

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
