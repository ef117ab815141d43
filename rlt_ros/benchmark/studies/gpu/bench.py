# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every part of the measurement is given: device, frames, trackers and time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.speed.clips import Clip, Image
from rlt_ros.benchmark.text_tables import Table
from rlt_ros.tracking import Tracker, TrackerConfig, make_config
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.settings import Value

DEFAULT, PAPER, VGG_M = "default", "paper", "paper, VGG-M"
TRACKERS = (DEFAULT, PAPER, VGG_M)

# No update is due but the one of a first failure.
WITHOUT_UPDATES: dict[str, Value] = {
    "update_interval": 100000,
    "failure_interval": 100000,
    "doubt_probability": 0.0,
}
# What the paper's presets learn from when a CPU is to keep up with a GPU for many frames.
FEWER_SAMPLES: dict[str, Value] = {
    "initial_positives": 100,
    "initial_negatives": 500,
    "regression_samples": 200,
    "initial_iterations": 10,
    "update_iterations": 4,
    "mining_pool": 256,
    "batch_positives": 8,
    "batch_negatives": 8,
    "candidates": 64,
}
# To try the whole flow without waiting.
_QUICK: dict[str, Value] = {
    "initial_positives": 10,
    "initial_negatives": 20,
    "initial_scale_negatives": 10,
    "regression_samples": 10,
    "initial_iterations": 1,
    "update_iterations": 1,
    "update_interval": 2,
    "failure_interval": 2,
    "mining_pool": 16,
    "batch_positives": 2,
    "batch_negatives": 2,
    "frame_positives": 4,
    "frame_negatives": 8,
    "candidates": 8,
    "background_swaps": 1,
    "turned_looks": 1,
    "hidden_units": 32,
    "threads": 1,
    "crop_size": 75,
    "region_size": 128,
    "region_target_size": 32.0,
}
# A part whose time is over gets so many seconds to say so by itself.
_GRACE = 2.0


@dataclass(frozen=True)
class Found:
    """What a part found out.

    Attributes:
        numbers: for the summary.
        tables: for people.
    """

    numbers: dict[str, Json]
    tables: list[Table] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """What is measured, and on what.

    Attributes:
        device: to measure.
        clip: frames; they are shown to and fro for as long as a part wants some.
        backbone_weights: of EfficientNet-Lite0; "" takes the installed ones.
        vgg_m_weights: of VGG-M.
        quick: try the flow on few frames and samples: the numbers say nothing.
        settings: of trackers, that go before all others.
    """

    device: torch.device
    clip: Clip
    backbone_weights: str
    vgg_m_weights: Path
    quick: bool
    settings: dict[str, Value] = field(default_factory=dict)

    def config(self, tracker: str, **settings: Value) -> TrackerConfig:
        """Return the settings of one of ``TRACKERS``, some of them changed."""
        weights = str(self.vgg_m_weights) if tracker == VGG_M else self.backbone_weights
        base: dict[str, Value] = {
            "device": str(self.device),
            "backbone": "vgg_m" if tracker == VGG_M else "efficientnet_lite0",
            "backbone_weights": weights,
            "backbone_runtime": "pytorch",
            **settings,
            **(_QUICK if self.quick else {}),
            **self.settings,
        }
        return make_config(DEFAULT if tracker == DEFAULT else PAPER, **base)

    @contextlib.contextmanager
    def tracker(self, config: TrackerConfig, until: float) -> Iterator[Tracker]:
        """Make a tracker that is stopped a little after a part's time is over.

        Args:
            config: its settings.
            until: when that is, in seconds of ``time.perf_counter``.

        Raises:
            TrackerStoppedError: from its calls, then.
        """
        with Tracker(config) as tracker:
            left = max(0.0, until - time.perf_counter()) + _GRACE
            timer = threading.Timer(min(left, threading.TIMEOUT_MAX), tracker.stop)
            timer.daemon = True
            timer.start()
            try:
                yield tracker
            finally:
                timer.cancel()

    @property
    def box(self) -> Boxes:
        """The target ``(4,)`` in the first frame."""
        return self.clip.boxes[0]

    @property
    def first(self) -> Image:
        """The first frame."""
        return self.clip.images[0]

    def frames(self, count: int, until: float) -> Iterator[Image]:
        """Yield frames after the first, as many as there is time for.

        Args:
            count: how many at most; a few where the flow is only tried.
            until: when to stop, in seconds of ``time.perf_counter``.
        """
        for index in range(1, 1 + (min(count, 3) if self.quick else count)):
            if time.perf_counter() > until:
                return
            yield self.clip.images[self.place(index)]

    def place(self, index: int) -> int:
        """Return which frame of the clip is shown as the ``index``-th, the first being 0."""
        last = len(self.clip.images) - 1
        return last - abs(last - index % (2 * last))

    def truth(self, count: int) -> Boxes:
        """Return the target's boxes ``(N, 4)`` in the first N frames after the first."""
        return np.array([self.clip.boxes[self.place(index + 1)] for index in range(count)])
