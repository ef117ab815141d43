# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking import ConfigError, Tracker, TrackState, make_config
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.feature_attention import FeatureAttention
from rlt_ros.tracking.learning.loss import loss
from rlt_ros.tracking.learning.training import train
from rlt_ros.tracking.learning.training_settings import TrainingSettings

FEATURES = 20
Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]


def new_classifier(attend: bool) -> Classifier:
    return Classifier(FEATURES, 32, 0.5, torch.Generator().manual_seed(1), attend)


def samples(count: int = 32) -> tuple[Samples, Samples]:
    """Only the first feature tells targets from background."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.randn(count, FEATURES, generator=generator)
    targets[:, 0] += 4
    return Samples(targets), Samples(torch.randn(4 * count, FEATURES, generator=generator))


def test_it_starts_as_the_classifier_without_it() -> None:
    features = samples()[0].features
    with_module, without = new_classifier(True), new_classifier(False)
    assert torch.equal(with_module(features), without(features))
    assert without.attention is None
    names = {name for name, _ in without.named_parameters()}
    assert names == {f"fc{layer}.{kind}" for layer in (4, 5, 6) for kind in ("weight", "bias")}


def test_it_is_squeeze_and_excitation_of_every_feature() -> None:
    module = FeatureAttention(48, torch.Generator().manual_seed(1))
    again, other = (FeatureAttention(48, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert module.squeeze.out_features == 3  # a sixteenth
    assert FeatureAttention(15, torch.Generator()).squeeze.out_features == 1
    assert torch.equal(module.squeeze.weight, again.squeeze.weight)
    assert not torch.equal(module.squeeze.weight, other.squeeze.weight)
    # He: deviation sqrt(2 / inputs).
    wide = FeatureAttention(1600, torch.Generator().manual_seed(1)).squeeze.weight
    assert wide.std().item() == pytest.approx((2 / 1600) ** 0.5, rel=0.01)
    for parameter in (module.squeeze.bias, module.excite.weight, module.excite.bias):
        assert not parameter.any()
    features = torch.randn(5, 48, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        module.squeeze.bias[:] = torch.tensor([0.5, -0.5, 0.0])
        module.excite.weight[:] = torch.linspace(-1, 1, 48 * 3).reshape(48, 3)
        module.excite.bias[7] = 0.25
        hidden = (features @ module.squeeze.weight.T + module.squeeze.bias).clamp(min=0)
        drive = hidden @ module.excite.weight.T + module.excite.bias
        expected = features * 2 / (1 + torch.exp(-drive))
        torch.testing.assert_close(module(features), expected)


def test_training_moves_the_weights_of_what_matters(settings: TrainingSettings) -> None:
    classifier = new_classifier(True)
    targets, background = samples()
    plain = replace(settings, attention_weight=0.0)
    train(classifier, targets, background, 100, 1e-3, plain, torch.Generator().manual_seed(0))
    assert classifier.attention is not None
    with torch.no_grad():
        weights = classifier.attention.weights(targets.features).mean(dim=0)
    assert weights.argmax() == 0
    assert weights[0] > 1.1
    # Forward pass and training see the same features.
    scores = classifier.activations(targets.features).scores
    torch.testing.assert_close(scores, classifier(targets.features))


def test_it_excludes_the_regulariser(settings: TrainingSettings) -> None:
    with pytest.raises(ConfigError, match="attention_module: features needs attention_weight: 0"):
        make_config(attention_module="features")
    with pytest.raises(ValueError, match="without attention module"):
        loss(new_classifier(True), *samples(), settings)


def test_a_tracker_with_it_follows_and_is_another_one(
    frames: Frames, quick: dict[str, Any]
) -> None:
    last_boxes = []
    for module in ("none", "features"):
        config = make_config(**quick, attention_weight=0, attention_module=module)
        with Tracker(config) as tracker:
            tracker.init(*frames[0])
            for image, box in frames[1:12]:
                result = tracker.track(image)
                assert result.state is TrackState.TRACKING
                assert iou(result.box, box) > 0.5
            assert tracker.updates_done >= 1
            last_boxes.append(result.box)
    assert not np.array_equal(last_boxes[0], last_boxes[1])
