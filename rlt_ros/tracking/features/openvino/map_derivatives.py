# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Derivatives by a backbone's maps, taken back to its input by OpenVINO."""

from __future__ import annotations

import functools

from torch import Tensor, nn

from rlt_ros.tracking.features.backbones import Backbone
from rlt_ros.tracking.features.openvino.inference import OpenVinoSamples


class OpenVinoPullback:
    """On the CPU, in float32, see ``MapPullback``.

    Args:
        backbone: linearisable, frozen; its weights are taken over.
        size: side of the images.
    """

    def __init__(self, backbone: Backbone, size: int) -> None:
        self._backbone = backbone
        self._size = size

    def prepare(self) -> None:
        """See ``MapPullback.prepare``: it takes a second or two."""
        _ = self._pulled

    def __call__(self, image: Tensor, gradients: tuple[Tensor, ...]) -> Tensor:
        """See ``MapPullback``."""
        return self._pulled(image, *gradients)[0]

    @functools.cached_property
    def _pulled(self) -> OpenVinoSamples:
        maps = [
            (level.channels, self._size // level.stride, self._size // level.stride)
            for level in self._backbone.levels
        ]
        image = (3, self._size, self._size)
        # One image has no use for more threads than one.
        return OpenVinoSamples(_Pullback(self._backbone), "pullback", [image, *maps], 1, 1)


class _Pullback(nn.Module):
    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self._backbone = backbone

    def forward(self, image: Tensor, *gradients: Tensor) -> Tensor:
        levels = self._backbone.linearised(image)
        pulled = gradients[-1]
        for (_, derivative), below in zip(levels[:0:-1], gradients[-2::-1], strict=True):
            pulled = derivative.pulled(pulled) + below
        _, by_image = levels[0]
        return by_image.pulled(pulled)
