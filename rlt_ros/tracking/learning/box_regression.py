# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bounding-box regression on the first frame's features (paper, section 4; Girshick, CVPR 2014)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.state import Kept, State, as_array


class BoxRegressor:
    """Ridge regression from features to the shift and the log size ratio of the true box.

    Args:
        features: ``(N, D)`` of the sample boxes.
        boxes: ``(N, 4)`` sample boxes.
        target: ``(4,)`` the true box, or ``(N, 4)`` that of each sample.
        ridge: weight of the squared norm.
    """

    def __init__(self, features: Tensor, boxes: Boxes, target: Boxes, ridge: float) -> None:
        shifts = (centres(target) - centres(boxes)) / boxes[:, 2:]
        ratios = np.log(target[..., 2:] / boxes[:, 2:])
        wanted = torch.from_numpy(np.concatenate([shifts, ratios], axis=1)).to(features)
        self._feature_mean = features.mean(dim=0)
        self._offset = wanted.mean(dim=0)
        x = features - self._feature_mean
        y = wanted - self._offset
        # The dual form: fewer samples than features, so the N x N system is the small one.
        gram = x @ x.T
        gram.diagonal().add_(ridge)
        self._weights = x.T @ torch.linalg.solve(gram, y)

    def state(self) -> State:
        """Return what was learned, for ``restored``."""
        return {
            "feature_mean": as_array(self._feature_mean),
            "weights": as_array(self._weights),
            "offset": as_array(self._offset),
        }

    @classmethod
    def restored(cls, kept: Kept, features: int, device: torch.device) -> BoxRegressor:
        """Return a regressor as it was kept.

        Args:
            kept: see ``state``.
            features: numbers per box.
            device: where to compute.

        Raises:
            InvalidTargetError: it is of other features.
        """
        self = cls.__new__(cls)
        self._feature_mean = kept.tensor("feature_mean", (features,), device)
        self._weights = kept.tensor("weights", (features, 4), device)
        self._offset = kept.tensor("offset", (4,), device)
        return self

    def refined(self, features: Tensor, boxes: Boxes) -> Boxes:
        """Return boxes ``(N, 4)`` moved and resized by what their features ``(N, D)`` say."""
        return _changed(boxes, *_change(features, *self._learned))

    def refined_in(self, extractor: FeatureExtractor, boxes: Boxes, context: bool) -> Boxes:
        """Return boxes ``(N, 4)`` of the observed frame moved and resized; see ``computed``."""
        learned = extractor.runner.lasting("regressor", self._learned)
        return _changed(
            boxes, *extractor.computed("refined", _change, boxes, *learned, context=context)
        )

    @property
    def _learned(self) -> tuple[Tensor, Tensor, Tensor]:
        return self._feature_mean, self._weights, self._offset


def _changed(boxes: Boxes, change: Tensor) -> Boxes:
    delta = change.cpu().numpy()
    sides = boxes[:, 2:]
    return from_centres(centres(boxes) + delta[:, :2] * sides, sides * np.exp(delta[:, 2:]))


def _change(features: Tensor, mean: Tensor, weights: Tensor, offset: Tensor) -> tuple[Tensor]:
    # Never more than one side or a factor e: what lies beyond was not learned.
    return (((features - mean) @ weights + offset).double().clamp(-1.0, 1.0),)


def regression_features(config: TrackerConfig, extractor: FeatureExtractor, boxes: Boxes) -> Tensor:
    """Return what box regression sees ``(N, E)`` of boxes ``(N, 4)``."""
    if config.regression_features == "context":
        return extractor.context_features(boxes)
    return extractor.features(boxes)


def restored_regressor(
    config: TrackerConfig, extractor: FeatureExtractor, kept: Kept
) -> BoxRegressor:
    """Return a regressor as it was kept, see ``BoxRegressor.restored``."""
    context = config.regression_features == "context"
    width = extractor.context_width if context else extractor.width
    return BoxRegressor.restored(kept, width, extractor.device)
