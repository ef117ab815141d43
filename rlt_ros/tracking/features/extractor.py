# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From boxes in a frame to the numbers that the classifier sees.

Two ways, one interface: ``CropFeatures`` resizes every box to an image sample of its own and runs
the backbone on each, as in the paper; ``SharedFeatures`` runs it once on a search region and crops
the feature maps.
"""

from __future__ import annotations

import abc
import copy
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, clip_to_image, from_centres
from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.features.backbones import Backbone, FeatureLevel
from rlt_ros.tracking.features.halving import halved, halvings_within
from rlt_ros.tracking.features.map_derivatives import AutogradPullback, MapPullback
from rlt_ros.tracking.features.sample_network import (
    CROPS_PER_PASS,
    AutogradDerivatives,
    ComputesFeatures,
    ImageFeatures,
)

SPREAD_FLOOR = 1e-3
# Box regression sees the box with half its sides of surroundings, in finer bins: that a box is too
# small shows only outside it. Bins per side, one number for each feature map.
CONTEXT, CONTEXT_GRIDS = 1.5, (7, 5)
# Least side of the search region over the target's longer one: a very long target sticks out of
# what its mean side asks for, and so would all samples of it.
LEAST_REACH = 1.25
# The attention map needs no more of the search region: what lies further off has no part in it,
# and two thirds of the side cost half the time.
VIEW_SHARE = 2 / 3


@dataclass(frozen=True)
class Samples:
    """Training samples.

    Attributes:
        features: ``(N, D)`` float32.
        images: ``(N, 3, S, S)`` uint8 RGB samples where attention is taken at the image, else None.
    """

    features: Tensor
    images: Tensor | None = None

    def __getitem__(self, index: Tensor | slice) -> Samples:
        """Return the samples at ``index`` ``(M,)``; those of a slice are not copied."""
        return Samples(self.features[index], None if self.images is None else self.images[index])

    def __len__(self) -> int:
        return len(self.features)

    def extended(self, count: int) -> Samples:
        """Return a copy with room for ``count`` more samples, whose values are undefined."""
        images = None if self.images is None else _extended(self.images, count)
        return Samples(_extended(self.features, count), images)

    def overwrite(self, first: int, samples: Samples) -> None:
        """Put other samples in the place of those from index ``first`` on."""
        for mine, theirs in ((self.features, samples.features), (self.images, samples.images)):
            if mine is not None and theirs is not None:
                mine[first : first + len(samples)] = theirs

    @staticmethod
    def joined(parts: list[Samples]) -> Samples:
        """Concatenate samples."""
        images = [part.images for part in parts if part.images is not None]
        return Samples(
            torch.cat([part.features for part in parts]), torch.cat(images) if images else None
        )


def _extended(tensor: Tensor, count: int) -> Tensor:
    longer = tensor.new_empty((len(tensor) + count, *tensor.shape[1:]))
    longer[: len(tensor)] = tensor
    return longer


class FeaturePart(NamedTuple):
    """A run of a box's features: ``bins`` x ``channels`` numbers, the channels of a bin together.

    Attributes:
        channels: of the feature map that they come from.
        bins: places in the box, row by row.
    """

    channels: int
    bins: int


class View(NamedTuple):
    """The pixels behind the features of one box.

    Attributes:
        area: ``(4,)`` the part of the frame that they show, in pixels.
        features: ``(1, D)`` of the box.
        pulled: from derivatives ``(1, D)`` of something by the features to those by the backbone's
            input ``(1, 3, S, S)``.
    """

    area: Boxes
    features: Tensor
    pulled: Callable[[Tensor], Tensor]


class FeatureExtractor(abc.ABC):
    """Features of boxes in the frame last observed.

    Attributes:
        area: ``(4,)`` the part of the frame in which boxes have features, in pixels.
        parts: what a box's features are, in order.
    """

    area: Boxes
    parts: tuple[FeaturePart, ...]

    @abc.abstractmethod
    def start(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Observe a first frame (H, W, 3) RGB with the target at ``box`` (4,)."""

    @abc.abstractmethod
    def observe(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Take the next frame; the target is expected near ``box``, whose size sets the scale."""

    @abc.abstractmethod
    def samples(self, boxes: Boxes) -> Samples:
        """Return the samples of boxes ``(N, 4)`` inside ``area``, to train on."""

    @abc.abstractmethod
    def features(self, boxes: Boxes) -> Tensor:
        """Return features ``(N, D)`` of boxes ``(N, 4)`` inside ``area``."""

    @abc.abstractmethod
    def context_features(self, boxes: Boxes) -> Tensor:
        """Return features ``(N, E)`` of boxes ``(N, 4)`` with their surroundings."""

    @abc.abstractmethod
    def region(self, box: Boxes) -> Boxes:
        """Return the part ``(4,)`` of a frame, and beyond, that ``observe`` takes for ``box``."""

    def glance(self, image: NDArray[np.uint8], box: Boxes) -> FeatureExtractor:
        """Return a like extractor that observes ``image`` around ``box``; this one stays as it is.

        See ``observe``.
        """
        other = copy.copy(self)
        other.observe(image, box)
        return other

    @abc.abstractmethod
    def view(self, box: Boxes) -> View:
        """Return the pixels that the features of ``box`` ``(4,)`` are computed from.

        It is good until the next frame is observed.
        """

    @abc.abstractmethod
    def prepare_view(self) -> None:
        """Load what ``view`` needs, ahead of its first use.

        Raises:
            ConfigError: it cannot be loaded.
        """


class CropFeatures(FeatureExtractor):
    """One backbone pass per box: the paper's way.

    Args:
        network: frozen features.
        device: where to compute.
        crop_size: side of the samples in pixels.
        padding: context on every side of the box, in sample pixels.
        keep_images: give the image samples along, for attention at the image.
        compute: computes the features in the network's place; None leaves them to it.
    """

    def __init__(
        self,
        network: ImageFeatures,
        device: torch.device,
        crop_size: int,
        padding: int,
        keep_images: bool,
        compute: ComputesFeatures | None = None,
    ) -> None:
        self._network = network
        self.compute: ComputesFeatures = compute or network
        self._device = device
        self._crop_size = crop_size
        self._context = crop_size / (crop_size - 2.0 * padding)
        self._keep_images = keep_images
        self._fill = network.backbone.padding_value
        self.parts = (FeaturePart(network.backbone.levels[-1].channels, network.grid**2),)
        self._image = torch.empty(0)
        self._zoom = np.ones(2)

    def start(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``FeatureExtractor.start``."""
        self.observe(image, box)

    def observe(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``FeatureExtractor.observe``."""
        height, width = image.shape[:2]
        self.area = np.array([0.0, 0.0, width, height])
        # Samples shrink boxes larger than themselves: averaging first avoids aliasing.
        zoom = np.minimum(1.0, self._crop_size / (self._context * box[2:]))
        size = np.maximum(1, np.round(zoom * (width, height))).astype(int)
        self._zoom = size / (width, height)
        if (self._zoom < 1.0).any():
            image = cv2.resize(image, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
        tensor = torch.from_numpy(np.require(image, requirements=["C", "W"])).to(self._device)
        self._image = tensor.permute(2, 0, 1)[None].float() - self._fill

    def crops(self, boxes: Boxes) -> Tensor:
        """Return float image samples ``(N, 3, S, S)``, RGB 0..255, of boxes ``(N, 4)``."""
        height, width = self._image.shape[-2:]
        steps = torch.arange(self._crop_size, dtype=torch.float32, device=self._device)
        steps = (steps + 0.5) / self._crop_size - 0.5
        centre = torch.from_numpy(centres(boxes) * self._zoom).float().to(self._device)
        side = torch.from_numpy(boxes[:, 2:] * self._zoom * self._context).float().to(self._device)
        x = (centre[:, :1] + side[:, :1] * steps) * (2.0 / width) - 1.0
        y = (centre[:, 1:] + side[:, 1:] * steps) * (2.0 / height) - 1.0
        count, size = len(boxes), self._crop_size
        grid = torch.stack(
            [x[:, None, :].expand(count, size, size), y[:, :, None].expand(count, size, size)], -1
        )
        sampled = F.grid_sample(
            self._image.expand(count, -1, -1, -1), grid, padding_mode="zeros", align_corners=False
        )
        return sampled + self._fill

    def samples(self, boxes: Boxes) -> Samples:
        """See ``FeatureExtractor.samples``."""
        features, images = [], []
        with torch.no_grad():
            for some in _split(boxes, self.compute.samples_per_call):
                crops = torch.cat([self.crops(few) for few in _split(some, CROPS_PER_PASS)])
                if self._keep_images:
                    crops = crops.round()
                    images.append(crops.to(torch.uint8))
                features.append(self.compute(crops))
        return Samples(torch.cat(features), torch.cat(images) if images else None)

    def features(self, boxes: Boxes) -> Tensor:
        """See ``FeatureExtractor.features``."""
        return self.samples(boxes).features

    def context_features(self, boxes: Boxes) -> Tensor:
        """See ``FeatureExtractor.context_features``."""
        return self.features(from_centres(centres(boxes), CONTEXT * boxes[:, 2:]))

    def region(self, box: Boxes) -> Boxes:
        """See ``FeatureExtractor.region``: the whole frame."""
        return self.area

    def prepare_view(self) -> None:
        """See ``FeatureExtractor.prepare_view``: there is nothing to load."""

    def view(self, box: Boxes) -> View:
        """See ``FeatureExtractor.view``."""
        area = from_centres(centres(box), self._context * box[2:])
        image = self.crops(box[None])
        derivatives = AutogradDerivatives(self._network)
        with torch.no_grad():
            features = self.compute(image)
        return View(area, features, lambda g: derivatives.pulled(image, g[None])[0])


def _split(boxes: Boxes, count: int) -> Iterator[Boxes]:
    """Yield ``count`` boxes at a time: none once, where there are none."""
    for start in range(0, max(1, len(boxes)), count):
        check_stop()
        yield boxes[start : start + count]


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
    ) -> None:
        self._backbone = backbone
        self._compute = compute or backbone
        self._pullback = pullback or AutogradPullback(backbone)
        self._device = device
        self._region_size = region_size
        self._target_size = target_size
        self._grids = grids
        self.parts = tuple(
            FeaturePart(level.channels, grid**2)
            for level, grid in zip(backbone.levels, grids, strict=True)
            if grid
        )
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
        self._maps = self._normalised(raw)

    def observe(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``FeatureExtractor.observe``."""
        self._look(image, box)
        with torch.no_grad():
            self._maps = self._normalised(self._compute(self._patch))

    def samples(self, boxes: Boxes) -> Samples:
        """See ``FeatureExtractor.samples``."""
        return Samples(self.features(boxes))

    def features(self, boxes: Boxes) -> Tensor:
        """See ``FeatureExtractor.features``."""
        with torch.no_grad():
            return self.pooled(self._maps, boxes, self._region, self._grids)

    def context_features(self, boxes: Boxes) -> Tensor:
        """See ``FeatureExtractor.context_features``."""
        wider = from_centres(centres(boxes), CONTEXT * boxes[:, 2:])
        with torch.no_grad():
            return self.pooled(self._maps, wider, self._region, CONTEXT_GRIDS)

    def region(self, box: Boxes) -> Boxes:
        """See ``FeatureExtractor.region``: a square around the box, which it holds with room."""
        side = self._region_size * float(np.sqrt(box[2:].prod())) / self._target_size
        side = max(side, LEAST_REACH * float(box[2:].max()))
        return np.concatenate([centres(box) - side / 2, [side, side]])

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
            at_maps = torch.autograd.grad(features, maps, gradients, materialize_grads=True)
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
        in_region = boxes - np.concatenate([area[:2], (0.0, 0.0)])
        in_region *= self._region_size / self._region[2]
        parts = [
            _bilinear_bins(features, level, in_region, grid)
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
        self._patch = torch.from_numpy(patch).to(self._device).permute(2, 0, 1)[None]

    def _normalised(self, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(
            (m - mean) / spread
            for m, mean, spread in zip(
                maps, self._channel_means, self._channel_spreads, strict=True
            )
        )


def view_side(backbone: Backbone, region_size: int) -> int:
    """Return the side of the images of ``SharedFeatures.view`` for a search region's side."""
    cell = backbone.levels[-1].stride
    return cell * round(VIEW_SHARE * region_size / cell)


def _square(maps: Tensor, corner: NDArray[np.int_], side: int) -> Tensor:
    x, y = corner.tolist()
    return maps[..., y : y + side, x : x + side]


def _bilinear_bins(features: Tensor, level: FeatureLevel, boxes: Boxes, grid: int) -> Tensor:
    """Return ``(N, grid * grid * C)``, what a map holds at the centres of the boxes' bins.

    Args:
        features: ``(1, C, H, W)``, continued outside by the values at its border.
        level: where its cells are.
        boxes: ``(N, 4)`` in pixels of the backbone's input.
        grid: bins per side.
    """
    device = features.device
    channels, height, width = features.shape[1:]
    steps = (np.arange(grid) + 0.5) / grid
    last = np.array([[width - 1], [height - 1]])
    at = (boxes[:, :2, None] + boxes[:, 2:, None] * steps - level.offset) / level.stride
    at = np.minimum(np.maximum(at, 0), last)  # half the time of np.clip
    lower = np.minimum(at.astype(np.int32), last - 1)  # a map has two cells a side, or more
    upper_share = at - lower
    # (N, 2, 2 * grid): the lower, then the upper neighbours, and what each counts.
    cells = np.concatenate([lower, lower + 1], axis=2, dtype=np.int32)
    shares = np.concatenate([1 - upper_share, upper_share], axis=2, dtype=np.float32)
    cells[:, 1] *= width
    x, y = _corners(grid, device)
    (x_cells, y_cells), (x_shares, y_shares) = (
        torch.from_numpy(one).to(device).unbind(dim=1) for one in (cells, shares)
    )
    rows = y_cells.index_select(1, y) + x_cells.index_select(1, x)
    weights = y_shares.index_select(1, y) * x_shares.index_select(1, x)
    # Adds up whole cells, channels side by side: twice as fast as grid_sample.
    bins = F.embedding_bag(
        rows.reshape(-1, 4),
        features[0].permute(1, 2, 0).reshape(-1, channels),
        per_sample_weights=weights.reshape(-1, 4),
        mode="sum",
    )
    return bins.reshape(len(boxes), grid * grid * channels)


@functools.cache
def _corners(grid: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return x and y ``(grid * grid * 4,)`` of the four cells around each bin of a box, row by row.

    As indices of ``grid`` lower neighbours followed by as many upper ones.
    """
    row, column, corner = torch.meshgrid(
        *(torch.arange(n, device=device) for n in (grid, grid, 4)), indexing="ij"
    )
    x, y = column + grid * (corner % 2), row + grid * (corner // 2)
    return x.flatten(), y.flatten()


def region_patch(
    image: NDArray[np.uint8], region: Boxes, size: int, fill: int
) -> NDArray[np.uint8]:
    """Resize a square region to ``(size, size, 3)``; ``fill`` outside the image.

    Only the region is read, and what completes its last pixels, of any image ``(H, W, 3)``.
    """
    bounds = np.array([image.shape[1], image.shape[0]])
    halvings = halvings_within(region[2] / size)
    low = np.maximum(np.floor(region[:2]), 0).astype(int)
    high = np.minimum(np.ceil(region[:2] + region[2:]), bounds).astype(int)
    # Even sides, where the image has them: OpenCV halves those ten times faster.
    high = np.minimum(high + (low - high) % 2**halvings, bounds)
    low = np.maximum(low - (low - high) % 2**halvings, 0)
    extent = high - low
    # What is left is a factor below 2, which linear interpolation takes well enough.
    inside = halved(image[low[1] : high[1], low[0] : high[0]], halvings)
    # OpenCV counts from the centres of the pixels, this package from their edges: hence the halves.
    zoom = np.array([inside.shape[1], inside.shape[0]]) / extent
    factors = zoom * region[2] / size
    shifts = (region[:2] - low) * zoom + factors / 2 - 0.5
    return cv2.warpAffine(
        inside,
        np.array([[factors[0], 0.0, shifts[0]], [0.0, factors[1], shifts[1]]]),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(fill, fill, fill),
    )
