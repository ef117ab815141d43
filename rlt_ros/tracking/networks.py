# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What trackers of the same settings can share: the device and the networks, loaded once."""

from __future__ import annotations

import copy

from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.one_at_a_time import check_not_forked
from rlt_ros.tracking.compute.resources import Resources
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.features.loading import load_networks
from rlt_ros.tracking.learning.trainer import Trainer


class Networks:
    """The frozen networks of a tracker, and what computes them; see ``Tracker``.

    Attributes:
        config: the settings.
        resources: what to compute with.
        trainer: makes and trains classifiers.
        rehearsed: whether a tracker has recorded what it launches, where that is done.

    Args:
        config: the settings; None takes the default preset.

    Raises:
        WeightsError: the backbone's weights cannot be loaded.
        ConfigError: the device does not exist here.
        RuntimeError: see ``check_not_forked``.
    """

    def __init__(self, config: TrackerConfig | None = None) -> None:
        check_not_forked()
        self.config = config or TrackerConfig()
        self.rehearsed = False
        self.resources = resources = Resources(self.config)
        with plain_pytorch(resources.device, resources.tf32):
            self._extractor, derivatives = load_networks(
                self.config,
                resources.device,
                resources.threads,
                resources.bfloat16,
                resources.tracking_runner,
            )
            self.trainer = Trainer(self.config, resources, self._extractor.parts, derivatives)

    def extractor(self) -> FeatureExtractor:
        """Return an extractor for one target; all have the same networks."""
        return copy.copy(self._extractor)
