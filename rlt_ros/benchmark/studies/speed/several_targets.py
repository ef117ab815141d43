# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several targets in one video, as the node tracks them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.trackers.runners import RltRunner
from rlt_ros.tracking import Tracker
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.networks import Networks


class SeveralTargets(RltRunner):
    """Trackers with the same networks, one after the other in each frame.

    All have the same target, which costs what others would: they share nothing else. The first
    speaks for all.
    """

    def __init__(self, config: TrackerConfig, targets: int) -> None:
        networks = Networks(config)
        self.tracker, *self._others = (Tracker(networks) for _ in range(targets))

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``Runner.init``."""
        super().init(image, box)
        for other in self._others:
            other.init(image, box)

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """See ``Runner.track``."""
        box = super().track(image)
        for other in self._others:
            other.track(image)
        return box

    def close(self) -> None:
        """See ``RltRunner.close``."""
        super().close()
        for other in self._others:
            other.close()
