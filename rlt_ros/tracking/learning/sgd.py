# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Steps of stochastic gradient descent on a classifier, one by one or each as a graph."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import sgd as torch_sgd

from rlt_ros.tracking.compute.runner import Runner
from rlt_ros.tracking.features.sample_derivatives import ImageDerivatives
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.classifier import Classifier, DropoutMasks
from rlt_ros.tracking.learning.loss import loss
from rlt_ros.tracking.learning.training_settings import TrainingSettings


class Steps(Protocol):
    """Takes steps on a classifier's weights: momentum, weight decay, gradients clipped."""

    def step(self, targets: Samples, background: Samples, masks: DropoutMasks | None) -> None:
        """Take one on a mini-batch; masks are of dropout."""

    def settle(self) -> None:
        """Have the classifier hold the weights after the last step."""


def sgd(
    classifier: Classifier,
    learning_rate: float,
    settings: TrainingSettings,
    derivatives: ImageDerivatives | None,
    runner: Runner,
) -> Steps:
    """Return what takes steps on ``classifier``.

    Args:
        classifier: is changed in place.
        learning_rate, settings, derivatives: see ``train``.
        runner: runs the steps.
    """
    rates = learning_rate, learning_rate * settings.last_layer_rate
    if runner.records:
        return RecordedSgd(classifier, rates, settings, derivatives, runner)
    return PlainSgd(classifier, rates, settings, derivatives)


class PlainSgd:
    """By PyTorch's function, see ``sgd``; rates are of fc4 and fc5, and of the rest.

    PyTorch's class ``SGD`` would do the same, but imports a compiler as it is made: two seconds of
    every start, and memory.
    """

    def __init__(
        self,
        classifier: Classifier,
        rates: tuple[float, float],
        settings: TrainingSettings,
        derivatives: ImageDerivatives | None,
    ) -> None:
        self._classifier = classifier
        self._settings = settings
        self._derivatives = derivatives
        self._groups = list(zip(_split(classifier), rates, strict=True))
        self._momenta: list[list[Tensor | None]] = [[None] * len(one) for one, _ in self._groups]

    def step(self, targets: Samples, background: Samples, masks: DropoutMasks | None) -> None:
        """See ``Steps.step``."""
        classifier, settings = self._classifier, self._settings
        classifier.zero_grad()
        loss(classifier, targets, background, settings, masks, self._derivatives).backward()
        torch.nn.utils.clip_grad_norm_(classifier.parameters(), settings.gradient_clip)
        with torch.no_grad():
            for (parameters, rate), momenta in zip(self._groups, self._momenta, strict=True):
                torch_sgd.sgd(
                    list[Tensor](parameters),
                    [_gradient(one) for one in parameters],
                    momenta,
                    weight_decay=settings.weight_decay,
                    momentum=settings.momentum,
                    lr=rate,
                    dampening=0.0,
                    nesterov=False,
                    maximize=False,
                )

    def settle(self) -> None:
        """See ``Steps.settle``: it does. Gradients are freed."""
        self._classifier.zero_grad()


def _gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


class RecordedSgd:
    """By a function from weights to weights, which can run as a graph, see ``sgd``.

    It comes to what ``PlainSgd`` does.
    """

    def __init__(
        self,
        classifier: Classifier,
        rates: tuple[float, float],
        settings: TrainingSettings,
        derivatives: ImageDerivatives | None,
        runner: Runner,
    ) -> None:
        self._rates = rates
        self._settings = settings
        self._runner = runner
        self._loss = _BatchLoss(classifier, settings, derivatives)
        rest, last = _split(classifier)
        self._parameters = (*rest, *last)
        names = {id(one): f"classifier.{name}" for name, one in classifier.named_parameters()}
        self._names = [names[id(one)] for one in self._parameters]
        self._first_of_last = len(rest)
        self._weights = tuple(one.detach().clone() for one in self._parameters)
        self._momenta = tuple(map(torch.zeros_like, self._weights))

    def step(self, targets: Samples, background: Samples, masks: DropoutMasks | None) -> None:
        """See ``Steps.step``."""
        batch = Samples.joined([targets, background])
        images = () if batch.images is None else (batch.images,)
        key = "sgd", self._rates, self._settings, len(targets), len(images), masks is None
        given = *images, *(masks or ()), *self._weights, *self._momenta
        function = self._function(len(targets), len(images), masks is not None)
        with torch.no_grad():
            changed = self._runner.run(key, function, batch.features, *given)
        self._weights, self._momenta = changed[: len(self._names)], changed[len(self._names) :]

    def settle(self) -> None:
        """See ``Steps.settle``."""
        with torch.no_grad():
            torch._foreach_copy_(self._parameters, self._weights)

    def _function(self, targets: int, images: int, masked: bool) -> Any:
        count, settings = len(self._names), self._settings

        def stepped(features: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
            given_images, rest = given[:images], given[images:]
            masks = DropoutMasks(*rest[:2]) if masked else None
            weights, momenta = rest[-2 * count : -count], rest[-count:]
            with torch.enable_grad():
                variables = [one.detach().requires_grad_() for one in weights]
                total = torch.func.functional_call(
                    self._loss,
                    dict(zip(self._names, variables, strict=True)),
                    (targets, features, given_images[0] if images else None, masks),
                )
            gradients = list(torch.autograd.grad(total, variables))
            norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
            clip = (settings.gradient_clip / (norm + 1e-6)).clamp(max=1.0)
            steps = torch._foreach_mul(gradients, clip)
            steps = torch._foreach_add(steps, list(weights), alpha=settings.weight_decay)
            momenta = torch._foreach_mul(list(momenta), settings.momentum)
            momenta = torch._foreach_add(momenta, steps)
            cut = self._first_of_last
            changed = [
                *torch._foreach_add(list(weights[:cut]), momenta[:cut], alpha=-self._rates[0]),
                *torch._foreach_add(list(weights[cut:]), momenta[cut:], alpha=-self._rates[1]),
            ]
            return *changed, *momenta

        return stepped


class _BatchLoss(nn.Module):
    """The loss as a module, whose weights can be given."""

    def __init__(
        self,
        classifier: Classifier,
        settings: TrainingSettings,
        derivatives: ImageDerivatives | None,
    ) -> None:
        super().__init__()
        self.classifier = classifier
        self._settings = settings
        self._derivatives = derivatives

    def forward(
        self, targets: int, features: Tensor, images: Tensor | None, masks: DropoutMasks | None
    ) -> Tensor:
        batch = Samples(features, images)
        return loss(
            self.classifier,
            batch[:targets],
            batch[targets:],
            self._settings,
            masks,
            self._derivatives,
        )


def _split(classifier: Classifier) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return the parameters of fc4 and fc5, and those that learn at a rate of their own."""
    last = list(classifier.fc6.parameters())
    if classifier.attention is not None:
        last += classifier.attention.parameters()
    return [*classifier.fc4.parameters(), *classifier.fc5.parameters()], last
