# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rlt_ros.tracking import ConfigError, Tracker, make_config
from rlt_ros.tracking.features.extractor import FeaturePart
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.classifier import TARGET, Classifier
from rlt_ros.tracking.learning.evidence import evidence, evidence_regulariser
from rlt_ros.tracking.learning.loss import loss
from rlt_ros.tracking.learning.training import train
from rlt_ros.tracking.learning.training_settings import TrainingSettings

PARTS = (FeaturePart(3, 4), FeaturePart(2, 9))
FEATURES, COUNT = 3 * 4 + 2 * 9, 5


@pytest.fixture
def classifier(make_classifier: Callable[[int, int], Classifier]) -> Classifier:
    return make_classifier(FEATURES, 16)


@pytest.fixture
def features() -> Tensor:
    return torch.randn(COUNT, FEATURES, generator=torch.Generator().manual_seed(4)).double()


def test_evidence_adds_up_to_the_score_up_to_the_biases(
    classifier: Classifier, features: Tensor
) -> None:
    with torch.no_grad():
        for layer in (classifier.fc4, classifier.fc5, classifier.fc6):
            layer.bias.zero_()
    for masks in (None, classifier.dropout_masks(COUNT, torch.Generator().manual_seed(1))):
        activations = classifier.activations(features, masks)
        maps = evidence(classifier, activations, features, PARTS)
        assert [one.shape for one in maps] == [(COUNT, 4), (COUNT, 9)]
        total = sum(one.sum(dim=1) for one in maps)
        torch.testing.assert_close(total, activations.scores[:, TARGET])


def test_each_bin_has_the_evidence_of_its_own_channels(
    classifier: Classifier, features: Tensor
) -> None:
    inputs = features.clone().requires_grad_()
    activations = classifier.activations(inputs)
    (slope,) = torch.autograd.grad(activations.scores[:, TARGET].sum(), inputs, retain_graph=True)
    fine, coarse = evidence(classifier, activations, features, PARTS)
    added = slope * features
    # Bin by bin, the channels of each together: bin 1 of the first part is 3, 4 and 5.
    torch.testing.assert_close(fine[:, 1], added[:, 3:6].sum(dim=1))
    torch.testing.assert_close(coarse[:, 8], added[:, 12 + 16 : 12 + 18].sum(dim=1))


def test_the_regulariser_is_sigma_over_mu_of_what_speaks_for_the_target() -> None:
    maps = [torch.tensor([[1.0, 3.0, -5.0, 0.0]]), torch.tensor([[2.0, 2.0]])]
    deviation, mean = torch.tensor([1.0, 3.0, 0.0, 0.0]).std(correction=0), 1.0
    found = evidence_regulariser(maps)
    assert float(found) == pytest.approx((float(deviation) / mean + 0.0) / 2)
    # Over samples it is a sum: sigma / mu of (3, 1, 0, 0) and of (2, 2, 2, 2).
    both = evidence_regulariser([torch.tensor([[3.0, 1.0, -5.0, -1.0], [2.0] * 4])])
    assert float(both) == pytest.approx(float(deviation) / mean + 0.0)
    assert float(evidence_regulariser([-one for one in [torch.ones(2, 4)]])) == 0


def test_its_gradient_agrees_with_finite_differences(
    classifier: Classifier, features: Tensor
) -> None:
    def value() -> Tensor:
        return evidence_regulariser(
            evidence(classifier, classifier.activations(features), features, PARTS)
        )

    for layer in (classifier.fc4, classifier.fc5, classifier.fc6):
        (gradient,) = torch.autograd.grad(value(), layer.weight)
        assert gradient.abs().max() > 1e-3
        weight = layer.weight.data.view(-1)
        for index in torch.topk(gradient.abs().flatten(), 3).indices.tolist():
            kept, values = weight[index].item(), []
            for step in (1e-6, -1e-6):
                weight[index] = kept + step
                values.append(value().item())
            weight[index] = kept
            numeric = (values[0] - values[1]) / 2e-6
            assert gradient.view(-1)[index].item() == pytest.approx(numeric, rel=1e-4, abs=1e-6)


def test_training_with_it_evens_the_evidence_out(settings: TrainingSettings) -> None:
    generator = torch.Generator().manual_seed(0)
    targets = torch.randn(64, FEATURES, generator=generator)
    # One bin tells most: without the regulariser the classifier looks there.
    targets[:, :3] += 3.0
    targets[:, 1:] += 0.4
    background = torch.randn(256, FEATURES, generator=generator)
    unevenness = []
    for weight in (0.0, 1.0):
        chosen = replace(settings, attention_weight=weight, evidence_parts=PARTS)
        trained = Classifier(FEATURES, 32, 0.0, torch.Generator().manual_seed(1))
        train(
            trained, Samples(targets), Samples(background), 100, 1e-3, chosen,
            torch.Generator().manual_seed(2),
        )  # fmt: skip
        with torch.no_grad():
            maps = evidence(trained, trained.activations(targets), targets, PARTS)
            unevenness.append(float(evidence_regulariser(maps)) / len(targets))
            right = (trained(targets)[:, 1] > 0).float().mean()
        assert right > 0.9
    assert unevenness[1] < 0.8 * unevenness[0]


def test_it_is_what_the_default_preset_trains_with(settings: TrainingSettings) -> None:
    with Tracker(make_config(device="cpu")) as tracker:
        assert tracker._learner._trainer.settings.evidence_parts == (
            FeaturePart(40, 25),
            FeaturePart(112, 9),
        )
    with Tracker(make_config("paper", device="cpu")) as tracker:
        assert tracker._learner._trainer.settings.evidence_parts == ()
    with pytest.raises(ConfigError, match="evidence needs attention_at: features"):
        make_config("paper", attention_kind="evidence")
    with_it = replace(settings, evidence_parts=PARTS)
    classifier = Classifier(FEATURES, 16, 0.0, torch.Generator().manual_seed(1))
    samples = Samples(torch.randn(4, FEATURES)), Samples(torch.randn(4, FEATURES))
    assert loss(classifier, *samples, with_it) > loss(
        classifier, *samples, replace(with_it, attention_weight=0.0)
    )
