# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Features by one backbone pass per box, on an image sample of each: the paper's way."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.compute.runner import Runner
from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.features.extractor import (
    FeatureExtractor,
    FeaturePart,
    View,
    with_surroundings,
)
from rlt_ros.tracking.features.sample_derivatives import AutogradDerivatives
from rlt_ros.tracking.features.sample_network import ComputesFeatures, ImageFeatures, crops_per_pass
from rlt_ros.tracking.features.samples import Samples


class CropFeatures(FeatureExtractor):
    """One backbone pass per box: the paper's way.

    Args:
        network: frozen features.
        device: where to compute.
        crop_size: side of the samples in pixels.
        padding: context on every side of the box, in sample pixels.
        keep_images: give the image samples along, for attention at the image.
        compute: computes the features in the network's place; None leaves them to it.
        runner: see ``FeatureExtractor``; None runs everything as it is.
    """

    def __init__(
        self,
        network: ImageFeatures,
        device: torch.device,
        crop_size: int,
        padding: int,
        keep_images: bool,
        compute: ComputesFeatures | None = None,
        runner: Runner | None = None,
    ) -> None:
        self._network = network
        self.runner = runner or Runner(device)
        self.compute: ComputesFeatures = compute or network
        self.device = device
        self._crop_size = crop_size
        self._context = crop_size / (crop_size - 2.0 * padding)
        self._keep_images = keep_images
        self._fill = network.backbone.padding_value
        self.parts = (FeaturePart(network.backbone.levels[-1].channels, network.grid**2),)
        self.context_width = self.width
        self.place_width = 0
        self.weights_sha256 = network.backbone.weights_sha256
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
        tensor = self.runner.there(np.require(image, requirements=["C", "W"]))
        self._image = tensor.permute(2, 0, 1)[None].float() - self._fill

    def crops(self, boxes: Boxes) -> Tensor:
        """Return float image samples ``(N, 3, S, S)``, RGB 0..255, of boxes ``(N, 4)``."""
        height, width = self._image.shape[-2:]
        steps = torch.arange(self._crop_size, dtype=torch.float32, device=self.device)
        steps = (steps + 0.5) / self._crop_size - 0.5
        centre = torch.from_numpy(centres(boxes) * self._zoom).float().to(self.device)
        side = torch.from_numpy(boxes[:, 2:] * self._zoom * self._context).float().to(self.device)
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
        features, images, few = [], [], crops_per_pass(self.device)
        with torch.no_grad():
            for some in _split(boxes, max(few, self.compute.samples_per_call)):
                crops = torch.cat([self.crops(each) for each in _split(some, few)])
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
        return self.features(with_surroundings(boxes))

    def places(self, area: Boxes, count: int) -> Tensor:
        """See ``FeatureExtractor.places``."""
        raise NotImplementedError("image samples have no features of single places")

    def region(self, box: Boxes) -> Boxes:
        """See ``FeatureExtractor.region``: the whole frame."""
        return self.area

    def no_samples(self) -> Samples:
        """See ``FeatureExtractor.no_samples``."""
        features = torch.empty((0, self.width), device=self.device)
        shape = (0, 3, self._crop_size, self._crop_size)
        images = torch.empty(shape, dtype=torch.uint8, device=self.device)
        return Samples(features, images if self._keep_images else None)

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
