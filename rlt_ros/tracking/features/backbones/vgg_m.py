# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VGG-M conv1-conv3: the paper's backbone, from a user's ``imagenet-vgg-m.mat`` (MatConvNet).

Chatfield et al., "Return of the Devil in the Details", BMVC 2014; cut and padded as in MDNet.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking.errors import WeightsError
from rlt_ros.tracking.features.backbones.base import Backbone, FeatureLevel
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
