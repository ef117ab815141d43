# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker: one target, from a first box on (paper, section 4)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import BoxLike, validated_box
from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.resources import Resources
from rlt_ros.tracking.compute.stopping import StopSignal
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.errors import InvalidImageError
from rlt_ros.tracking.features.loading import load_networks
from rlt_ros.tracking.finding.detection import Scene
from rlt_ros.tracking.finding.search import Search
from rlt_ros.tracking.images import Image, validated_image
from rlt_ros.tracking.learning.learner import Learner
from rlt_ros.tracking.learning.trainer import Trainer
from rlt_ros.tracking.result import TrackResult
from rlt_ros.tracking.showing.attention_map import attention_image
from rlt_ros.tracking.showing.confidence_map import ConfidenceMap, confidence_map


class Tracker:
    """Tracks one target by detection with a classifier that keeps learning.

    All calls but ``stop`` must come from one thread. The class is a context manager, which calls
    ``close`` at its end. Modes of PyTorch that the caller is in, its random numbers and its number
    of threads are neither used nor changed.

    Attributes:
        config: the settings.
        device: where the tracker computes.

    Args:
        config: the settings; None takes the default preset.

    Raises:
        WeightsError: the backbone's weights cannot be loaded.
        ConfigError: the device does not exist here.
    """

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self.config = config or TrackerConfig()
        self._resources = resources = Resources(self.config)
        self.device = resources.device
        with plain_pytorch(self.device):
            self._extractor, derivatives = load_networks(
                self.config, self.device, resources.threads, resources.bfloat16
            )
            trainer = Trainer(self.config, resources, self._extractor.parts, derivatives)
        self._stop = StopSignal()
        self._closed = False
        self._learner = Learner(self.config, trainer, resources.streams, self._stop)
        self._image_size: tuple[int, int] | None = None  # of the target's frames; None: no target

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def init(
        self, image: Image, box: BoxLike, on_step: Callable[[int], None] | None = None
    ) -> TrackResult:
        """Learn a target, forgetting any other.

        Args:
            image: ``(H, W, 3)`` RGB or ``(H, W)`` grey, uint8.
            box: x, y, w, h in pixels, top-left corner, 0-based; clipped to the image.
            on_step: is told the number of training steps done, after each. It may ask for
                ``attention_map`` and ``confidence_map`` then, which changes nothing.

        Raises:
            InvalidImageError: not such an image; the previous target is kept.
            InvalidBoxError: not such a box; the previous target is kept.
            TrackerStoppedError: ``stop`` was called, before or meanwhile.
            RuntimeError: the tracker is closed, or training did not converge.

        After any error but the first two, there is no target.
        """
        self._check_open()
        self._stop.check()
        image = validated_image(image)
        target = validated_box(box, (image.shape[1], image.shape[0]))
        self._learner.discard_update()
        try:
            self._image_size = (image.shape[1], image.shape[0])
            rng = np.random.default_rng(self.config.seed)
            self._learner.begin(rng)
            self._search = Search(self.config, rng, image, target)
            with self._stop.heeded(), self._computing():
                self._extractor.start(image, target)
                regressor = self._learner.learn_first_frame(self._extractor, image, target, on_step)
                scene = Scene(image, self._extractor, self._learner.classifier)
                return self._search.start(scene, regressor)
        except BaseException:
            self._image_size = None
            raise

    def track(self, image: Image) -> TrackResult:
        """Find the target in the next frame.

        Args:
            image: as in ``init``, of the same size.

        Raises:
            RuntimeError: no target, call ``init`` first; or the tracker is closed.
            InvalidImageError: not such an image; the target is kept.
            TrackerStoppedError: ``stop`` was called, before or meanwhile.
        """
        self._check_open()
        self._stop.check()
        learned_at = self._check_target("track(image)")
        image = validated_image(image)
        size = (image.shape[1], image.shape[0])
        if size != learned_at:
            raise InvalidImageError(
                f"the image is {size[0]} x {size[1]} px but the target was learned at "
                f"{learned_at[0]} x {learned_at[1]} px; call init again"
            )
        self._learner.next_frame()
        with self._stop.heeded(), self._computing():
            self._search.expect(image)
            self._extractor.observe(image, self._search.box)
            scene = Scene(image, self._extractor, self._learner.classifier)
            find, result = self._search.find(scene)
            if find.is_target:
                self._extractor = find.extractor
                self._learner.learn(find.extractor, self._search.box, find.seen.probability)
            else:
                self._learner.learn_from_failure(self._search.failures)
        return result

    def stop(self) -> None:
        """Have whatever runs end at its next step, and begin nothing more; for good.

        Returns at once. May be called from any thread and from a signal handler, again and again.
        A running ``init`` or ``track`` raises TrackerStoppedError within about a second, as later
        calls do at once; a running update ends. Then call ``close``.
        """
        self._stop.set()

    def close(self) -> None:
        """Stop, and free the threads; every later call but ``stop`` and ``close`` is refused.

        Waits for a running update to end, two seconds at most: where it takes longer, its thread
        ends by itself.
        """
        self._closed = True
        self._stop.set()
        self._learner.close()

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
        image_size = self._check_target("attention_map()")
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
        with plain_pytorch(self.device):
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
        self._check_target("confidence_map()")
        with self._computing():
            return confidence_map(
                self._extractor, self._learner.classifier, self._search.box, cells
            )

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the tracker is closed; make a new one")

    def _check_target(self, call: str) -> tuple[int, int]:
        """Return width and height of the target's frames.

        Raises:
            RuntimeError: the tracker is closed, or there is no target.
        """
        self._check_open()
        if self._image_size is None:
            raise RuntimeError(f"no target: call init(image, box) before {call}")
        return self._image_size

    def _computing(self) -> AbstractContextManager[None]:
        return self._resources.for_tracking(self.updating)
