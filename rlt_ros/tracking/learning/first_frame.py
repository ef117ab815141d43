# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What there is to learn from in the first frame (paper, section 4), and in copies of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, iou
from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.learning import sampling
from rlt_ros.tracking.learning.augmentation import shrunk, with_other_background
from rlt_ros.tracking.learning.box_regression import BoxRegressor, regression_features

# Overlaps of the samples that the box regressor learns from (MDNet).
REGRESSION_IOU = 0.6
# Samples of each copy of the first frame with other background, and the reach of those that are
# background in mean target sides: they show parts of the target on what it was not seen on.
SWAP_POSITIVES, SWAP_NEGATIVES, SWAP_REACH = 100, 100, 0.8
# Samples of its old surroundings without it, where it does not cover them itself.
SWAP_VACATED, VACATED_IOU = 60, 0.2
# Each copy gives this part of the first frame's samples to the box regressor.
SWAP_REGRESSION_SHARE = 7
# Sides of a target that gets other background over those which it gets in the search region, or
# more: what a very large one has beyond is not seen, and takes long.
SWAP_DETAIL = 8.0


class RegressionSamples(NamedTuple):
    """What box regression learns from.

    Attributes:
        features: ``(N, E)``, see ``regression_features``.
        boxes: ``(N, 4)`` drawn around the target.
        targets: ``(N, 4)`` the target in the image of each.
    """

    features: Tensor
    boxes: Boxes
    targets: Boxes


class FirstSamples(NamedTuple):
    """What the first frame, or a copy of it, gives to learn from.

    Attributes:
        positives: of the target.
        negatives: of background.
        regression: None where no box regression is learned.
    """

    positives: Samples
    negatives: Samples
    regression: RegressionSamples | None


def learned_from_first_frame(
    config: TrackerConfig,
    rng: np.random.Generator,
    extractor: FeatureExtractor,
    image: Image,
    target: Boxes,
) -> tuple[Samples, Samples, BoxRegressor | None]:
    """Return what the classifier learns from on the first frame, and the box regressor.

    Args:
        config: the settings.
        rng: source of randomness.
        extractor: has observed the frame, and has again on return.
        image: ``(H, W, 3)`` RGB, the frame.
        target: ``(4,)`` in it.

    Returns:
        Positive samples, negative samples, and the regressor or None.
    """
    smaller, there = shrunk(image, target, SWAP_DETAIL * config.region_target_size)
    parts = []
    for _ in range(config.background_swaps):
        check_stop()
        parts.append(_samples_of_copy(config, rng, extractor, smaller, there))
    if config.background_swaps:
        extractor.observe(image, target)
    parts.append(_samples_of_frame(config, rng, extractor, target))
    positives, negatives, regression = zip(*parts, strict=True)
    return (
        Samples.joined(list(positives)),
        Samples.joined(list(negatives)),
        _regressor([part for part in regression if part is not None], config.regression_ridge),
    )


def _samples_of_copy(
    config: TrackerConfig,
    rng: np.random.Generator,
    extractor: FeatureExtractor,
    image: Image,
    target: Boxes,
) -> FirstSamples:
    """Draw samples of a copy of the first frame with other background."""
    swapped, vacated = with_other_background(rng, image, target)
    extractor.observe(swapped, target)
    area, highest = extractor.area, config.initial_negative_iou
    boxes = sampling.target_boxes(rng, target, SWAP_POSITIVES, area, config.positive_iou)
    positives = extractor.samples(boxes)
    boxes = sampling.background_boxes(rng, target, SWAP_NEGATIVES, area, SWAP_REACH, 1.6, highest)
    if iou(vacated, target) < VACATED_IOU:
        old = sampling.target_boxes(rng, vacated, SWAP_VACATED, area, config.positive_iou)
        boxes = np.concatenate([boxes, old[iou(old, target) < highest]])
    negatives = extractor.samples(boxes)
    regression = None
    if config.regression_samples:
        count = max(1, config.regression_samples // SWAP_REGRESSION_SHARE)
        regression = _regression_samples(config, rng, extractor, target, count)
    return FirstSamples(positives, negatives, regression)


def _samples_of_frame(
    config: TrackerConfig, rng: np.random.Generator, extractor: FeatureExtractor, target: Boxes
) -> FirstSamples:
    """Draw samples of the first frame itself."""
    area, highest = extractor.area, config.initial_negative_iou
    regression = None
    if config.regression_samples:
        count = config.regression_samples
        regression = _regression_samples(config, rng, extractor, target, count)
    boxes = sampling.target_boxes(rng, target, config.initial_positives, area, config.positive_iou)
    positives = extractor.samples(boxes)
    half = config.initial_negatives // 2
    near = sampling.background_boxes(rng, target, half, area, 1.0, 1.6, highest)
    wrong_size = sampling.wrong_size_boxes(
        rng, target, config.initial_scale_negatives, area, highest
    )
    far = sampling.boxes_within_iou(
        lambda n: sampling.spread_boxes(rng, target, n, area, 1.2),
        target,
        config.initial_negatives - half,
        0.0,
        highest,
    )
    negatives = extractor.samples(np.concatenate([near, far, wrong_size]))
    return FirstSamples(positives, negatives, regression)


def _regression_samples(
    config: TrackerConfig,
    rng: np.random.Generator,
    extractor: FeatureExtractor,
    target: Boxes,
    count: int,
) -> RegressionSamples:
    """Draw boxes around the target of the observed frame."""
    boxes = sampling.boxes_within_iou(
        lambda n: sampling.gaussian_boxes(rng, target, n, extractor.area, 0.6, 1.5, 1.1),
        target,
        count,
        REGRESSION_IOU,
        1.0,
    )
    features = regression_features(config, extractor, boxes)
    return RegressionSamples(features, boxes, np.broadcast_to(target, boxes.shape))


def _regressor(parts: list[RegressionSamples], ridge: float) -> BoxRegressor | None:
    if not any(len(part.boxes) for part in parts):
        return None
    features, boxes, targets = zip(*parts, strict=True)
    return BoxRegressor(torch.cat(features), np.concatenate(boxes), np.concatenate(targets), ridge)
