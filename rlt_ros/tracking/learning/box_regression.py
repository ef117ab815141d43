# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bounding-box regression on the first frame's features (paper, section 4; Girshick, CVPR 2014).

Ours goes on learning sizes from later finds: a target that turns looks unlike its first frame, and
what that taught of its edges holds no longer.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.state import Kept, State, as_array

# Boxes that a later find teaches sizes by: off its centre by this share of its sides, and off its
# sides by this log factor, each either way.
OFF_CENTRE, OFF_SIDES = 0.08, 0.12
# Later finds that are learned from, the latest.
FINDS = 40
# Least ridge over the mean of the rows' squares: with less, float32 finds no solution.
LEAST_RIDGE = 1e-4


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
        self._weights = self._first_weights = x.T @ torch.linalg.solve(gram, y)
        self._later = _LaterFinds(ridge, self._weights)

    def state(self) -> State:
        """Return what was learned, for ``restored``."""
        return {
            "feature_mean": as_array(self._feature_mean),
            "weights": as_array(self._first_weights),
            "offset": as_array(self._offset),
            "later": self._later.state(),
        }

    @classmethod
    def restored(
        cls, kept: Kept, features: int, device: torch.device, ridge: float
    ) -> BoxRegressor:
        """Return a regressor as it was kept.

        Args:
            kept: see ``state``.
            features: numbers per box.
            device: where to compute.
            ridge: see the class.

        Raises:
            InvalidTargetError: it is of other features.
        """
        self = cls.__new__(cls)
        self._feature_mean = kept.tensor("feature_mean", (features,), device)
        self._weights = self._first_weights = kept.tensor("weights", (features, 4), device)
        self._offset = kept.tensor("offset", (4,), device)
        self._later = _LaterFinds(ridge, self._weights)
        if kept.has("later"):  # not where a version kept it that learned from the first frame alone
            self._later.restore(kept.part("later"))
            self._take_sizes()
        return self

    def learn_sizes(self, features: Tensor, boxes: Boxes, target: Boxes) -> None:
        """Learn from a later find how sizes differ; shifts stay those of the first frame.

        Ridge regression from the latest finds to what the first frame's weights miss.

        Args:
            features: ``(16, D)`` of the boxes.
            boxes: ``(16, 4)``, see ``boxes_about``.
            target: ``(4,)`` the find.
        """
        ratios = torch.from_numpy(np.log(target[2:] / boxes[:, 2:])).to(features)
        x = features - self._feature_mean
        missed = ratios - self._offset[2:] - x @ self._first_weights[:, 2:]
        contrasts = torch.from_numpy(_CONTRASTS).to(features)
        self._later.add(contrasts @ x, contrasts @ missed)
        self._take_sizes()

    def _take_sizes(self) -> None:
        sizes = self._first_weights[:, 2:] + self._later.weights()
        self._weights = torch.cat([self._first_weights[:, :2], sizes], dim=1)

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


def boxes_about(target: Boxes) -> Boxes:
    """Return 16 boxes ``(16, 4)`` that are off a target ``(4,)`` in centre and sides."""
    middles = centres(target) + OFF_CENTRE * _OFF[:, :2] * target[2:]
    return from_centres(middles, target[2:] * np.exp(OFF_SIDES * _OFF[:, 2:]))


# Which way each of these is off, in x, y, width and height; and what they have in common and how
# they differ in each: five rows say what sixteen say, but for how two of them act together.
_OFF = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 4), axis=-1).reshape(-1, 4)
_CONTRASTS = np.concatenate([np.ones((16, 1)), _OFF], axis=1).T / 4


class _LaterFinds:
    """The latest finds, and ridge regression on them.

    Args:
        ridge: weight of the squared norm.
        like: ``(D, ...)`` a tensor of the same kind.
    """

    def __init__(self, ridge: float, like: Tensor) -> None:
        self._ridge = ridge
        rows = FINDS * len(_CONTRASTS)
        self._rows = like.new_zeros(rows, len(like))
        self._missed = like.new_zeros(rows, 2)
        self._gram = like.new_zeros(rows, rows)
        self._next = 0

    def add(self, rows: Tensor, missed: Tensor) -> None:
        """Take a find ``(5, D)`` in the oldest one's place, and what is missed of it ``(5, 2)``."""
        place = slice(self._next, self._next + len(rows))
        self._rows[place], self._missed[place] = rows, missed
        products = rows @ self._rows.T
        self._gram[place], self._gram[:, place] = products, products.T
        self._next = place.stop % len(self._rows)

    def weights(self) -> Tensor:
        """Return ``(D, 2)`` what is to be added to the weights of the sizes."""
        gram = self._gram.clone()
        diagonal = gram.diagonal()
        diagonal.add_(torch.clamp(LEAST_RIDGE * diagonal.mean(), min=self._ridge))
        return self._rows.T @ torch.cholesky_solve(self._missed, torch.linalg.cholesky(gram))

    def state(self) -> State:
        """Return the finds, for ``restore``."""
        return {
            "rows": as_array(self._rows),
            "missed": as_array(self._missed),
            "next": self._next,
        }

    def restore(self, kept: Kept) -> None:
        """Take the finds of a ``state`` in the place of those so far."""
        device = self._rows.device
        self._rows = kept.tensor("rows", tuple(self._rows.shape), device)
        self._missed = kept.tensor("missed", tuple(self._missed.shape), device)
        self._gram = self._rows @ self._rows.T
        step = len(_CONTRASTS)
        self._next = step * (kept.integer("next", 0, len(self._rows) - step) // step)


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
    return BoxRegressor.restored(kept, width, extractor.device, config.regression_ridge)
