# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The target that a tracker holds, and what it tells of it when asked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NoReturn

import numpy as np
import torch
from numpy.typing import NDArray

from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.one_at_a_time import OneAtATime, check_not_forked
from rlt_ros.tracking.compute.resources import Resources
from rlt_ros.tracking.compute.stopping import StopSignal
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.finding.search import Search
from rlt_ros.tracking.learning.learner import Learner
from rlt_ros.tracking.networks import Networks
from rlt_ros.tracking.showing.attention_map import attention_image
from rlt_ros.tracking.showing.confidence_map import ConfidenceMap, confidence_map


class HeldTarget:
    """One target, or none yet; see ``Tracker``.

    Attributes:
        config: the settings.
        device: where the tracker computes.

    Args:
        networks: what it is computed with.
    """

    _search: Search

    def __init__(self, networks: Networks) -> None:
        self.config: TrackerConfig = networks.config
        self._resources: Resources = networks.resources
        self.device: torch.device = self._resources.device
        self._extractor: FeatureExtractor = networks.extractor()
        self._stop = StopSignal()
        self._closed = False
        self._calls = OneAtATime()
        self._learner = Learner(self.config, networks.trainer, self._resources, self._stop)
        self._image_size: tuple[int, int] | None = None  # of the target's frames; None: no target
        self._has_frame = False  # one was observed since there is a target

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height in pixels of the target's frames; (0, 0) without a target."""
        return self._image_size or (0, 0)

    @property
    def updating(self) -> bool:
        """Whether an update is running."""
        return self._learner.updating

    @property
    def updates_done(self) -> int:
        """Successful updates of this target's classifier."""
        return self._learner.updates_done

    @property
    def last_update_seconds(self) -> float:
        """How long the last successful update took."""
        return self._learner.last_update_seconds

    @property
    def last_update_error(self) -> str:
        """Why the latest update failed, on one line; empty if it did not.

        Frames go on with the classifier as it was, and the next update that is due is tried.
        """
        return self._learner.last_update_error

    @property
    def model_version(self) -> int:
        """1 after the first frame, then one more with each update."""
        return self._learner.model_version

    def attention_map(self) -> NDArray[np.uint8]:
        """Return where the classifier looks in the last frame, ``(H, W)`` uint8 of that frame.

        The positive part of the target score's derivative (Eq. 2) for the last box, 255 at its
        largest. Computed when asked for: one forward and one backward pass.

        Raises:
            RuntimeError: no target, call ``init`` first; or the tracker is closed.
            ConfigError: see ``prepare_attention_map``.
        """
        image_size = self._check_frame("attention_map()")
        with self._computing():
            view = self._extractor.view(self._search.box)
            return attention_image(view, self._learner.classifier, image_size)

    def prepare_attention_map(self) -> None:
        """Load what ``attention_map`` needs now, and not at its first call.

        A second or two where OpenVINO computes it, otherwise nothing.

        Raises:
            ConfigError: the installed OpenVINO cannot do it.
            RuntimeError: the tracker is closed.
        """
        self._check_open()
        with plain_pytorch(self.device, self._resources.tf32):
            self._extractor.prepare_view()

    def confidence_map(self, cells: int = 48) -> ConfidenceMap:
        """Return how likely boxes of the target's size are it, all over the search region.

        In the last frame, by the classifier as it is now: where an update has just ended, the
        updated one.

        Args:
            cells: along the longer side of the region.

        Raises:
            RuntimeError: no target, call ``init`` first; or the tracker is closed.
        """
        self._check_frame("confidence_map()")
        with self._computing():
            return confidence_map(
                self._extractor, self._learner.classifier, self._search.box, cells
            )

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError(
            "a tracker cannot be pickled or copied; saved_target() can, and another tracker's "
            "take_up goes on with it"
        )

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the tracker is closed; make a new one")
        check_not_forked()

    def _check_target(self, call: str) -> tuple[int, int]:
        """Return width and height of the target's frames.

        Raises:
            RuntimeError: the tracker is closed, or there is no target.
        """
        self._check_open()
        if self._image_size is None:
            raise RuntimeError(f"no target: call init(image, box) before {call}")
        return self._image_size

    def _check_frame(self, call: str) -> tuple[int, int]:
        """Return width and height of the frame that was last observed; raise as the above."""
        size = self._check_target(call)
        if not self._has_frame:
            raise RuntimeError(f"no frame since the target was taken up: track one before {call}")
        return size

    def _computing(self) -> AbstractContextManager[None]:
        return self._resources.for_tracking(self.updating)
