# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker: one target, from a first box on (paper, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rlt_ros.tracking.boxes import BoxLike, validated_box
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.errors import InvalidImageError, InvalidTargetError
from rlt_ros.tracking.finding.detection import Scene
from rlt_ros.tracking.finding.search import Search
from rlt_ros.tracking.held_target import HeldTarget
from rlt_ros.tracking.images import LARGEST_SIDE, Image, validated_image
from rlt_ros.tracking.kept_settings import check_settings, settings_state
from rlt_ros.tracking.networks import Networks
from rlt_ros.tracking.rehearsal import rehearse
from rlt_ros.tracking.result import TrackResult
from rlt_ros.tracking.state import Kept
from rlt_ros.tracking.target_file import SavedTarget, load_target, save_target


class Tracker(HeldTarget):
    """Tracks one target by detection with a classifier that keeps learning.

    All calls but ``stop`` must come from one thread, and in a process that was not forked from one
    that has made a tracker; in such a fork, and amid another call, what uses or changes the target
    is refused with RuntimeError, but for maps, which ``on_step`` may ask for. It is a context
    manager, which calls ``close`` at its end. Modes of PyTorch that the caller is in, its random
    numbers and its number of threads are neither used nor changed; the precision that it allows
    matrix products (``torch.set_float32_matmul_precision``) counts here as well.

    Attributes:
        config: the settings.
        device: where the tracker computes.

    Args:
        config: the settings; None takes the default preset. ``Networks`` are shared with other
            trackers of the same thread, and have the settings.

    Raises:
        WeightsError: the backbone's weights cannot be loaded.
        ConfigError: the device does not exist here.
    """

    def __init__(self, config: TrackerConfig | Networks | None = None) -> None:
        networks = config if isinstance(config, Networks) else Networks(config)
        super().__init__(networks)
        if self._resources.tracking_runner.records and not networks.rehearsed:
            networks.rehearsed = True
            rehearse(self)

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
            RuntimeError: the tracker is closed or in the middle of another call, or training did
                not converge.

        After an error midway there is no target; all others keep the previous one.
        """
        self._check_open()
        self._stop.check()
        image = validated_image(image)
        target = validated_box(box, (image.shape[1], image.shape[0]))
        with self._calls.one():
            self._learner.discard_update()
            try:
                self._image_size = (image.shape[1], image.shape[0])
                rng = np.random.default_rng(self.config.seed)
                self._learner.begin(rng)
                self._search = Search(self.config, rng, image, target)
                with self._stop.heeded(), self._computing():
                    self._extractor.start(image, target)
                    self._has_frame = True
                    regressor = self._learner.learn_first_frame(
                        self._extractor, image, target, on_step
                    )
                    scene = Scene(image, self._extractor, self._learner.classifier)
                    return self._search.start(scene, regressor)
            except BaseException:
                self._image_size = None
                raise

    def track(self, image: Image, suggested: Sequence[BoxLike] = ()) -> TrackResult:
        """Find the target in the next frame.

        Args:
            image: as in ``init``, of the same size.
            suggested: boxes, as in ``init``, of something that a detector, say, sees in the image.
                Where the target is not found elsewhere, it is looked for around these, and
                verified as ever. Each costs two passes of the backbone.

        Raises:
            InvalidBoxError: a suggested box is none; the target is kept.
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
        boxes = [validated_box(box, size) for box in suggested]
        with self._calls.one():
            self._learner.next_frame()
            with self._stop.heeded(), self._computing():
                self._search.expect(image, self._resources.helper)
                self._extractor.observe(image, self._search.box)
                self._has_frame = True
                scene = Scene(image, self._extractor, self._learner.classifier)
                find, result = self._search.find(scene, boxes)
                if find.is_target:
                    self._extractor = find.extractor
                    self._learner.learn(find.extractor, self._search.box, find.seen.probability)
                else:
                    self._learner.learn_from_failure(self._search.failures)
            return result

    def save(self, path: Path | str, target_id: str = "") -> None:
        """Write the target to a file, whole or not at all; see ``load``.

        Args:
            path: an older file of this name is replaced.
            target_id: comes back with ``load``.

        Raises:
            NotWrittenError: it cannot be written.
            RuntimeError: no target, call ``init`` first; or the tracker is closed.
        """
        save_target(Path(path), self.saved_target(target_id))

    def load(self, path: Path | str) -> SavedTarget:
        """Go on with the target of a file, see ``take_up``; nothing in it is executed.

        Raises:
            InvalidTargetError: missing, damaged, foreign or newer; or as for ``take_up``.
        """
        saved = load_target(Path(path))
        self.take_up(saved)
        return saved

    def saved_target(
        self, target_id: str = "", notes: Mapping[str, Any] | None = None
    ) -> SavedTarget:
        """Return all that is known of the target; later frames do not change it.

        An update that runs is not waited for: where the target is taken up, one is due.

        Args:
            target_id, notes: see ``SavedTarget``.

        Raises:
            RuntimeError: no target, call ``init`` first; or the tracker is closed.
        """
        width, height = self._check_target("saved_target()")
        with self._calls.one():
            state = {
                "image": {"width": width, "height": height},
                "settings": settings_state(self.config, self._extractor.weights_sha256),
                "extractor": self._extractor.state(),
                "search": self._search.state(),
                "learner": self._learner.state(),
            }
        return SavedTarget(state, target_id, notes or {})

    def take_up(self, saved: SavedTarget) -> None:
        """Go on with a target that this or another tracker gave, forgetting any other.

        Nobody knows how much later: it is looked for where it was, and then in the whole frame.

        Raises:
            InvalidTargetError: damaged, or learned with settings that do not go with these; the
                previous target is kept.
            TrackerStoppedError: ``stop`` was called.
            RuntimeError: the tracker is closed.
        """
        self._check_open()
        self._stop.check()
        with self._calls.one():
            kept = Kept(saved.state)
            try:
                check_settings(kept.part("settings"), self.config, self._extractor.weights_sha256)
                image = kept.part("image")
                width, height = (
                    image.integer(side, 1, LARGEST_SIDE) for side in ("width", "height")
                )
                with self._computing():
                    extractor = self._extractor.restored(kept.part("extractor"))
                    search = Search.restored(self.config, kept.part("search"), extractor)
                    self._learner.take_up(kept.part("learner"), search.rng, extractor)
            except InvalidTargetError as error:
                raise InvalidTargetError(f"{saved.source} cannot be taken up: {error}") from error
            self._extractor, self._search = extractor, search
            self._image_size, self._has_frame = (width, height), False

    def search_anew(self) -> None:
        """Say that nobody knows how much later the next frame is; see ``take_up``.

        Raises:
            RuntimeError: no target, call ``init`` first; or the tracker is closed.
        """
        self._check_target("search_anew()")
        self._search.is_back = True

    def forget(self) -> None:
        """Have no target any more, and free the memory of its samples.

        Raises:
            RuntimeError: in the middle of another call.
        """
        with self._calls.one():
            self._image_size = None
            self._learner.forget()

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
