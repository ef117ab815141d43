# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes cropped from a feature map (RoI align; He et al., "Mask R-CNN", ICCV 2017)."""

from __future__ import annotations

import functools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.features.backbones import FeatureLevel


def bilinear_bins(features: Tensor, level: FeatureLevel, boxes: Boxes, grid: int) -> Tensor:
    """Return ``(N, grid * grid * C)``, what a map holds at the centres of the boxes' bins.

    On a CPU, where NumPy finds the cells in the least time; ``bins_on_device`` gives the same.

    Args:
        features: ``(1, C, H, W)``, continued outside by the values at its border.
        level: where its cells are.
        boxes: ``(N, 4)`` in pixels of the backbone's input.
        grid: bins per side.
    """
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
    x, y = _corners(grid)
    (x_cells, y_cells), (x_shares, y_shares) = (
        torch.from_numpy(one).unbind(dim=1) for one in (cells, shares)
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


def bins_on_device(features: Tensor, level: FeatureLevel, boxes: Tensor, grid: int) -> Tensor:
    """Return what ``bilinear_bins`` returns, without a number that the host must know.

    Args:
        features, level, grid: see there.
        boxes: ``(N, 4)`` float64 on the device.
    """
    channels, height, width = features.shape[1:]
    steps = (torch.arange(grid, device=boxes.device, dtype=boxes.dtype) + 0.5) / grid
    cells, shares = [], []
    for axis, side in ((0, width), (1, height)):
        at = boxes[:, axis, None] + boxes[:, axis + 2, None] * steps
        at = ((at - level.offset) / level.stride).clamp(0, side - 1)
        lower = at.long().clamp_max(side - 2)
        upper_share = at - lower
        cells.append(torch.stack([lower, lower + 1], dim=-1))  # (N, grid, 2)
        shares.append(torch.stack([1 - upper_share, upper_share], dim=-1).float())
    (x, y), (x_shares, y_shares) = cells, shares
    rows = width * y[:, :, None, :, None] + x[:, None, :, None, :]
    weights = y_shares[:, :, None, :, None] * x_shares[:, None, :, None, :]
    table = features[0].permute(1, 2, 0).reshape(-1, channels)
    picked = table.index_select(0, rows.flatten()).view(-1, 4, channels)
    bins = (picked * weights.reshape(-1, 4, 1)).sum(dim=1)
    return bins.reshape(len(boxes), grid * grid * channels)


@functools.cache
def _corners(grid: int) -> tuple[Tensor, Tensor]:
    """Return x and y ``(grid * grid * 4,)`` of the four cells around each bin of a box, row by row.

    As indices of ``grid`` lower neighbours followed by as many upper ones.
    """
    row, column, corner = torch.meshgrid(*(torch.arange(n) for n in (grid, grid, 4)), indexing="ij")
    x, y = column + grid * (corner % 2), row + grid * (corner // 2)
    return x.flatten(), y.flatten()
