# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VGG-M conv1-conv3: the paper's backbone, from a user's ``imagenet-vgg-m.mat`` (MatConvNet).

Chatfield et al., "Return of the Devil in the Details", BMVC 2014; cut and padded as in MDNet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking.errors import WeightsError
from rlt_ros.tracking.features.backbones.base import Backbone, FeatureLevel
from rlt_ros.tracking.features.backbones.linearisation import (
    Linearised,
    LinearMap,
    chained,
    relu,
)
from rlt_ros.tracking.features.backbones.matconvnet import read_convolutions
from rlt_ros.tracking.features.backbones.weights import check_maps, existing_file, file_sha256

HOW_TO_GET = (
    "get imagenet-vgg-m.mat from MatConvNet's pretrained models and name it in backbone_weights, "
    "or set backbone: efficientnet_lite0, whose weights are installed"
)

# Index in the file's layers, and filters as out x in x height x width.
_CONV_LAYERS = {0: (96, 3, 7, 7), 4: (256, 96, 5, 5), 8: (512, 256, 3, 3)}
_LRN_SIZE, _LRN_K, _LRN_ALPHA, _LRN_BETA = 5, 2.0, 1e-4, 0.75


class VggM(Backbone):
    """conv3 features: 512 x 3 x 3 numbers of a 107 x 107 sample.

    Args:
        weights: the ``.mat`` file.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
    """

    # No padding anywhere: cell 0 is centred in its receptive field of 75 pixels.
    levels = (FeatureLevel(512, 16, 37.5),)
    padding_value = 128
    linearisable = True

    def __init__(self, weights: Path) -> None:
        super().__init__()
        filters = _load_matconvnet(weights)
        self.weights_sha256 = file_sha256(weights)
        self.conv1 = _convolution(*filters[0], stride=2)
        self.conv2 = _convolution(*filters[1], stride=2)
        self.conv3 = _convolution(*filters[2], stride=1)
        self.norm1 = LocalResponseNorm(96)
        self.norm2 = LocalResponseNorm(256)
        self.freeze()
        check_maps(self, weights, HOW_TO_GET)

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """See ``Backbone.forward``."""
        x = (images.to(self.conv1.weight.dtype) - 128.0).contiguous(
            memory_format=self.memory_format
        )
        x = F.max_pool2d(self.norm1(F.relu(self.conv1(x))), 3, 2)
        x = F.max_pool2d(self.norm2(F.relu(self.conv2(x))), 3, 2)
        return (F.relu(self.conv3(x)),)

    def linearised(self, images: Tensor) -> tuple[Linearised]:
        """See ``Backbone.linearised``."""
        x = (images - 128.0).contiguous(memory_format=self.memory_format)
        maps: list[LinearMap] = []
        for conv, norm in ((self.conv1, self.norm1), (self.conv2, self.norm2), (self.conv3, None)):
            layers: list[Callable[[Tensor], Linearised]] = [partial(_convolved, conv), relu]
            if norm is not None:
                layers += [norm.linearised, _pooled]
            for layer in layers:
                x, derivative = layer(x)
                maps.append(derivative)
        return ((x, chained(maps)),)


class LocalResponseNorm(nn.Module):
    """x / (2 + 1e-4 * sum of x^2 over 5 channels)^0.75, MatConvNet's constants.

    PyTorch's layer divides alpha by the size and is slow on a CPU; the sum over neighbouring
    channels is a 1 x 1 convolution with a banded matrix.
    """

    band: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        index = torch.arange(channels)
        near = (index[:, None] - index[None, :]).abs() <= _LRN_SIZE // 2
        self.register_buffer("band", _LRN_ALPHA * near.float()[:, :, None, None])

    def forward(self, x: Tensor) -> Tensor:
        """Normalise maps ``(N, C, H, W)``."""
        return x * (_LRN_K + F.conv2d(x * x, self.band)) ** -_LRN_BETA

    def linearised(self, x: Tensor) -> Linearised:
        """Return what ``forward`` returns, and its derivative.

        With s = k + B x^2 and y = x s^-b it is dy = s^-b dx - 2 b x s^(-b-1) B (x dx), B symmetric.
        """
        sums = _LRN_K + F.conv2d(x * x, self.band)
        scale = sums**-_LRN_BETA
        y = x * scale
        outer = -2.0 * _LRN_BETA * y / sums

        def pushed(v: Tensor) -> Tensor:
            return scale * v + outer * F.conv2d(x * v, self.band)

        def pulled(g: Tensor) -> Tensor:
            return scale * g + x * F.conv2d(outer * g, self.band)

        return y, LinearMap(pushed, pulled)


def _convolved(conv: nn.Conv2d, x: Tensor) -> Linearised:
    weight, stride = conv.weight, conv.stride
    # Input that no output has seen.
    rest = [(a - conv.kernel_size[0]) % stride[0] for a in x.shape[-2:]]

    def pushed(v: Tensor) -> Tensor:
        return F.conv2d(v, weight, stride=stride)

    def pulled(g: Tensor) -> Tensor:
        return F.conv_transpose2d(g, weight, stride=stride, output_padding=rest)

    return conv(x), LinearMap(pushed, pulled)


def _pooled(x: Tensor) -> Linearised:
    y, chosen = F.max_pool2d(x, 3, 2, return_indices=True)
    chosen, size = chosen.flatten(2), x.shape[-2:]

    def pushed(v: Tensor) -> Tensor:
        return v.flatten(2).gather(2, chosen).unflatten(2, y.shape[-2:])

    def pulled(g: Tensor) -> Tensor:
        inputs = g.new_zeros((*g.shape[:2], size[0] * size[1]))
        return inputs.scatter_add_(2, chosen, g.flatten(2)).unflatten(2, size)

    return y, LinearMap(pushed, pulled)


def _convolution(weight: Tensor, bias: Tensor, stride: int) -> nn.Conv2d:
    out_channels, in_channels, kernel, _ = weight.shape
    # On no device: the layer would draw a start from the random numbers of the host.
    conv = nn.Conv2d(in_channels, out_channels, kernel, stride, device="meta")
    conv.weight = nn.Parameter(weight)
    conv.bias = nn.Parameter(bias)
    return conv


def _load_matconvnet(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Return (filters, biases) of conv1-conv3; MatConvNet keeps filters as H x W x in x out."""
    existing_file(path, HOW_TO_GET)
    try:
        layers = read_convolutions(path, _CONV_LAYERS)
    except ValueError as error:
        raise WeightsError(
            f"weight file {path} is damaged or not a MatConvNet model ({error}); {HOW_TO_GET}"
        ) from error
    tensors = []
    for index, shape in _CONV_LAYERS.items():
        filters, biases = layers.get(index, (np.empty(0), np.empty(0)))
        filters = filters.transpose(3, 2, 0, 1) if filters.ndim == 4 else filters
        if filters.shape != shape or biases.size != shape[0]:
            has = f"{filters.shape} and {biases.shape}" if index in layers else "neither"
            raise WeightsError(
                f"weight file {path} is not VGG-M: layer {index} should hold filters {shape} "
                f"(out, in, height, width) and {shape[0]} biases, found {has}; {HOW_TO_GET}"
            )
        weight = torch.from_numpy(np.ascontiguousarray(filters))
        tensors.append((weight, torch.from_numpy(biases.reshape(-1))))
    return tensors
