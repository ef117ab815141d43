# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Eq. 5 by autograd's double backward, minimised by SGD; negatives are mined for every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.classifier import BACKGROUND, TARGET, Classifier
from rlt_ros.tracking.learning.training_settings import TrainingSettings

_EPSILON = 1e-12

Network = Callable[[Tensor], Tensor]


def train(
    classifier: Classifier,
    positives: Samples,
    negatives: Samples,
    iterations: int,
    learning_rate: float,
    settings: TrainingSettings,
    generator: torch.Generator,
    network: Network | None = None,
) -> None:
    """Train in place, as ``train`` of the product does with ``mining_interval`` 1.

    Args:
        classifier, positives, negatives, iterations, learning_rate, settings, generator: see there.
        network: from float image samples to features; attention is taken at the images then.
    """
    layers = [classifier.fc4, classifier.fc5, classifier.fc6]
    momenta: dict[Tensor, Tensor] = {}
    positive_order, negative_order = _Shuffled(generator), _Shuffled(generator)
    for _ in range(iterations):
        targets = positives[positive_order.take(settings.batch_positives, len(positives.features))]
        pool = negative_order.take(settings.mining_pool, len(negatives.features))
        background = negatives[_hardest(layers, negatives, pool, settings, generator)]
        keep = 1.0 - classifier.dropout
        shape = (len(targets.features) + len(background.features), classifier.fc5.out_features)
        masks = [torch.empty(shape).bernoulli_(keep, generator=generator) / keep for _ in "45"]
        total = batch_loss(classifier, targets, background, settings, masks, network)
        parameters = [parameter for layer in layers for parameter in layer.parameters()]
        gradients = torch.autograd.grad(total, parameters)
        norm = torch.sqrt(sum((one**2).sum() for one in gradients))  # type: ignore[arg-type]
        scale = min(1.0, settings.gradient_clip / (float(norm) + 1e-6))
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                step = scale * gradient + settings.weight_decay * parameter
                if parameter in momenta:
                    step = settings.momentum * momenta[parameter] + step
                momenta[parameter] = step
                last = parameter is classifier.fc6.weight or parameter is classifier.fc6.bias
                rate = learning_rate * (settings.last_layer_rate if last else 1.0)
                parameter.sub_(rate * step)


def batch_loss(
    classifier: Classifier,
    positives: Samples,
    negatives: Samples,
    settings: TrainingSettings,
    masks: list[Tensor],
    network: Network | None = None,
) -> Tensor:
    """Return cross entropy summed over a batch plus lambda times R, differentiable in the weights.

    Args:
        classifier, positives, negatives, settings: see the product's ``loss``.
        masks: dropout's factors after fc4 and fc5, ``(N, hidden)`` each.
        network: see ``train``.
    """
    layers = [classifier.fc4, classifier.fc5, classifier.fc6]
    batch = Samples.joined([positives, negatives])
    if network is None:
        inputs = features = batch.features.clone().requires_grad_()
    else:
        assert batch.images is not None
        inputs = batch.images.float().requires_grad_()
        features = network(inputs)
    scores = _scores(layers, features, masks)
    labels = [TARGET] * len(positives.features) + [BACKGROUND] * len(negatives.features)
    entropy = scores.logsumexp(dim=1) - scores[torch.arange(len(labels)), labels]
    total = entropy.sum()
    if settings.attention_weight > 0:
        maps = {
            label: torch.relu(
                torch.autograd.grad(scores[:, label].sum(), inputs, create_graph=True)[0]
            )
            for label in (TARGET, BACKGROUND)
        }
        total = total + settings.attention_weight * regulariser(
            maps, labels, settings.attention_per_sample
        )
    return total


def regulariser(maps: dict[int, Tensor], labels: list[int], per_sample: bool) -> Tensor:
    """Return R of Eq. 3 and 4, sample by sample.

    Args:
        maps: ``(N, ...)`` attention maps of every sample for each of the two scores.
        labels: N labels y.
        per_sample: sum the samples' ratios; else form each once per label from sums.
    """
    total = torch.zeros(())
    for label, other in ((TARGET, BACKGROUND), (BACKGROUND, TARGET)):
        above: list[list[Tensor]] = [[], []]
        below: list[list[Tensor]] = [[], []]
        for index in (index for index, one in enumerate(labels) if one == label):
            own, others = maps[label][index], maps[other][index]
            above[0].append(_deviation(own))
            below[0].append(own.mean())
            above[1].append(others.mean())
            below[1].append(_deviation(others))
        for numerators, denominators in zip(above, below, strict=True):
            pairs = list(zip(numerators, denominators, strict=True))
            if pairs and not per_sample:
                pairs = [(torch.stack(numerators).sum(), torch.stack(denominators).sum())]
            for numerator, denominator in pairs:
                total = total + numerator / (denominator + _EPSILON)
    return total


class _Shuffled:
    """Indices in random order, all of them before any comes again."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator
        self._waiting: list[int] = []

    def take(self, wanted: int, count: int) -> Tensor:
        while len(self._waiting) < wanted:
            self._waiting += torch.randperm(count, generator=self._generator).tolist()
        taken, self._waiting = self._waiting[:wanted], self._waiting[wanted:]
        return torch.tensor(taken)


def _hardest(
    layers: Sequence[nn.Linear],
    negatives: Samples,
    pool: Tensor,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    with torch.no_grad():
        scores = _scores(layers, negatives.features[pool], None)[:, TARGET]
    hardest = pool[scores.argsort(descending=True)[: settings.batch_negatives]]
    return hardest[torch.randperm(len(hardest), generator=generator)]


def _scores(layers: Sequence[nn.Linear], features: Tensor, masks: list[Tensor] | None) -> Tensor:
    hidden = features
    for index, layer in enumerate(layers[:-1]):
        hidden = torch.relu(hidden @ layer.weight.T + layer.bias)
        if masks is not None:
            hidden = hidden * masks[index]
    return hidden @ layers[-1].weight.T + layers[-1].bias


def _deviation(values: Tensor) -> Tensor:
    return ((values - values.mean()) ** 2).mean().sqrt()
