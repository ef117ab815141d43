# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers for the experiments of the GOT-10k toolkit; needs ``pip install got10k Pillow``.

>>> experiment = ExperimentGOT10k("data/GOT-10k", subset="val")  # of got10k.experiments
>>> experiment.run(Got10kTracker("rlt"))
>>> experiment.report(["rlt"])
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from got10k.trackers import Tracker
from PIL.Image import Image

from rlt_ros.benchmark.trackers.runners import make_runner
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.settings import Value

# The toolkit hands out the numbers of its annotation files, which count pixels from 1.
_FROM_1 = np.array([1.0, 1.0, 0.0, 0.0])


class Got10kTracker(Tracker):
    """Any tracker of ``make_runner`` as the toolkit wants it."""

    def __init__(self, tracker: str = "rlt", settings: Mapping[str, Value] | None = None) -> None:
        """Make the tracker.

        Args:
            tracker: see ``make_runner``; with "_" for ":" it is also the results' folder.
            settings: changed settings, for rlt.

        Raises:
            ValueError: no such tracker or setting.
        """
        # Our tracker starts at random, but from the seed in its settings: one run is enough.
        super().__init__(name=tracker.replace(":", "_"), is_deterministic=True)
        self._runner = make_runner(tracker, dict(settings or {}))

    def init(self, image: Image, box: Boxes) -> None:
        """Learn the target at ``box`` ``(4,)`` x, y, w, h in pixels counted from 1."""
        self._runner.init(np.asarray(image), np.asarray(box, dtype=np.float64) - _FROM_1)

    def update(self, image: Image) -> Boxes:
        """Return the target's box ``(4,)`` in the next image, in pixels counted from 1."""
        return np.asarray(self._runner.track(np.asarray(image)), dtype=np.float64) + _FROM_1
