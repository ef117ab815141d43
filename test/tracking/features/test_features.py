# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and features must agree on where things are, to a fraction of a pixel."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pretended_graphs import PretendedGraphs
from torch import Tensor

from rlt_ros.tracking.boxes import centres
from rlt_ros.tracking.features import shared_features
from rlt_ros.tracking.features.backbones import Backbone, EfficientNetLite0, FeatureLevel
from rlt_ros.tracking.features.backbones.vgg_m import VggM
from rlt_ros.tracking.features.crop_features import CropFeatures
from rlt_ros.tracking.features.extractor import FeaturePart
from rlt_ros.tracking.features.map_derivatives import AutogradPullback
from rlt_ros.tracking.features.roi_align import bilinear_bins, bins_on_device
from rlt_ros.tracking.features.sample_network import ImageFeatures
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.features.search_region import region_patch
from rlt_ros.tracking.features.shared_features import (
    CONTEXT_GRIDS,
    ROWS,
    SharedFeatures,
    _normalised,
    view_side,
)

CPU = torch.device("cpu")


class MeanBackbone(Backbone):
    """Averages stride x stride pixels: cell i is centred on stride * (i + 1/2)."""

    levels = (FeatureLevel(3, 8, 4.0), FeatureLevel(3, 16, 8.0))
    padding_value = 127

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.nn.functional.avg_pool2d(images.float(), n.stride) for n in self.levels)


def test_a_backbone_need_not_write_its_derivative_out() -> None:
    backbone = MeanBackbone()
    assert not backbone.linearisable
    with pytest.raises(NotImplementedError, match="the derivative of MeanBackbone is not written"):
        backbone.linearised(torch.zeros(1, 3, 32, 32))


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


def test_places_sit_on_a_grid() -> None:
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (1, 1))
    extractor.start(ramp(480, 500), np.array([200.0, 200.0, 60.0, 60.0]))
    means = torch.cat([m.flatten() for m in extractor._channel_means])
    spreads = torch.cat([s.flatten() for s in extractor._channel_spreads])
    found = extractor.places(np.array([170.0, 200.0, 80.0, 40.0]), 4) * spreads + means
    x, y = np.meshgrid([180.0, 200.0, 220.0, 240.0], [205.0, 215.0, 225.0, 235.0])
    expected = np.stack([x.ravel(), y.ravel()], axis=1) / 2 - 0.25
    assert found.shape == (16, 6)
    np.testing.assert_allclose(found[:, 0:2], expected, atol=0.5)
    np.testing.assert_allclose(found[:, 3:5], expected, atol=0.5)


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


def test_a_crops_surroundings_are_half_its_sides() -> None:
    extractor = CropFeatures(ImageFeatures(MeanBackbone()), CPU, 107, 16, keep_images=False)
    extractor.observe(ramp(480, 500), np.array([100.0, 120.0, 60.0, 40.0]))
    np.testing.assert_array_equal(extractor.area, [0, 0, 500, 480])
    np.testing.assert_array_equal(extractor.region(np.array([1.0, 2, 3, 4])), [0, 0, 500, 480])
    assert extractor.parts == (FeaturePart(3, 9),)
    boxes = np.array([[100.0, 120, 60, 40], [300, 200, 40, 40]])
    wider = np.array([[85.0, 110, 90, 60], [290, 190, 60, 60]])
    torch.testing.assert_close(extractor.context_features(boxes), extractor.features(wider))


def test_image_samples_are_what_their_features_are_of() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)
    boxes = np.array([50.0, 60, 40, 40]) + rng.uniform(-20, 20, (40, 4))  # several passes
    network = ImageFeatures(MeanBackbone())
    kept = CropFeatures(network, CPU, 107, 16, keep_images=True)
    kept.observe(image, boxes[0])
    samples = kept.samples(boxes)
    assert samples.images is not None
    assert samples.images.dtype == torch.uint8
    torch.testing.assert_close(samples.images.float(), kept.crops(boxes).round())
    torch.testing.assert_close(samples.features, network(samples.images.float()))
    plain = CropFeatures(network, CPU, 107, 16, keep_images=False)
    plain.observe(image, boxes[0])
    assert plain.samples(boxes).images is None
    torch.testing.assert_close(plain.features(boxes), network(plain.crops(boxes)))


@pytest.mark.parametrize("keep_images", [False, True])
def test_no_image_samples_have_the_shapes_of_some(keep_images: bool) -> None:
    extractor = CropFeatures(ImageFeatures(MeanBackbone()), CPU, 107, 16, keep_images)
    extractor.observe(ramp(200, 200), np.array([50.0, 60, 40, 40]))
    assert extractor.place_width == 0
    none, one = extractor.no_samples(), extractor.samples(np.array([[50.0, 60, 40, 40]]))
    assert none.features.shape == (0, 27)
    assert none.features.dtype == one.features.dtype
    assert (none.images is None) == (one.images is None) == (not keep_images)
    if none.images is not None and one.images is not None:
        assert (none.images.shape, none.images.dtype) == ((0, 3, 107, 107), one.images.dtype)


def test_features_of_a_sample_are_all_cells_of_the_coarsest_map(vgg_m_file: Path) -> None:
    images = 255 * torch.rand((2, 3, 107, 107), generator=torch.Generator().manual_seed(0))
    for backbone, count in ((EfficientNetLite0(), 7 * 7 * 112), (VggM(vgg_m_file), 3 * 3 * 512)):
        with torch.no_grad():
            cells = backbone(images)[-1].permute(0, 2, 3, 1)
            features = ImageFeatures(backbone)(images)
        assert features.shape == (2, count)
        torch.testing.assert_close(features, cells.flatten(1), rtol=0, atol=0)


def test_a_large_box_is_averaged_to_its_crop() -> None:
    # Every fourth column is bright: without averaging a crop of a quarter has all of them or none.
    image = np.zeros((600, 800, 3), np.uint8)
    image[:, ::4] = 200
    extractor = CropFeatures(ImageFeatures(MeanBackbone()), CPU, 107, 16, keep_images=False)
    box = np.array([200.0, 100, 300, 300])
    extractor.observe(image, box)
    assert (extractor.crops(box[None]) - 50).abs().max() < 8
    # A box that is small or long is not: the image is kept in that direction.
    extractor.observe(image, np.array([200.0, 100, 60, 300]))
    assert extractor.crops(np.array([[200.0, 100, 20, 20]])).max() > 150


def test_a_crops_view_is_its_sample() -> None:
    rng = np.random.default_rng(0)
    network = ImageFeatures(MeanBackbone())
    extractor = CropFeatures(network, CPU, 107, 16, keep_images=False)
    box = np.array([100.0, 120.0, 60.0, 40.0])
    extractor.observe(rng.integers(0, 256, (480, 500, 3), dtype=np.uint8), box)
    view = extractor.view(box)
    width, height = 60 * 107 / 75, 40 * 107 / 75
    np.testing.assert_allclose(view.area, [130 - width / 2, 140 - height / 2, width, height])
    torch.testing.assert_close(view.features, extractor.features(box[None]))
    inputs = extractor.crops(box[None]).requires_grad_()
    features = network(inputs)
    gradient = torch.randn(features.shape, generator=torch.Generator().manual_seed(0))
    (expected,) = torch.autograd.grad(features, inputs, gradient)
    torch.testing.assert_close(view.pulled(gradient), expected)


def test_the_search_region_gives_the_target_its_size() -> None:
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1))
    # A mean side of 40 px is to have 32 of 128: the region is 160 px wide.
    box = np.array([90.0, 100.0, 20.0, 80.0])
    np.testing.assert_allclose(extractor.region(box), [20, 60, 160, 160])
    extractor.start(ramp(180, 150), box)
    np.testing.assert_allclose(extractor.area, [20, 60, 130, 120])  # its part in the frame
    assert extractor.parts == (FeaturePart(3, 4), FeaturePart(3, 1))
    assert SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (0, 3)).parts == (FeaturePart(3, 9),)


def test_the_search_region_holds_a_long_target_with_room() -> None:
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1))
    # Its mean side of 40 px asks for 160 px; a quarter more than its height is 250 px.
    np.testing.assert_allclose(extractor.region(np.array([96.0, 50, 8, 200])), [-25, 25, 250, 250])
    np.testing.assert_allclose(extractor.region(np.array([50.0, 96, 200, 8])), [25, -25, 250, 250])


def test_what_a_view_needs_can_be_loaded_ahead() -> None:
    prepared: list[bool] = []

    class Noting(AutogradPullback):
        def prepare(self) -> None:
            prepared.append(True)

    backbone = MeanBackbone()
    extractor = SharedFeatures(backbone, CPU, 128, 32.0, (2, 1), pullback=Noting(backbone))
    assert prepared == []
    extractor.prepare_view()
    assert prepared == [True]


def test_shared_surroundings_are_half_the_sides_in_finer_bins() -> None:
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1))
    finer = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, CONTEXT_GRIDS)
    box = np.array([200.0, 180.0, 60.0, 40.0])
    for one in (extractor, finer):
        one.start(ramp(480, 500), box)
    wider = np.array([[185.0, 170, 90, 60]])
    torch.testing.assert_close(extractor.context_features(box[None]), finer.features(wider))
    assert finer.features(wider).shape == (1, 3 * (7**2 + 5**2))


def test_channels_have_mean_0_and_deviation_1_in_the_first_region() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (480, 500, 3), dtype=np.uint8)
    image[..., 2] = 77  # a channel that is the same everywhere
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1))
    box = np.array([200.0, 180.0, 60.0, 40.0])
    extractor.start(image, box)
    for one in extractor._maps:
        torch.testing.assert_close(one.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
        spread = one.std(dim=(0, 2, 3))
        torch.testing.assert_close(spread, torch.tensor([1.0, 1.0, 0.0]), atol=1e-4, rtol=0)
    # Later frames are measured by the first.
    extractor.observe(np.full_like(image, 77), box)
    assert (extractor._maps[0][0, :2].abs() > 0.1).all()
    assert not extractor._maps[0][0, 2].any()
    extractor.observe(np.full_like(image, 78), box)  # 1 more, by the least deviation
    torch.testing.assert_close(extractor._maps[0][0, 2].max(), torch.tensor(1000.0))


def test_a_glance_leaves_the_extractor_as_it_is() -> None:
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1))
    box, other = np.array([200.0, 180.0, 60.0, 40.0]), np.array([50.0, 60.0, 30.0, 30.0])
    image = ramp(480, 500)
    extractor.start(image, box)
    before = extractor.features(box[None])
    there = extractor.glance(image, other)
    torch.testing.assert_close(extractor.features(box[None]), before, rtol=0, atol=0)
    np.testing.assert_allclose(centres(there.area), centres(other), atol=1)
    extractor.observe(image, other)
    torch.testing.assert_close(there.features(other[None]), extractor.features(other[None]))


@pytest.mark.parametrize("with_images", [False, True])
def test_samples_are_joined_extended_and_overwritten(with_images: bool) -> None:
    def of(*values: int) -> Samples:
        column = torch.tensor(values)[:, None]
        images = column[:, :, None, None].expand(-1, 3, 2, 2).to(torch.uint8)
        return Samples(column.float(), images if with_images else None)

    def values(samples: Samples) -> list[int]:
        if samples.images is not None:
            assert (samples.images[:, 0, 0, 0] == samples.features[:, 0]).all()
        assert (samples.images is not None) is with_images
        return samples.features[:, 0].int().tolist()

    joined = Samples.joined([of(1, 2), of(3)])
    assert values(joined) == [1, 2, 3]
    assert values(joined[torch.tensor([2, 0])]) == [3, 1]
    assert values(joined[1:]) == [2, 3]
    longer = joined.extended(2)
    assert len(longer) == 5
    assert values(longer[:3]) == [1, 2, 3]
    longer.overwrite(1, of(8, 9))
    longer.overwrite(3, of(4, 5))
    assert values(longer) == [1, 8, 9, 4, 5]
    assert values(joined) == [1, 2, 3]  # a copy


def test_a_patch_that_is_shrunk_shows_means() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[::2, 1::2] = 200  # a quarter of the pixels
    for x, side in ((101.0, 256.0), (100.0, 257.0), (63.5, 300.0)):
        patch = region_patch(image, np.array([x, 90.0, side, side]), 64, 127)
        assert abs(patch.astype(int) - 50).max() <= 15
    # The region may begin and end anywhere, at the last pixel of odd sides too.
    edge = region_patch(
        np.full((479, 639, 3), 60, np.uint8), np.array([383.0, 223, 256, 256]), 64, 127
    )
    assert (edge == 60).all()


def test_bins_are_bilinear_samples_channel_beside_channel() -> None:
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(1, 3, 9, 12, generator=generator)
    level = FeatureLevel(3, 8, 7.5)
    boxes = np.array([[10.0, 12, 30, 40], [-50, -50, 60, 60], [70, 40, 60, 60], [31.5, 7.5, 8, 8]])
    maps.requires_grad_()
    found = bilinear_bins(maps, level, boxes, 2)
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


@pytest.mark.parametrize("grid", [1, 3, 7])
def test_bins_by_the_device_are_those_by_the_host(grid: int, rlt_device: str) -> None:
    rng = np.random.default_rng(grid)
    maps = torch.from_numpy(rng.normal(size=(1, 6, 9, 13)).astype(np.float32))
    corners, sides = rng.uniform(-60, 120, (40, 2)), rng.uniform(1, 90, (40, 2))
    boxes = np.concatenate([corners, sides], axis=1)
    level = FeatureLevel(6, 8, 3.5)
    found = bins_on_device(maps.to(rlt_device), level, torch.from_numpy(boxes).to(rlt_device), grid)
    torch.testing.assert_close(found.cpu(), bilinear_bins(maps, level, boxes, grid))


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
    maps = _normalised(backbone(patch), extractor._statistics())
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


@pytest.mark.parametrize("count", [1, 7, 8, 9, 64, 65, 256, 257])
def test_crops_by_a_graph_are_those_as_they_are(count: int) -> None:
    """Whatever their number, of which few are recorded; and they stay what they are."""
    graphs = PretendedGraphs(CPU)
    recording = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1), runner=graphs)
    plain = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1))
    box = np.array([200.0, 200, 60, 60])
    for one in (recording, plain):
        one.start(ramp(480, 500), box)
    boxes = box + np.arange(4.0 * count).reshape(count, 4) % 29
    graphs.recorded.clear()
    found = [recording.features(boxes + move) for move in (0, 3, 5, 0)]
    expected = [plain.features(boxes + move) for move in (0, 3, 5, 0)]
    for mine, its in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, its)
    assert len(graphs.recorded) == (count <= ROWS[-1])


def test_of_like_many_boxes_one_graph_crops() -> None:
    graphs = PretendedGraphs(CPU)
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 1), runner=graphs)
    box = np.array([200.0, 200, 60, 60])
    extractor.start(ramp(480, 500), box)
    graphs.recorded.clear()
    for count in (1, 3, 8, 5, 2):
        assert len(extractor.features(np.repeat(box[None], count, axis=0))) == count
    assert len(graphs.recorded) == 1
    for count in (9, 64, 30):
        extractor.features(np.repeat(box[None], count, axis=0))
    assert len(graphs.recorded) == 2


def test_without_graphs_the_host_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    """In less time than as a device does it."""
    monkeypatch.delattr(shared_features, "bins_on_device")
    extractor = SharedFeatures(MeanBackbone(), CPU, 128, 32.0, (2, 3))
    box = np.array([200.0, 200, 60, 60])
    extractor.start(ramp(480, 500), box)
    boxes = box + np.arange(40.0).reshape(10, 4)
    found, context = (
        extractor.computed("same", lambda one: (one,), boxes, context=context)[0]
        for context in (False, True)
    )
    torch.testing.assert_close(found, extractor.features(boxes), rtol=0, atol=0)
    torch.testing.assert_close(context, extractor.context_features(boxes), rtol=0, atol=0)
