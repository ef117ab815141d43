# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every frozen backbone offers."""

from __future__ import annotations

import abc
import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rlt_ros.tracking.features.backbones.linearisation import Linearised


@dataclass(frozen=True)
class FeatureLevel:
    """One feature map of a backbone.

    Attributes:
        channels: number of channels.
        stride: input pixels between neighbouring cells.
        offset: input coordinate (continuous pixels) of the centre of cell 0, for input sides that
            are multiples of the stride.
    """

    channels: int
    stride: int
    offset: float


class Backbone(nn.Module, abc.ABC):
    """Frozen convolutional features of RGB images.

    Attributes:
        levels: the feature maps that ``forward`` returns, from fine to coarse.
        padding_value: grey level 0..255 that stands for "outside the image".
        sample_grid: cells per side that features of an image sample have (``features: crops``).
        linearisable: whether ``linearised`` is written out.
        linearised_by_openvino: whether OpenVINO can take it over.
        weights_sha256: of the weight file (hex): features of other weights mean something else.
    """

    levels: tuple[FeatureLevel, ...]
    padding_value: int
    sample_grid = 3
    linearisable = False
    linearised_by_openvino = False
    weights_sha256 = ""
    memory_format: torch.memory_format = torch.channels_last

    @abc.abstractmethod
    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return one map ``(N, C, H, W)`` per level.

        Args:
            images: ``(N, 3, H, W)`` RGB 0..255, uint8 or float.
        """

    def linearised(self, images: Tensor) -> tuple[Linearised, ...]:
        """Return each map ``(N, C, H, W)`` and its derivative by the one before, written out.

        The first map's is by the images.

        Args:
            images: ``(N, 3, H, W)`` float RGB 0..255.

        Raises:
            NotImplementedError: not ``linearisable``; autograd finds the derivative all the same.
        """
        raise NotImplementedError(f"the derivative of {type(self).__name__} is not written out")

    def freeze(self) -> None:
        """Switch to inference for good: no parameter of a backbone is ever trained."""
        self.eval()
        self.requires_grad_(False)
        self.lay_out(torch.channels_last)

    def laid_out_backwards(self) -> Backbone:
        """Return a copy whose maps lie in memory as is fastest backwards, see ``lay_out``."""
        other = copy.deepcopy(self)
        other.lay_out(torch.contiguous_format)
        return other

    def lay_out(self, memory_format: torch.memory_format) -> None:
        """Choose how maps lie in memory.

        On a CPU channels-last halves the time of depthwise layers forwards (the start), but takes
        four times as long as ``torch.contiguous_format`` backwards.
        """
        self.memory_format = memory_format
        self.to(memory_format=memory_format)  # type: ignore[call-overload]
