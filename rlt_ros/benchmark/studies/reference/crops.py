# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Features of boxes, one image sample and one pass of the network at a time."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.features.backbones import Backbone
from rlt_ros.tracking.features.samples import Samples


def crop_samples(
    image: NDArray[np.uint8],
    target: Boxes,
    boxes: Boxes,
    backbone: Backbone,
    crop_size: int,
    padding: int,
    keep_images: bool,
) -> Samples:
    """Return what ``CropFeatures.samples`` returns after ``observe(image, target)``.

    Args:
        image: ``(H, W, 3)`` RGB.
        target: ``(4,)`` x, y, w, h in pixels: sets the scale at which the frame is averaged.
        boxes: ``(N, 4)``.
        backbone: the frozen network, on the CPU.
        crop_size, padding: side of a sample and its context on every side, in pixels.
        keep_images: round the samples to whole grey levels and give them along.
    """
    context = crop_size / (crop_size - 2 * padding)
    frame, zoom = _averaged(image, target, crop_size, context)
    features, images = [], []
    for box in boxes:
        sample = image_sample(frame, box * np.tile(zoom, 2), crop_size, context, backbone)
        if keep_images:
            sample = np.rint(sample)
            images.append(torch.from_numpy(sample.astype(np.uint8)).permute(2, 0, 1))
        tensor = torch.from_numpy(sample).permute(2, 0, 1)[None]
        with torch.no_grad():
            features.append(network_features(backbone, tensor)[0])
    return Samples(torch.stack(features), torch.stack(images) if images else None)


def network_features(backbone: Backbone, images: Tensor) -> Tensor:
    """Return features ``(N, D)`` of float image samples ``(N, 3, S, S)``, differentiable."""
    coarsest = backbone(images)[-1]
    return F.adaptive_avg_pool2d(coarsest, backbone.sample_grid).permute(0, 2, 3, 1).flatten(1)


def image_sample(
    frame: NDArray[np.float32], box: Boxes, size: int, context: float, backbone: Backbone
) -> NDArray[np.float32]:
    """Resize a box with its context to ``(size, size, 3)``, bilinearly; grey outside the frame.

    Not by ``cv2.remap`` or ``warpAffine``: they round positions to 1/32 pixel.
    """
    fill = backbone.padding_value
    bordered = cv2.copyMakeBorder(frame, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(fill, fill, fill))
    sampled = bordered
    for axis in (0, 1):
        start, side = (box[1], box[3]) if axis == 0 else (box[0], box[2])
        steps = (np.arange(size) + 0.5) / size - 0.5
        # Counted from the centre of the first pixel; the frame is 1 further in, for its border.
        places = start + side / 2 + context * side * steps - 0.5 + 1
        places = np.clip(places, 0, bordered.shape[axis] - 1)
        low = np.minimum(np.floor(places).astype(int), bordered.shape[axis] - 2)
        share = (places - low).astype(np.float32)
        share = share[:, None, None] if axis == 0 else share[None, :, None]
        before, after = sampled.take(low, axis), sampled.take(low + 1, axis)
        sampled = before + share * (after - before)
    return sampled


def _averaged(
    image: NDArray[np.uint8], target: Boxes, crop_size: int, context: float
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Shrink the frame where samples would skip pixels; return it with its factors (x, y)."""
    height, width = image.shape[:2]
    wanted = np.minimum(1.0, crop_size / (context * target[2:])) * (width, height)
    columns, rows = np.maximum(1, np.round(wanted)).astype(int).tolist()
    if (columns, rows) != (width, height):
        image = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    return image.astype(np.float32), np.array([columns / width, rows / height])
