# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Features by one backbone pass per frame, on a search region from whose maps boxes are cropped."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, clip_to_image
from rlt_ros.tracking.compute.runner import Function, Input, Runner
from rlt_ros.tracking.features.backbones import Backbone
from rlt_ros.tracking.features.extractor import (
    FeatureExtractor,
    FeaturePart,
    View,
    with_surroundings,
)
from rlt_ros.tracking.features.map_derivatives import AutogradPullback, MapPullback
from rlt_ros.tracking.features.roi_align import bilinear_bins, bins_on_device
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.features.search_region import region_patch
from rlt_ros.tracking.features.vector_jacobian import vector_jacobian
from rlt_ros.tracking.state import Kept, State, as_array

SPREAD_FLOOR = 1e-3
# Bins per side for box regression, finer than the classifier's, one number for each feature map.
CONTEXT_GRIDS = (7, 5)
# Least side of the search region over the target's longer one: a very long target sticks out of
# what its mean side asks for, and so would all samples of it.
LEAST_REACH = 1.25
# The attention map needs no more of the search region: what lies further off has no part in it,
# and two thirds of the side cost half the time.
VIEW_SHARE = 2 / 3
# Boxes that a graph crops: as many as the last fill one up; more are cropped as they are.
ROWS = (8, 64, 256)


class SharedFeatures(FeatureExtractor):
    """One backbone pass per frame, on a square search region; boxes are cropped from its maps.

    Args:
        backbone: frozen features.
        device: where to compute.
        region_size: side of the search region in backbone pixels, a multiple of 16.
        target_size: geometric mean side that the target gets in the search region, same unit.
        grids: bins per box side, one per feature map of the backbone; 0 leaves a map out.
        compute: computes the maps of uint8 images in the backbone's place; None leaves them to it.
        pullback: takes derivatives back through the backbone for ``view``, on images of
            ``view_side``; None leaves that to PyTorch.
        runner: see ``FeatureExtractor``; None runs everything as it is.
    """

    def __init__(
        self,
        backbone: Backbone,
        device: torch.device,
        region_size: int,
        target_size: float,
        grids: tuple[int, ...],
        compute: Callable[[Tensor], tuple[Tensor, ...]] | None = None,
        pullback: MapPullback | None = None,
        runner: Runner | None = None,
    ) -> None:
        self.runner = runner or Runner(device)
        self._backbone = backbone
        self._compute = compute or backbone
        self._pullback = pullback or AutogradPullback(backbone)
        self.device = device
        self._region_size = region_size
        self._target_size = target_size
        self._grids = grids
        self.parts = tuple(
            FeaturePart(level.channels, grid**2)
            for level, grid in zip(backbone.levels, grids, strict=True)
            if grid
        )
        self.place_width = sum(level.channels for level in backbone.levels)
        self.context_width = sum(
            level.channels * grid**2
            for level, grid in zip(backbone.levels, CONTEXT_GRIDS, strict=True)
        )
        self.weights_sha256 = backbone.weights_sha256
        self._maps: tuple[Tensor, ...] = ()
        self._channel_means: list[Tensor] = []
        self._channel_spreads: list[Tensor] = []
        self._region = np.zeros(4)
        self._patch = torch.empty(0)

    def start(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``FeatureExtractor.start``; fixes each channel's mean and deviation."""
        self._look(image, box)
        with torch.no_grad():
            raw = self._compute(self._patch)
        self._channel_means = [m.mean(dim=(0, 2, 3), keepdim=True) for m in raw]
        self._channel_spreads = [
            m.std(dim=(0, 2, 3), keepdim=True).clamp_min(SPREAD_FLOOR) for m in raw
        ]
        self._maps = _normalised(raw, self._statistics())

    def observe(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``FeatureExtractor.observe``."""
        self._look(image, box)

        def observed(patch: Tensor, *statistics: Tensor) -> tuple[Tensor, ...]:
            return _normalised(self._compute(patch), statistics)

        statistics = self.runner.lasting("statistics", self._statistics())
        with torch.no_grad():
            maps = self.runner.run("maps", observed, self._patch, *statistics)
            self._maps = self.runner.own(maps)

    def samples(self, boxes: Boxes) -> Samples:
        """See ``FeatureExtractor.samples``."""
        return Samples(self.features(boxes))

    def features(self, boxes: Boxes) -> Tensor:
        """See ``FeatureExtractor.features``."""
        return self._pooled(boxes, self._grids)

    def context_features(self, boxes: Boxes) -> Tensor:
        """See ``FeatureExtractor.context_features``."""
        return self._pooled(with_surroundings(boxes), CONTEXT_GRIDS)

    def computed(
        self,
        key: Hashable,
        function: Function,
        boxes: Boxes,
        *inputs: Input,
        context: bool = False,
    ) -> tuple[Tensor, ...]:
        """See ``FeatureExtractor.computed``; crops and function are one for the runner."""
        if not self.runner.records:
            return super().computed(key, function, boxes, *inputs, context=context)
        if context:
            return self._computed(key, function, with_surroundings(boxes), CONTEXT_GRIDS, *inputs)
        return self._computed(key, function, boxes, self._grids, *inputs)

    def _computed(
        self,
        key: Hashable,
        function: Function,
        boxes: Boxes,
        grids: tuple[int, ...],
        *inputs: Input,
    ) -> tuple[Tensor, ...]:
        count = len(self._maps)

        def cropped(places: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
            return function(self._bins(given[:count], places, grids), *given[count:])

        maps = self.runner.lasting("maps", self._maps)
        places = self._in_region(boxes, self._region)
        with torch.no_grad():
            return self.runner.run((key, grids), cropped, places, *maps, *inputs)

    def places(self, area: Boxes, count: int) -> Tensor:
        """See ``FeatureExtractor.places``; what all maps hold there."""
        bins = self._pooled(area[None], (count,) * len(self._maps))
        return self._by_place(bins, count)

    def computed_of_places(
        self, key: Hashable, function: Function, area: Boxes, count: int, *inputs: Input
    ) -> tuple[Tensor, ...]:
        """See ``FeatureExtractor.computed_of_places``; as ``computed``."""
        if not self.runner.records:
            return super().computed_of_places(key, function, area, count, *inputs)

        def of_places(bins: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
            return function(self._by_place(bins, count), *given)

        grids = (count,) * len(self._maps)
        return self._computed(key, of_places, area[None], grids, *inputs)

    def _by_place(self, bins: Tensor, count: int) -> Tensor:
        channels = [count**2 * level.channels for level in self._backbone.levels]
        parts = bins[0].split(channels)
        return torch.cat([part.reshape(count**2, -1) for part in parts], dim=1)

    def region(self, box: Boxes) -> Boxes:
        """See ``FeatureExtractor.region``: a square around the box, which it holds with room."""
        side = self._region_size * float(np.sqrt(box[2:].prod())) / self._target_size
        side = max(side, LEAST_REACH * float(box[2:].max()))
        return np.concatenate([centres(box) - side / 2, [side, side]])

    def no_samples(self) -> Samples:
        """See ``FeatureExtractor.no_samples``."""
        return Samples(torch.empty((0, self.width), device=self.device))

    def state(self) -> State:
        """See ``FeatureExtractor.state``."""
        means = {f"mean{i}": as_array(one) for i, one in enumerate(self._channel_means)}
        spreads = {f"spread{i}": as_array(one) for i, one in enumerate(self._channel_spreads)}
        return {**means, **spreads}

    def restored(self, kept: Kept) -> SharedFeatures:
        """See ``FeatureExtractor.restored``."""
        other = copy.copy(self)
        other._channel_means, other._channel_spreads = [], []
        for number, level in enumerate(self._backbone.levels):
            shape = (1, level.channels, 1, 1)
            other._channel_means.append(kept.tensor(f"mean{number}", shape, self.device))
            spread = kept.tensor(f"spread{number}", shape, self.device)
            if bool((spread < SPREAD_FLOOR).any()):
                raise kept.misfit(f"spread{number}", "is too small")
            other._channel_spreads.append(spread)
        return other

    def prepare_view(self) -> None:
        """See ``FeatureExtractor.prepare_view``."""
        self._pullback.prepare()

    def view(self, box: Boxes) -> View:
        """See ``FeatureExtractor.view``; the part of the search region around the box."""
        cell = self._backbone.levels[-1].stride
        side = view_side(self._backbone, self._region_size)
        scale = self._region[2] / self._region_size
        # A corner on a whole cell keeps the feature maps where they are in the full region's.
        centre = (centres(box) - self._region[:2]) / scale
        corner = cell * np.round((centre - side / 2) / cell)
        corner = np.clip(corner, 0, self._region_size - side).astype(int)
        area = np.concatenate([self._region[:2] + corner * scale, [side * scale, side * scale]])
        image = _square(self._patch, corner, side).float()
        strides = [level.stride for level in self._backbone.levels]
        maps = tuple(one.detach().requires_grad_() for one in self._maps)
        with torch.enable_grad():
            features = self.pooled(maps, box[None], self._region, self._grids)

        def pulled(gradients: Tensor) -> Tensor:
            at_maps = vector_jacobian([features], maps, [gradients], materialize_grads=True)
            at_view = (
                _square(at_map / spread, corner // stride, side // stride)
                for at_map, spread, stride in zip(
                    at_maps, self._channel_spreads, strides, strict=True
                )
            )
            return self._pullback(image, tuple(at_view))

        return View(area, features.detach(), pulled)

    def pooled(
        self, maps: tuple[Tensor, ...], boxes: Boxes, area: Boxes, grids: tuple[int, ...]
    ) -> Tensor:
        """Crop boxes ``(N, 4)`` from maps ``(1, C, H, W)`` of the square ``area`` ``(4,)``.

        Bilinear samples at the bins' centres, differentiable in the maps (RoI align; He et al.,
        "Mask R-CNN", ICCV 2017).
        """
        in_region = self._in_region(boxes, area)
        if self.device.type != "cpu":
            return self._bins(maps, torch.from_numpy(in_region).to(self.device), grids)
        parts = [
            bilinear_bins(features, level, in_region, grid)
            for level, grid, features in zip(self._backbone.levels, grids, maps, strict=True)
            if grid
        ]
        return torch.cat(parts, dim=1)

    def _pooled(self, boxes: Boxes, grids: tuple[int, ...]) -> Tensor:
        """Crop boxes ``(N, 4)`` from the maps of the observed frame, see ``pooled``."""
        count = len(boxes)
        with torch.no_grad():
            if not self.runner.records or not 0 < count <= ROWS[-1]:
                return self.pooled(self._maps, boxes, self._region, grids)

            rows = next(one for one in ROWS if one >= count)
            filled = np.empty((rows, 4))
            filled[:count], filled[count:] = boxes, boxes[-1]
            (bins,) = self._computed("bins", lambda bins: (bins,), filled, grids)
            return bins[:count].clone()

    def _in_region(self, boxes: Boxes, area: Boxes) -> Boxes:
        """Return boxes in pixels of the backbone's input, where the corner of ``area`` is 0."""
        in_region = boxes - np.concatenate([area[:2], (0.0, 0.0)])
        in_region *= self._region_size / self._region[2]
        return in_region

    def _bins(self, maps: tuple[Tensor, ...], places: Tensor, grids: tuple[int, ...]) -> Tensor:
        parts = [
            bins_on_device(features, level, places, grid)
            for level, grid, features in zip(self._backbone.levels, grids, maps, strict=True)
            if grid
        ]
        return torch.cat(parts, dim=1)

    def _look(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Cut the search region around ``box`` out of the frame."""
        self._region = self.region(box)
        height, width = image.shape[:2]
        self.area = clip_to_image(self._region, (width, height))
        patch = region_patch(image, self._region, self._region_size, self._backbone.padding_value)
        self._patch = self.runner.there(patch).permute(2, 0, 1)[None]

    def _statistics(self) -> list[Tensor]:
        return [*self._channel_means, *self._channel_spreads]


def _normalised(maps: tuple[Tensor, ...], statistics: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return maps less their channels' means, over their deviations: those and then these."""
    means, spreads = statistics[: len(maps)], statistics[len(maps) :]
    return tuple((m - mean) / spread for m, mean, spread in zip(maps, means, spreads, strict=True))


def view_side(backbone: Backbone, region_size: int) -> int:
    """Return the side of the images of ``SharedFeatures.view`` for a search region's side."""
    cell = backbone.levels[-1].stride
    return cell * round(VIEW_SHARE * region_size / cell)


def _square(maps: Tensor, corner: NDArray[np.int_], side: int) -> Tensor:
    x, y = corner.tolist()
    return maps[..., y : y + side, x : x + side]
