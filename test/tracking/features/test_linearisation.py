# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Derivatives that are written out are those that autograd finds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from rlt_ros.tracking.features.backbones import EfficientNetLite0, VggM
from rlt_ros.tracking.features.backbones.linearisation import relu6
from rlt_ros.tracking.features.sample_derivatives import AutogradDerivatives, LinearisedDerivatives
from rlt_ros.tracking.features.sample_network import ImageFeatures


@pytest.fixture(scope="module")
def networks(vgg_m_file: Path) -> dict[str, ImageFeatures]:
    backbones = {"efficientnet_lite0": EfficientNetLite0(), "vgg_m": VggM(vgg_m_file)}
    return {name: ImageFeatures(one).double() for name, one in backbones.items()}


# Odd and even sides pad differently, and not the same on both sides; VGG-M leaves pixels out.
@pytest.mark.parametrize(
    ("backbone", "size"),
    [
        *(("efficientnet_lite0", size) for size in (64, 75, 107)),
        *(("vgg_m", size) for size in (75, 110)),
    ],
)
def test_of_image_features(networks: dict[str, ImageFeatures], backbone: str, size: int) -> None:
    network = networks[backbone]
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.double)

    images = 255 * torch.rand(2, 3, size, size, generator=generator, dtype=torch.double)
    features, derivative = network.linearised(images)
    torch.testing.assert_close(features, network(images))
    gradients, tangents = random(2, *features.shape), random(2, *images.shape)
    autograd = AutogradDerivatives(network)
    pulled = torch.stack([derivative.pulled(one) for one in gradients])
    torch.testing.assert_close(pulled, autograd.pulled(images, gradients), rtol=1e-8, atol=1e-10)
    pushed = torch.stack([derivative.pushed(one) for one in tangents])
    torch.testing.assert_close(pushed, autograd.pushed(images, tangents), rtol=1e-8, atol=1e-10)


def test_products_of_the_images_that_were_last_and_of_others(
    networks: dict[str, ImageFeatures],
) -> None:
    network, generator = networks["vgg_m"], torch.Generator().manual_seed(0)
    ours, autograd = LinearisedDerivatives(network), AutogradDerivatives(network)
    images = 255 * torch.rand(1, 3, 75, 75, generator=generator, dtype=torch.double)
    tangents = torch.randn(2, *images.shape, generator=generator, dtype=torch.double)
    width = ours.pushed(images, tangents).shape[-1]
    gradients = torch.randn(2, 1, width, generator=generator, dtype=torch.double)
    pulled = autograd.pulled(images, gradients)
    for one in (images, 255.0 - images):  # pushed are those that were pulled, and then others
        torch.testing.assert_close(ours.pulled(images, gradients), pulled, rtol=1e-8, atol=1e-10)
        pushed = autograd.pushed(one, tangents)
        torch.testing.assert_close(ours.pushed(one, tangents), pushed, rtol=1e-8, atol=1e-10)


def test_of_each_map_by_the_one_before() -> None:
    backbone = EfficientNetLite0().double()
    generator = torch.Generator().manual_seed(0)
    images = 255 * torch.rand(2, 3, 64, 64, generator=generator, dtype=torch.double)
    images.requires_grad_()
    fine, coarse = backbone(images)
    (found_fine, by_image), (found_coarse, by_fine) = backbone.linearised(images.detach())
    torch.testing.assert_close(found_fine, fine)
    torch.testing.assert_close(found_coarse, coarse)
    at_fine, at_coarse = (
        torch.randn(one.shape, generator=generator, dtype=torch.double) for one in (fine, coarse)
    )
    (expected,) = torch.autograd.grad([fine, coarse], images, [at_fine, at_coarse])
    found = by_image.pulled(by_fine.pulled(at_coarse) + at_fine)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-10)


def test_of_relu6_at_its_edges() -> None:
    x = torch.tensor([-1.0, 0.0, 3.0, 6.0, 7.0], requires_grad=True)
    expected = torch.nn.functional.relu6(x)
    expected.sum().backward()
    found, derivative = relu6(x.detach())
    assert torch.equal(found, expected)
    assert x.grad is not None
    for multiply in derivative:
        assert torch.equal(multiply(torch.ones(5)), x.grad)
