# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training a target's classifier as the settings say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from rlt_ros.tracking.compute.precision import tf32_in_convolutions
from rlt_ros.tracking.compute.resources import Resources
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeaturePart
from rlt_ros.tracking.features.sample_derivatives import ImageDerivatives
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.memory import RememberedSamples
from rlt_ros.tracking.learning.training import train
from rlt_ros.tracking.learning.training_settings import training_settings
from rlt_ros.tracking.state import Kept


class Trainer:
    """Makes classifiers, and trains them in the first frame and in later ones.

    Args:
        config: the settings.
        resources: what to compute with; in bfloat16 classifiers only score.
        parts: what the features are, see ``FeatureExtractor``.
        derivatives: see ``train``.
    """

    def __init__(
        self,
        config: TrackerConfig,
        resources: Resources,
        parts: tuple[FeaturePart, ...],
        derivatives: ImageDerivatives | None,
    ) -> None:
        self._config = config
        self._device = resources.device
        self._derivatives = derivatives
        self._runner = resources.training_runner
        self._tf32 = resources.tf32
        self._scoring_dtype = torch.bfloat16 if resources.bfloat16 else None
        self.settings = training_settings(config, parts)
        self._update_settings = replace(
            self.settings, attention_weight=config.update_attention_share * config.attention_weight
        )

    def fresh_classifier(self, features: int) -> Classifier:
        """Return an untrained classifier of so many features, the same at each call."""
        config = self._config
        return Classifier(
            features,
            config.hidden_units,
            config.dropout,
            torch.Generator().manual_seed(config.seed),
            attend=config.attention_module == "features",
            scoring_dtype=self._scoring_dtype,
        ).to(self._device)

    def restored_classifier(self, kept: Kept, features: int) -> Classifier:
        """Return a classifier whose parameters ``kept`` holds by their names.

        Raises:
            InvalidTargetError: they are of another classifier.
        """
        classifier = self.fresh_classifier(features)
        classifier.load_state_dict(
            {
                name: kept.tensor(name, tuple(fresh.shape), self._device)
                for name, fresh in classifier.state_dict().items()
            }
        )
        return classifier

    def train(
        self,
        classifier: Classifier,
        samples: tuple[Samples, Samples] | tuple[RememberedSamples, RememberedSamples],
        update: int,
        on_step: Callable[[int], None] | None = None,
    ) -> None:
        """Train ``classifier`` in place.

        Args:
            classifier: what to train.
            samples: positive and negative ones.
            update: number of the target's update; 0 in its first frame.
            on_step: see ``train``.

        Raises:
            RuntimeError: training diverged.
        """
        config = self._config
        # A stream of its own per update: results do not depend on what else draws meanwhile.
        seed = int(np.random.SeedSequence([config.seed, update]).generate_state(1)[0])
        generator = torch.Generator(self._device).manual_seed(seed)
        positives, negatives = samples
        with tf32_in_convolutions(self._device, self._tf32):
            train(
                classifier,
                positives,
                negatives,
                config.update_iterations if update else config.initial_iterations,
                config.update_learning_rate if update else config.initial_learning_rate,
                self._update_settings if update else self.settings,
                generator,
                self._derivatives,
                on_step,
                self._runner,
            )
        if not all(bool(one.isfinite().all()) for one in classifier.parameters()):
            raise RuntimeError(
                "training diverged: lower the learning rates, attention_weight or gradient_clip"
            )
