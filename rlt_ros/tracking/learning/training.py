# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Online training of the classifier: SGD on the loss, with hard negative mining."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from rlt_ros.tracking.compute.runner import Runner
from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.features.sample_derivatives import ImageDerivatives
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.classifier import TARGET, Classifier
from rlt_ros.tracking.learning.memory import RememberedSamples
from rlt_ros.tracking.learning.sgd import Steps, sgd
from rlt_ros.tracking.learning.training_settings import TrainingSettings


def train(
    classifier: Classifier,
    positives: Samples | RememberedSamples,
    negatives: Samples | RememberedSamples,
    iterations: int,
    learning_rate: float,
    settings: TrainingSettings,
    generator: torch.Generator,
    derivatives: ImageDerivatives | None = None,
    on_step: Callable[[int], None] | None = None,
    runner: Runner | None = None,
) -> None:
    """Train ``classifier`` in place.

    Args:
        classifier: what to train.
        positives: target samples (at least one).
        negatives: background samples (at least one).
        iterations: steps of SGD.
        learning_rate: of fc4 and fc5; fc6's and an attention module's is ``last_layer_rate`` times
            that.
        settings: everything else.
        generator: source of the mini-batches and of dropout, on the classifier's device.
        derivatives: takes attention at the image samples, through these; None takes it at the
            features.
        on_step: is told the number of steps done, after each; it must leave ``classifier`` and
            ``generator`` alone.
        runner: runs the steps; None runs them as they are.

    Raises:
        ValueError: there are no target samples, or no background samples.
        TrackerStoppedError: see ``check_stop``.
    """
    if not len(positives) or not len(negatives):
        raise ValueError(
            f"training needs samples of target and background, not {len(positives)} and "
            f"{len(negatives)}"
        )
    steps = sgd(
        classifier, learning_rate, settings, derivatives, runner or Runner(generator.device)
    )
    positive_batches = _shuffled(len(positives), settings.batch_positives, generator)
    negative_batches = _hard_negatives(classifier, negatives, settings, generator, steps)
    for step in range(1, iterations + 1):
        check_stop()
        targets = positives[next(positive_batches)]
        background = negatives[next(negative_batches)]
        masks = classifier.dropout_masks(len(targets) + len(background), generator)
        steps.step(targets, background, masks)
        if on_step is not None:
            steps.settle()
            on_step(step)
    steps.settle()


def _shuffled(count: int, batch: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield index batches that go through 0..count-1 in random order, again and again."""
    device = generator.device
    order = torch.empty(0, dtype=torch.long, device=device)
    while True:
        while len(order) < batch:
            again = torch.randperm(count, generator=generator, device=device)
            order = torch.cat([order, again])
        yield order[:batch]
        order = order[batch:]


def _hard_negatives(
    classifier: Classifier,
    negatives: Samples | RememberedSamples,
    settings: TrainingSettings,
    generator: torch.Generator,
    steps: Steps,
) -> Iterator[Tensor]:
    """Yield index batches of the negatives that the classifier takes most for the target.

    Each mining scores ``mining_pool`` random negatives; the hardest serve ``mining_interval``
    steps (1, as in MDNet, mines anew for each).
    """
    pools = _shuffled(len(negatives), settings.mining_pool, generator)
    wanted = settings.batch_negatives * settings.mining_interval
    while True:
        pool = next(pools)
        steps.settle()
        with torch.no_grad():
            scores = classifier(negatives[pool].features)[:, TARGET]
        hardest = pool[scores.topk(min(wanted, len(pool))).indices]
        shuffle = torch.randperm(len(hardest), generator=generator, device=generator.device)
        yield from hardest[shuffle].split(settings.batch_negatives)
