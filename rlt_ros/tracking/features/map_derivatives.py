# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Derivatives by the maps of a frozen backbone, taken back to its input."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from rlt_ros.tracking.features.backbones import Backbone
from rlt_ros.tracking.features.vector_jacobian import vector_jacobian


class MapPullback(Protocol):
    """Takes derivatives by a backbone's maps back to its input."""

    def prepare(self) -> None:
        """Load what calls need, ahead of the first.

        Raises:
            ConfigError: it cannot be loaded.
        """

    def __call__(self, image: Tensor, gradients: tuple[Tensor, ...]) -> Tensor:
        """Return derivatives ``(1, 3, S, S)`` by an image.

        Args:
            image: ``(1, 3, S, S)`` float RGB 0..255.
            gradients: derivatives ``(1, C, H, W)`` by each of the image's maps.
        """


class AutogradPullback:
    """By PyTorch, see ``MapPullback``.

    Args:
        backbone: frozen.
    """

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone.laid_out_backwards()

    def prepare(self) -> None:
        """See ``MapPullback.prepare``: there is nothing to load."""

    def __call__(self, image: Tensor, gradients: tuple[Tensor, ...]) -> Tensor:
        """See ``MapPullback``."""
        with torch.enable_grad():
            image = image.detach().requires_grad_()
            maps = self._backbone(image)
        (pulled,) = vector_jacobian(maps, [image], gradients)
        return pulled
