# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reciprocative regulariser: its value, its gradient, and that it really trains."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from rlt_ros.tracking.features.backbones.vgg_m import LocalResponseNorm
from rlt_ros.tracking.features.sample_derivatives import AutogradDerivatives
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning import attention, loss
from rlt_ros.tracking.learning.attention import feature_gradients, image_gradients, regulariser
from rlt_ros.tracking.learning.classifier import BACKGROUND, TARGET, Classifier
from rlt_ros.tracking.learning.training_settings import TrainingSettings

FEATURES, HIDDEN, COUNT = 12, 7, 6


@pytest.fixture
def classifier(make_classifier: Callable[[int, int], Classifier]) -> Classifier:
    return make_classifier(FEATURES, HIDDEN)


@pytest.fixture
def features() -> Tensor:
    return torch.randn(COUNT, FEATURES, generator=torch.Generator().manual_seed(4)).double()


TARGETS = {
    "targets": COUNT,
    "background": 0,
    "both": 2,
}
labels = pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS.keys())
per_samples = pytest.mark.parametrize("per_sample", [True, False], ids=["sample", "batch"])


def double_backward(scores: Tensor, inputs: Tensor) -> Tensor:
    """The reference: derivatives of both scores, kept differentiable by autograd."""
    return torch.stack(
        [torch.autograd.grad(scores[:, c].sum(), inputs, create_graph=True)[0] for c in (0, 1)]
    )


def closed_form_r(
    classifier: Classifier, features: Tensor, targets: int, per_sample: bool
) -> Tensor:
    gradients = feature_gradients(classifier, classifier.activations(features))
    return regulariser(gradients, targets, per_sample)


def autograd_r(classifier: Classifier, features: Tensor, targets: int, per_sample: bool) -> Tensor:
    inputs = features.clone().requires_grad_()
    return regulariser(double_backward(classifier(inputs), inputs), targets, per_sample)


def weight_gradients(value: Tensor, classifier: Classifier) -> list[Tensor]:
    weights = [classifier.fc4.weight, classifier.fc5.weight, classifier.fc6.weight]
    return list(torch.autograd.grad(value, weights))


def test_regulariser_is_equations_3_and_4() -> None:
    """Of maps with a mean of 1 each, whose deviations over means are all different, by hand.

    The target sample has sigma / mu of 1/2 for the target score and of 1 for the background score,
    so Eq. 3 is 1/2 + 1. The background sample has 3/2 and 1/4: Eq. 4 is 2/3 + 1/4.
    """
    # One number above and three below the mean: a deviation of 3/2 without going below 0.
    high, low = 1 + 1.5 * 3**0.5, 1 - 1.5 / 3**0.5
    target = torch.tensor([[0.5, 1.5, 1.5, 0.5], [high, low, low, low]], dtype=torch.double)
    background = torch.tensor([[0.0, 2.0, -5.0, 2.0], [0.75, 1.25, 1.25, 0.75]], dtype=torch.double)
    gradients = torch.stack([background, target])
    assert low > 0
    for per_sample in (True, False):  # with one sample per label, sums are the samples' own
        found = regulariser(gradients, 1, per_sample)
        assert found.item() == pytest.approx((1 / 2 + 1) + (2 / 3 + 1 / 4), rel=1e-9)


def test_ratios_are_of_samples_or_of_sums() -> None:
    """Two target samples of different size: Eq. 3 summed over them, or of the sums."""
    # Sigma and mu: 1/2, 1 and 10, 10; of the background score 1, 2 and 1/4, 5/4.
    target = torch.tensor([[0.5, 1.5], [0.0, 20.0]], dtype=torch.double)
    background = torch.tensor([[1.0, 3.0], [1.0, 1.5]], dtype=torch.double)
    gradients = torch.stack([background, target])
    by_sample = regulariser(gradients, 2, per_sample=True)
    assert by_sample.item() == pytest.approx((1 / 2 + 2) + (1 + 5), rel=1e-9)
    by_sums = regulariser(gradients, 2, per_sample=False)
    assert by_sums.item() == pytest.approx(10.5 / 11 + 3.25 / 1.25, rel=1e-9)
    # The same samples as background: the classes change places.
    by_sample = regulariser(gradients, 0, per_sample=True)
    assert by_sample.item() == pytest.approx((2 + 1 / 2) + (1 + 1 / 5), rel=1e-9)
    by_sums = regulariser(gradients, 0, per_sample=False)
    assert by_sums.item() == pytest.approx(11 / 10.5 + 1.25 / 3.25, rel=1e-9)


@labels
@per_samples
def test_closed_form_equals_double_backward(
    classifier: Classifier, features: Tensor, targets: int, per_sample: bool
) -> None:
    closed = closed_form_r(classifier, features, targets, per_sample)
    reference = autograd_r(classifier, features, targets, per_sample)
    torch.testing.assert_close(closed, reference, rtol=1e-10, atol=1e-12)
    for ours, autograds in zip(
        weight_gradients(closed, classifier), weight_gradients(reference, classifier), strict=True
    ):
        torch.testing.assert_close(ours, autograds, rtol=1e-9, atol=1e-12)


def test_closed_form_knows_dropout(classifier: Classifier, features: Tensor) -> None:
    inputs = features.clone().requires_grad_()
    masks = classifier.dropout_masks(len(features), torch.Generator().manual_seed(5))
    activations = classifier.activations(inputs, masks)
    (reference,) = torch.autograd.grad(activations.scores[:, TARGET].sum(), inputs)
    again = classifier.activations(features, masks)
    torch.testing.assert_close(feature_gradients(classifier, again)[TARGET], reference)
    without = feature_gradients(classifier, classifier.activations(features))[TARGET]
    assert not torch.allclose(without, reference)


@labels
@per_samples
@pytest.mark.parametrize("r", [closed_form_r, autograd_r])
def test_gradient_of_r_agrees_with_finite_differences(
    classifier: Classifier,
    features: Tensor,
    targets: int,
    per_sample: bool,
    r: Callable[..., Tensor],
) -> None:
    gradients = weight_gradients(r(classifier, features, targets, per_sample), classifier)
    step = 1e-6
    layers = (classifier.fc4, classifier.fc5, classifier.fc6)
    for layer, gradient in zip(layers, gradients, strict=True):
        assert gradient.abs().max() > 1e-3
        for index in torch.topk(gradient.abs().flatten(), 4).indices.tolist():
            weight = layer.weight.data.view(-1)
            kept = weight[index].item()
            values = []
            for sign in (1, -1):
                weight[index] = kept + sign * step
                values.append(r(classifier, features, targets, per_sample).item())
            weight[index] = kept
            numeric = (values[0] - values[1]) / (2 * step)
            assert gradient.view(-1)[index].item() == pytest.approx(numeric, rel=1e-4, abs=1e-6)


@labels
@per_samples
def test_a_step_on_r_alone_lowers_r(
    classifier: Classifier, features: Tensor, targets: int, per_sample: bool
) -> None:
    before = closed_form_r(classifier, features, targets, per_sample)
    gradients = weight_gradients(before, classifier)
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    with torch.no_grad():
        for layer, gradient in zip(
            (classifier.fc4, classifier.fc5, classifier.fc6), gradients, strict=True
        ):
            layer.weight -= 1e-3 * gradient / norm
    assert closed_form_r(classifier, features, targets, per_sample) < before


def small_network() -> nn.Module:
    """A frozen network with every kind of layer that the backbones have, 12 features."""
    generator = torch.Generator().manual_seed(6)
    layers = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU6(),
        LocalResponseNorm(8),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.ReLU(),
        nn.Conv2d(8, 3, 1),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
    ).double()
    for parameter in layers.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.double)
    return layers.requires_grad_(False)


@per_samples
def test_image_attention_equals_double_backward(classifier: Classifier, per_sample: bool) -> None:
    network = small_network()
    generator = torch.Generator().manual_seed(8)
    # More samples than one chunk holds.
    images = torch.randn(18, 3, 13, 13, generator=generator).double()

    inputs = images.clone().requires_grad_()
    reference = double_backward(classifier(network(inputs)), inputs)
    at_features = feature_gradients(classifier, classifier.activations(network(images)))
    ours = image_gradients(at_features, images, AutogradDerivatives(network))
    torch.testing.assert_close(ours, reference, rtol=1e-10, atol=1e-12)

    expected = weight_gradients(regulariser(reference, 9, per_sample), classifier)
    found = weight_gradients(regulariser(ours, 9, per_sample), classifier)
    for a, b in zip(found, expected, strict=True):
        assert b.abs().max() > 1e-3
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-10)


def check_that_lambda_trains(settings: TrainingSettings) -> None:
    """Fail unless lambda changes the gradient of the loss that ``train`` descends."""
    generator = torch.Generator().manual_seed(7)
    classifier = Classifier(FEATURES, HIDDEN, 0.0, generator)
    positives = Samples(torch.randn(4, FEATURES, generator=generator))
    negatives = Samples(torch.randn(4, FEATURES, generator=generator))
    gradients = []
    for weight in (0.0, settings.attention_weight):
        chosen = TrainingSettings(**{**vars(settings), "attention_weight": weight})
        value = loss.loss(classifier, positives, negatives, chosen)
        gradients.append(torch.autograd.grad(value, [classifier.fc4.weight])[0])
    difference = (gradients[0] - gradients[1]).abs().max()
    assert difference > 1e-3 * gradients[0].abs().max(), "lambda does not train the classifier"


def test_detached_attention_is_caught(
    monkeypatch: pytest.MonkeyPatch, settings: TrainingSettings
) -> None:
    check_that_lambda_trains(settings)
    real = attention.feature_gradients
    monkeypatch.setattr(loss, "feature_gradients", lambda *a: real(*a).detach())
    # A loss whose R no longer depends on the weights: autograd gives the baseline's gradient.
    with pytest.raises(AssertionError, match="lambda does not train"):
        check_that_lambda_trains(settings)


def test_background_and_target_are_scores_0_and_1() -> None:
    assert (BACKGROUND, TARGET) == (0, 1)


@per_samples
def test_r_of_even_and_of_empty_maps_is_finite(per_sample: bool) -> None:
    even, none, half = torch.ones(1, 4), -torch.ones(1, 4), torch.tensor([[1.0, 1.0, 0, 0]])
    # Even attention to the sample's own class is best: sigma / mu is 0, and mu / sigma of the
    # other's is 1. Even attention to the other class is as bad as can be.
    assert regulariser(torch.stack([half, even]), 1, per_sample).item() == pytest.approx(1)
    assert regulariser(torch.stack([even, half]), 1, per_sample).item() > 1e11
    assert regulariser(torch.stack([none, none]), 1, per_sample).item() == 0
    assert regulariser(torch.stack([none, none]), 0, per_sample).item() == 0
