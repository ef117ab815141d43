# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking.classifier import TARGET, Classifier
from rlt_ros.tracking.features import Samples
from rlt_ros.tracking.image_features import AutogradDerivatives
from rlt_ros.tracking.training import TrainingSettings, loss, train

FEATURES = 20


def blobs(seed: int, count: int = 64) -> tuple[Samples, Samples]:
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randn(count, FEATURES, generator=generator) + 1.5
    background = torch.randn(4 * count, FEATURES, generator=generator)
    return Samples(targets), Samples(background)


def new_classifier(dropout: float = 0.5) -> Classifier:
    return Classifier(FEATURES, 32, dropout, torch.Generator().manual_seed(1))


@pytest.mark.parametrize("weight", [0.0, 5.0])
def test_training_separates_targets(settings: TrainingSettings, weight: float) -> None:
    classifier = new_classifier()
    chosen = replace(settings, attention_weight=weight)
    train(classifier, *blobs(0), 60, 1e-3, chosen, torch.Generator().manual_seed(0))
    targets, background = blobs(1)
    with torch.no_grad():
        assert (classifier(targets.features).argmax(1) == TARGET).float().mean() > 0.95
        assert (classifier(background.features).argmax(1) == TARGET).float().mean() < 0.05


def test_lambda_0_is_exactly_the_plain_loss(settings: TrainingSettings) -> None:
    """Bit for bit: cross entropy over the batch, nothing else."""
    targets, background = blobs(0, 16)
    classifier = new_classifier(dropout=0.0)
    plain = copy.deepcopy(classifier)
    ours = loss(classifier, targets, background, replace(settings, attention_weight=0.0))
    features = torch.cat([targets.features, background.features])
    labels = torch.tensor([1] * 16 + [0] * 64)
    reference = F.cross_entropy(
        plain.fc6(F.relu(plain.fc5(F.relu(plain.fc4(features))))), labels, reduction="sum"
    )
    assert ours.item() == reference.item()
    ours.backward()
    reference.backward()
    for ours_p, plain_p in zip(classifier.parameters(), plain.parameters(), strict=True):
        assert ours_p.grad is not None
        assert plain_p.grad is not None
        torch.testing.assert_close(ours_p.grad, plain_p.grad, rtol=0, atol=0)


def test_the_regulariser_lowers_r_against_the_baseline(settings: TrainingSettings) -> None:
    """After whole trainings that differ in lambda only, attention is more even."""
    targets, background = blobs(0)
    values = []
    for weight in (0.0, 5.0):
        classifier = new_classifier()
        chosen = replace(settings, attention_weight=weight)
        train(classifier, targets, background, 60, 1e-3, chosen, torch.Generator().manual_seed(0))
        plain = loss(classifier, targets, background, replace(settings, attention_weight=0.0))
        whole = loss(classifier, targets, background, replace(settings, attention_weight=1.0))
        values.append((whole - plain).item())
    assert values[1] < values[0]


def test_attention_at_the_image_trains_too(settings: TrainingSettings) -> None:
    generator = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(3, 5, 3, stride=4).requires_grad_(False)
    network = nn.Sequential(conv, nn.ReLU(), nn.Flatten())

    def samples(low: int) -> Samples:
        images = torch.randint(low, low + 128, (24, 3, 8, 8), generator=generator)
        images = images.to(torch.uint8)
        with torch.no_grad():
            return Samples(network(images.float() / 255), images)

    targets, background = samples(127), samples(0)
    trained = []
    for weight in (0.0, 5.0):
        classifier = new_classifier(dropout=0.0)
        chosen = replace(settings, attention_weight=weight)
        rng = torch.Generator().manual_seed(0)
        train(classifier, targets, background, 5, 1e-3, chosen, rng, AutogradDerivatives(network))
        trained.append(classifier.fc4.weight)
    assert (trained[0] - trained[1]).abs().max() > 1e-6


def test_hard_negatives_are_the_ones_trained_on(
    settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets, background = blobs(0)
    classifier = new_classifier()
    with torch.no_grad():
        scores = classifier(background.features)[:, TARGET]
    seen: list[Tensor] = []

    def recorded(classifier: Classifier, positives: Samples, negatives: Samples, *rest: object):  # type: ignore[no-untyped-def]
        seen.append(negatives.features)
        return loss(classifier, positives, negatives, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("rlt_ros.tracking.training.loss", recorded)
    chosen = replace(settings, mining_pool=len(background.features), batch_negatives=8)
    train(classifier, targets, background, 1, 1e-4, chosen, torch.Generator().manual_seed(0))
    hardest = background.features[scores.topk(8).indices]
    assert sorted(map(tuple, seen[0].tolist())) == sorted(map(tuple, hardest.tolist()))


def test_few_samples_are_enough(settings: TrainingSettings) -> None:
    one = Samples(torch.ones(1, FEATURES)), Samples(torch.zeros(1, FEATURES))
    train(new_classifier(), *one, 3, 1e-3, settings, torch.Generator().manual_seed(0))


def test_no_samples_are_an_error_and_no_endless_loop(settings: TrainingSettings) -> None:
    some, none = Samples(torch.ones(3, FEATURES)), Samples(torch.ones(0, FEATURES))
    for samples, counts in (((none, some), "0 and 3"), ((some, none), "3 and 0")):
        with pytest.raises(ValueError, match=f"samples of target and background, not {counts}"):
            train(new_classifier(), *samples, 3, 1e-3, settings, torch.Generator())
