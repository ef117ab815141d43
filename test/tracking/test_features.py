# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and features must agree on where things are, to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.backbones import Backbone, EfficientNetLite0, FeatureLevel
from rlt_ros.tracking.features import (
    CropFeatures,
    SharedFeatures,
    _bilinear_bins,
    region_patch,
    view_side,
)
from rlt_ros.tracking.image_features import ImageFeatures

CPU = torch.device("cpu")


class MeanBackbone(Backbone):
    """Averages stride x stride pixels: cell i is centred on stride * (i + 1/2)."""

    levels = (FeatureLevel(3, 8, 4.0), FeatureLevel(3, 16, 8.0))
    padding_value = 127

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.nn.functional.avg_pool2d(images.float(), n.stride) for n in self.levels)


def ramp(height: int, width: int) -> NDArray[np.uint8]:
    """An image whose red is x / 2 and whose green is y / 2 of the pixel's centre."""
    y, x = np.mgrid[:height, :width]
    return np.stack([(x + 0.5) / 2, (y + 0.5) / 2, np.zeros_like(x)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("target", [24.0, 100.0], ids=["enlarged", "shrunk"])
def test_shared_features_sit_where_the_boxes_are(target: float) -> None:
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (1, 1))
    box = np.array([250 - target / 2, 240 - target / 2, target, target])
    extractor.start(ramp(480, 500), box)
    boxes = box + target * np.array([[0, 0, 0, 0], [0.4, 0, 0, 0], [0, -0.3, 0.2, 0.2]])
    means = torch.cat([m.flatten() for m in extractor._channel_means])
    spreads = torch.cat([s.flatten() for s in extractor._channel_spreads])
    found = (extractor.features(boxes) * spreads + means).numpy()
    expected = (boxes[:, :2] + boxes[:, 2:] / 2) / 2
    # Half a grey level is one pixel: the ramp itself is rounded down to whole levels.
    np.testing.assert_allclose(found[:, 0:2], expected - 0.25, atol=0.5)
    np.testing.assert_allclose(found[:, 3:5], expected - 0.25, atol=0.5)


@pytest.mark.parametrize("side", [30.0, 64.0, 150.5, 290.5])
def test_region_patch_is_where_it_says(side: float) -> None:
    region = np.array([200.3, 150.7, side, side])
    patch = region_patch(ramp(480, 500), region, 64, 127).astype(float)
    x = (region[0] + (np.arange(64) + 0.5) * side / 64) / 2 - 0.25
    y = (region[1] + (np.arange(64) + 0.5) * side / 64) / 2 - 0.25
    np.testing.assert_allclose(patch[:, :, 0], np.broadcast_to(x, (64, 64)), atol=1.5)
    np.testing.assert_allclose(patch[:, :, 1], np.broadcast_to(y[:, None], (64, 64)), atol=1.5)


def test_outside_the_image_is_padding() -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    patch = region_patch(image, np.array([-20.0, -20.0, 40.0, 40.0]), 80, 127)
    assert (patch[:38] == 127).all()
    assert (patch[:, :38] == 127).all()
    assert (patch[42:78, 42:78] == 0).all()


def test_a_region_far_larger_than_the_image_costs_no_memory() -> None:
    patch = region_patch(ramp(100, 100), np.array([-5e5, -5e5, 1e6, 1e6]), 64, 127)
    assert patch.shape == (64, 64, 3)


def test_crops_show_the_box_with_its_context() -> None:
    extractor = CropFeatures(ImageFeatures(MeanBackbone()), CPU, 107, 16, keep_images=False)
    box = np.array([100.0, 120.0, 60.0, 40.0])
    extractor.observe(ramp(480, 500), box)
    crop = extractor.crops(box[None])[0].numpy()
    assert crop.shape == (3, 107, 107)
    # 75 of 107 pixels are the box: the crop spans 1.43 times its sides around its centre.
    width, height = 60 * 107 / 75, 40 * 107 / 75
    x = (130 - width / 2 + (np.arange(107) + 0.5) * width / 107) / 2 - 0.25
    y = (140 - height / 2 + (np.arange(107) + 0.5) * height / 107) / 2 - 0.25
    np.testing.assert_allclose(crop[0], np.broadcast_to(x, (107, 107)), atol=0.6)
    np.testing.assert_allclose(crop[1], np.broadcast_to(y[:, None], (107, 107)), atol=0.6)


def test_crops_outside_the_image_are_padding() -> None:
    extractor = CropFeatures(ImageFeatures(MeanBackbone()), CPU, 107, 16, keep_images=True)
    box = np.array([-100.0, -100.0, 60.0, 40.0])
    extractor.observe(ramp(480, 500), box)
    samples = extractor.samples(box[None])
    assert samples.images is not None
    assert (samples.images == 127).all()


def test_bins_are_bilinear_samples_channel_beside_channel() -> None:
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(1, 3, 9, 12, generator=generator)
    level = FeatureLevel(3, 8, 7.5)
    boxes = np.array([[10.0, 12, 30, 40], [-50, -50, 60, 60], [70, 40, 60, 60], [31.5, 7.5, 8, 8]])
    maps.requires_grad_()
    found = _bilinear_bins(maps, level, boxes, 2)
    steps = torch.tensor([0.25, 0.75])
    corners = torch.from_numpy(boxes).float()
    x = (corners[:, :1] + corners[:, 2:3] * steps - 7.5) / 8 / 11 * 2 - 1
    y = (corners[:, 1:2] + corners[:, 3:] * steps - 7.5) / 8 / 8 * 2 - 1
    points = torch.stack([x[:, None].expand(4, 2, 2), y[:, :, None].expand(4, 2, 2)], dim=-1)
    expected = torch.nn.functional.grid_sample(
        maps.expand(4, -1, -1, -1), points, padding_mode="border", align_corners=True
    )
    expected = expected.permute(0, 2, 3, 1).flatten(1)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    weight = torch.randn(found.shape, generator=generator)
    slopes = [torch.autograd.grad((one * weight).sum(), maps)[0] for one in (found, expected)]
    torch.testing.assert_close(*slopes, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("grids", [(5, 3), (5, 0), (0, 3)])
def test_a_view_takes_derivatives_back_to_the_pixels(grids: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (300, 300, 3), dtype=np.uint8)
    box = np.array([120.0, 110.0, 40.0, 50.0])
    backbone = EfficientNetLite0()
    extractor = SharedFeatures(backbone, CPU, 256, 72.0, grids)
    extractor.start(image, box)
    moved = box + np.array([9.0, -6.0, 3.0, 0.0])
    view = extractor.view(moved)
    torch.testing.assert_close(view.features, extractor.features(moved[None]))

    # The same through the whole search region, which it must leave nothing of out.
    patch = extractor._patch.float().requires_grad_()
    maps = extractor._normalised(backbone(patch))
    features = extractor.pooled(maps, moved[None], extractor._region, grids)
    gradients = torch.randn(features.shape, generator=torch.Generator().manual_seed(0))
    (whole,) = torch.autograd.grad(features, patch, gradients)
    scale = extractor._region[2] / 256
    x, y = np.round((view.area[:2] - extractor._region[:2]) / scale).astype(int)
    side = round(view.area[2] / scale)
    assert side == view_side(backbone, 256) == 176
    inside = whole[..., y : y + side, x : x + side]
    assert inside.norm() > 0.99 * whole.norm()
    found = view.pulled(gradients)
    assert found.shape == inside.shape
    # The view's own border is padded, the region's there is not: about the same, seen from afar.
    maps_seen = (
        cv2.GaussianBlur(torch.relu(one)[0].sum(dim=0).numpy(), (0, 0), 4)
        for one in (found, inside)
    )
    assert np.corrcoef(*(one.ravel() for one in maps_seen))[0, 1] > 0.9


def test_no_boxes_have_no_features() -> None:
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1))
    extractor.start(ramp(480, 500), np.array([200.0, 200, 60, 60]))
    assert extractor.features(np.zeros((0, 4))).shape == (0, 3 * 4 + 3)
