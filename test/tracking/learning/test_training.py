# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from rlt_ros.tracking import make_config
from rlt_ros.tracking.features.extractor import FeaturePart
from rlt_ros.tracking.features.sample_derivatives import AutogradDerivatives
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.attention import feature_gradients, image_gradients, regulariser
from rlt_ros.tracking.learning.classifier import TARGET, Classifier
from rlt_ros.tracking.learning.evidence import evidence, evidence_regulariser
from rlt_ros.tracking.learning.loss import loss
from rlt_ros.tracking.learning.training import _shuffled, train
from rlt_ros.tracking.learning.training_settings import TrainingSettings, training_settings

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

    monkeypatch.setattr("rlt_ros.tracking.learning.sgd.loss", recorded)
    chosen = replace(settings, mining_pool=len(background.features), batch_negatives=8)
    train(classifier, targets, background, 1, 1e-4, chosen, torch.Generator().manual_seed(0))
    hardest = background.features[scores.topk(8).indices]
    assert sorted(map(tuple, seen[0].tolist())) == sorted(map(tuple, hardest.tolist()))


@pytest.mark.parametrize("clip", [0.5, 1e6])
def test_a_step_is_sgd_with_momentum_weight_decay_and_clipping(
    settings: TrainingSettings, clip: float
) -> None:
    targets, background = blobs(0, 4)
    classifier = new_classifier(dropout=0.0).double()
    positives, negatives = (Samples(one.features.double()) for one in (targets, background))
    chosen = replace(
        settings, batch_positives=4, batch_negatives=16, mining_pool=16,
        attention_weight=0.0, weight_decay=0.05, gradient_clip=clip, last_layer_rate=7.0,
    )  # fmt: skip
    weights = {name: one.detach().clone() for name, one in classifier.named_parameters()}
    pace = {name: torch.zeros_like(one) for name, one in weights.items()}
    steps: list[int] = []
    rng = torch.Generator()
    train(classifier, positives, negatives, 3, 1e-2, chosen, rng, on_step=steps.append)
    assert steps == [1, 2, 3]
    # The same by hand; every batch holds all samples.
    labels = torch.tensor([1] * 4 + [0] * 16)
    copied = new_classifier(dropout=0.0).double()
    for _ in steps:
        copied.load_state_dict(weights)
        scores = copied(torch.cat([positives.features, negatives.features]))
        value = F.cross_entropy(scores, labels, reduction="sum")
        slopes = dict(
            zip(weights, torch.autograd.grad(value, list(copied.parameters())), strict=True)
        )
        norm = torch.cat([one.flatten() for one in slopes.values()]).norm()
        assert (norm > clip) == (clip == 0.5)
        for name, slope in slopes.items():
            shortened = slope * min(1.0, clip / float(norm))
            pace[name] = 0.9 * pace[name] + shortened + 0.05 * weights[name]
            rate = 1e-2 * (7.0 if name.startswith("fc6") else 1.0)
            weights[name] = weights[name] - rate * pace[name]
    for name, one in classifier.named_parameters():
        torch.testing.assert_close(one.detach(), weights[name], rtol=1e-5, atol=1e-9)
        assert one.grad is None or not one.grad.any()


def test_an_attention_module_learns_at_the_last_layers_rate(settings: TrainingSettings) -> None:
    moved = {}
    for rate in (1.0, 10.0):
        classifier = Classifier(FEATURES, 32, 0.0, torch.Generator().manual_seed(1), attend=True)
        before = {name: one.detach().clone() for name, one in classifier.named_parameters()}
        chosen = replace(settings, attention_weight=0.0, weight_decay=0.0, last_layer_rate=rate)
        train(classifier, *blobs(0), 1, 1e-4, chosen, torch.Generator().manual_seed(0))
        moved[rate] = {
            name: float((one.detach() - before[name]).norm())
            for name, one in classifier.named_parameters()
        }
    for name, far in moved[10.0].items():
        last = name.startswith(("fc6", "attention.excite"))
        assert far == pytest.approx((10 if last else 1) * moved[1.0][name], rel=1e-2), name
        # The squeezing layer has no slope yet where the one above is 0.
        assert (far > 0) is not name.startswith("attention.squeeze"), name


def test_batches_go_through_all_samples_again_and_again() -> None:
    batches = _shuffled(5, 3, torch.Generator().manual_seed(0))
    order = torch.cat([next(batches) for _ in range(10)]).reshape(6, 5)
    assert (order.sort(dim=1).values == torch.arange(5)).all()
    assert len({tuple(one) for one in order.tolist()}) > 1
    of_two = next(_shuffled(2, 5, torch.Generator().manual_seed(0)))  # more than there are
    assert len(of_two) == 5
    assert sorted(of_two.tolist()[:4]) == [0, 0, 1, 1]


def test_all_that_is_random_comes_from_the_given_generator(settings: TrainingSettings) -> None:
    before, weights = torch.get_rng_state(), []
    for seed in (1, 1, 2):
        classifier = new_classifier()
        train(classifier, *blobs(0), 2, 1e-3, settings, torch.Generator().manual_seed(seed))
        weights.append(classifier.fc4.weight)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_hardest_serve_several_steps(
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

    monkeypatch.setattr("rlt_ros.tracking.learning.sgd.loss", recorded)
    chosen = replace(
        settings, mining_pool=len(background.features), batch_negatives=4, mining_interval=3
    )
    train(classifier, targets, background, 6, 0.0, chosen, torch.Generator().manual_seed(0))
    assert [len(one) for one in seen] == [4] * 6
    hardest = sorted(map(tuple, background.features[scores.topk(12).indices].tolist()))
    for steps in (seen[:3], seen[3:]):  # mined anew after three steps
        assert sorted(map(tuple, torch.cat(steps).tolist())) == hardest
    assert not torch.equal(seen[0], seen[3])  # in another order


def test_steps_come_to_the_same_whether_somebody_watches_or_not(settings: TrainingSettings) -> None:
    """Nor does a step see the gradients of the one before, where one mining serves several."""
    weights = []
    for on_step in (None, lambda step: None):
        classifier = new_classifier()
        chosen = replace(settings, batch_negatives=8, mining_interval=3)
        rng = torch.Generator().manual_seed(0)
        train(classifier, *blobs(0), 6, 1e-3, chosen, rng, on_step=on_step)
        weights.append([one.detach() for one in classifier.parameters()])
    for mine, its in zip(*weights, strict=True):
        torch.testing.assert_close(mine, its, rtol=0, atol=0)


def test_attention_at_the_image_needs_images(settings: TrainingSettings) -> None:
    derivatives = AutogradDerivatives(nn.Flatten())
    with pytest.raises(ValueError, match="attention at the image needs samples with images"):
        loss(new_classifier(), *blobs(0, 2), settings, derivatives=derivatives)


def test_with_lambda_0_nothing_else_is_computed(settings: TrainingSettings) -> None:
    """Neither attention at the image, which would need images, nor evidence of wrong parts."""
    classifier, samples = new_classifier(dropout=0.0), blobs(0, 2)
    off = replace(settings, attention_weight=0.0)
    plain = loss(classifier, *samples, off)
    derivatives = AutogradDerivatives(nn.Flatten())
    assert torch.equal(loss(classifier, *samples, off, derivatives=derivatives), plain)
    unfit = replace(off, evidence_parts=(FeaturePart(1, 1),))
    assert torch.equal(loss(classifier, *samples, unfit), plain)


def test_the_loss_is_cross_entropy_plus_lambda_r(settings: TrainingSettings) -> None:
    targets, background = blobs(0, 3)
    classifier = new_classifier(dropout=0.0)
    plain = loss(classifier, targets, background, replace(settings, attention_weight=0.0))
    activations = classifier.activations(torch.cat([targets.features, background.features]))
    for per_sample in (False, True):
        r = regulariser(feature_gradients(classifier, activations), 3, per_sample)
        chosen = replace(settings, attention_weight=2.5, attention_per_sample=per_sample)
        whole = loss(classifier, targets, background, chosen)
        torch.testing.assert_close(whole, plain + 2.5 * r)


def test_the_loss_with_attention_at_the_image_is_of_its_pixels(settings: TrainingSettings) -> None:
    generator = torch.Generator().manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 5, 3, stride=4), nn.ReLU(), nn.Flatten())
    network.requires_grad_(False)
    images = torch.randint(0, 256, (5, 3, 8, 8), generator=generator, dtype=torch.uint8)
    derivatives = AutogradDerivatives(network)
    with torch.no_grad():
        features = network(images.float())
    classifier = new_classifier(dropout=0.0)
    targets, background = Samples(features[:2], images[:2]), Samples(features[2:], images[2:])
    plain = loss(classifier, targets, background, replace(settings, attention_weight=0.0))
    # The derivatives of both scores by every pixel, by PyTorch alone.
    pixels = images.float().requires_grad_()
    scores = classifier(network(pixels))
    slopes = [torch.autograd.grad(scores[:, i].sum(), pixels, retain_graph=True)[0] for i in (0, 1)]
    of_features = feature_gradients(classifier, classifier.activations(features))
    at_pixels = image_gradients(of_features, images.float(), derivatives)
    for mine, its in zip(at_pixels, slopes, strict=True):
        torch.testing.assert_close(mine, its)
    chosen = replace(settings, attention_weight=2.5, attention_per_sample=False)
    whole = loss(classifier, targets, background, chosen, derivatives=derivatives)
    torch.testing.assert_close(whole, plain + 2.5 * regulariser(at_pixels, 2, False))
    assert not torch.isclose(whole, plain + 2.5 * regulariser(of_features, 2, False))


def test_the_loss_with_evidence_is_of_targets_alone(settings: TrainingSettings) -> None:
    targets, background = blobs(0, 3)
    classifier, parts = new_classifier(dropout=0.0), (FeaturePart(2, 4), FeaturePart(3, 4))
    plain = loss(classifier, targets, background, replace(settings, attention_weight=0.0))
    activations = classifier.activations(targets.features)
    r = evidence_regulariser(evidence(classifier, activations, targets.features, parts))
    assert r > 0
    chosen = replace(settings, attention_weight=2.5, evidence_parts=parts)
    whole = loss(classifier, targets, background, chosen)
    torch.testing.assert_close(whole, plain + 2.5 * r)


def test_training_takes_its_settings_from_the_trackers() -> None:
    parts = (FeaturePart(3, 4),)
    config = make_config(
        batch_positives=5, mining_interval=3, momentum=0.5, attention_ratio="batch", seed=9
    )
    found = training_settings(config, parts)
    for name in ("batch_positives", "batch_negatives", "mining_pool", "mining_interval",
                 "momentum", "weight_decay", "gradient_clip", "last_layer_rate",
                 "attention_weight"):  # fmt: skip
        assert getattr(found, name) == getattr(config, name)
    assert (found.attention_per_sample, found.evidence_parts) == (False, parts)
    paper = training_settings(make_config("paper", attention_ratio="sample"), parts)
    assert (paper.attention_per_sample, paper.evidence_parts) == (True, ())


def test_few_samples_are_enough(settings: TrainingSettings) -> None:
    one = Samples(torch.ones(1, FEATURES)), Samples(torch.zeros(1, FEATURES))
    train(new_classifier(), *one, 3, 1e-3, settings, torch.Generator().manual_seed(0))


def test_no_samples_are_an_error_and_no_endless_loop(settings: TrainingSettings) -> None:
    some, none = Samples(torch.ones(3, FEATURES)), Samples(torch.ones(0, FEATURES))
    for samples, counts in (((none, some), "0 and 3"), ((some, none), "3 and 0")):
        with pytest.raises(ValueError, match=f"samples of target and background, not {counts}"):
            train(new_classifier(), *samples, 3, 1e-3, settings, torch.Generator())
