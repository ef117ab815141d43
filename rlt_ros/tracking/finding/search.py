# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From frame to frame: where the target is expected, found and said to be."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
import torch

from rlt_ros.tracking.boxes import Boxes, centres, from_centres, seen_part
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.finding.confidence import calibrated
from rlt_ros.tracking.finding.detection import Detector, Find, Scene
from rlt_ros.tracking.finding.expectation import Expectation
from rlt_ros.tracking.finding.extent import Extent
from rlt_ros.tracking.finding.first_looks import turned_looks
from rlt_ros.tracking.finding.sighting import best_sighting
from rlt_ros.tracking.finding.steadying import Steadying
from rlt_ros.tracking.finding.verification import Verifier, likenesses
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.learning.box_regression import BoxRegressor
from rlt_ros.tracking.result import TrackResult, TrackState
from rlt_ros.tracking.state import Kept, State, generator_state, restored_generator

# Growth of the search per failure, up to search_translation_lost (MDNet).
SEARCH_GROWTH = 1.1
# Failures that a target counts with whose place nobody knows: more than ``lost_after`` can ask for,
# and so many that it may be anywhere by now.
LONG_LOST = 10_000


class Search:
    """Follows one target.

    Attributes:
        box: ``(4,)`` where the target is expected, between ``expect`` and ``find``; otherwise where
            it was last, and the box to learn it from if it was found.
        failures: frames since it was found last.
        rng: source of candidates.
        is_back: nobody knows how much later the next frame is.

    Args:
        config: the settings.
        rng: source of candidates.
        image: ``(H, W, 3)`` RGB, the first frame.
        target: ``(4,)`` in it.
    """

    def __init__(
        self, config: TrackerConfig, rng: np.random.Generator, image: Image, target: Boxes
    ) -> None:
        self._config = config
        self.rng = rng
        self.box = self._before = target
        self.failures = 0
        self._reach = config.search_translation
        self._expectation = Expectation(config.inertia)
        self._steadying = Steadying(config.flow_share, image, target)
        self.is_back = False

    def state(self) -> State:
        """Return where and how the target was seen, for ``restored``."""
        return {
            "rng": generator_state(self.rng),
            "box": self.box,
            "failures": self.failures,
            "reach": self._reach,
            "steadying": self._steadying.state(),
            "detector": self._detector.state(),
            "expectation": self._expectation.state(),
            "extent": None if self._extent is None else self._extent.state(),
        }

    @classmethod
    def restored(cls, config: TrackerConfig, kept: Kept, like: FeatureExtractor) -> Search:
        """Return the search for a target that was kept; nobody knows for how long.

        Args:
            config: the settings.
            kept: see ``state``.
            like: the target's extractor.

        Raises:
            InvalidTargetError: it is of other features.
        """
        self = cls.__new__(cls)
        self._config = config
        self.rng = restored_generator(kept.part("rng"))
        self.box = self._before = kept.box("box")
        self.failures = kept.integer("failures")
        self._reach = kept.number("reach", 0.0, 10.0)
        self._steadying = Steadying.restored(config.flow_share, kept.part("steadying"))
        self._detector = Detector.restored(config, self.rng, kept.part("detector"), like)
        self._expectation = Expectation.restored(config.inertia, kept.part("expectation"))
        extent = kept.optional("extent")
        self._extent = None
        if extent is not None and config.extent_share and config.features == "shared":
            self._extent = Extent.restored(config.extent_share, extent, like)
        self.is_back = True
        return self

    def start(self, scene: Scene, regressor: BoxRegressor | None) -> TrackResult:
        """Return the result of the first frame, once it was learned.

        Args:
            scene: the first frame.
            regressor: refines boxes; None does not.
        """
        config, target = self._config, self.box
        seen = best_sighting(scene.classifier, scene.extractor, target[None], 1)
        verifier = None
        if config.likeness > 0:
            turned = turned_looks(config, scene.extractor, scene.image, target)
            looks = torch.cat([seen.features, *turned])
            verifier = Verifier(looks, target, likenesses(config))
        self._detector = Detector(config, self.rng, target, regressor, verifier)
        share = config.extent_share if config.features == "shared" else 0.0
        self._extent = Extent(share, scene.extractor, target) if share else None
        self._expectation.next_frame(scene.image, target)
        return TrackResult(target.copy(), self._score(seen.probability, 1.0), self._state())

    def expect(self, image: Image, helper: Executor | None = None) -> None:
        """Move ``box`` to where the target is expected in the next frame.

        Args:
            image: ``(H, W, 3)`` RGB.
            helper: a thread for what can be done meanwhile.
        """
        self._steadying.begin(image, helper if not self.failures else None)
        self._before = self.box
        self._expectation.next_frame(image, self.box)
        self.box = self._expectation.expected(self.box)
        self._detector.carry(self._expectation.expected, self._expectation.is_guessed)

    def find(self, scene: Scene, suggested: Sequence[Boxes] = ()) -> tuple[Find, TrackResult]:
        """Find the target in the frame that it was expected in, or say that it is not there.

        Args:
            scene: the frame.
            suggested: boxes ``(4,)`` where it is looked for, too, if it is nowhere else.

        Returns:
            What was found, and what to say of it.
        """
        config = self._config
        find = self._found(scene)
        if suggested and not find.is_target:
            find = self._detector.find_suggested(scene, find, suggested, self.failures)
        box = find.box
        self._reach, reach = config.search_translation, self._reach
        if find.is_target:
            self._detector.confirm(find, self.failures)
            if self._extent is not None:
                box = self._extent.weighed(find.extractor, box)
                find = find._replace(box=box)
            box = self._steadying.steadied(box, scene.image, followed=not self.failures)
            self.box = carried_over(config, find)
            self._expectation.found(self._before, self.box)
        elif find.seen.score > config.hold_threshold:
            self.box = find.seen.box
            self._expectation.found(self._before, self.box)
        else:
            box = self.box
            self._expectation.missed()
            self._reach = min(SEARCH_GROWTH * reach, config.search_translation_lost)
        if find.is_target:
            self.failures = 0
        else:
            self._detector.doubt(find)
            self.failures += 1
        size = (scene.image.shape[1], scene.image.shape[0])
        score = self._score(find.seen.probability, find.likeness)
        return find, TrackResult(seen_part(box, size), score, self._state())

    def _found(self, scene: Scene) -> Find:
        """Return the target in the next frame, or the best guess.

        One that was kept is looked for where it was, as if no time had passed but with the doubt
        that follows a failure, and then all over the frame.
        """
        if not self.is_back:
            return self._detector.find(scene, self.box, self._reach, self.failures)
        self.is_back = False
        find = self._detector.find(scene, self.box, self._reach, max(1, self.failures))
        if find.is_target:
            return find
        self.failures = LONG_LOST
        self._reach = self._config.search_translation_lost
        return self._detector.find_anywhere(scene, find, self.failures)

    def _score(self, probability: float, likeness: float) -> float:
        config = self._config
        scaling = config.score_slope, config.score_likeness, config.score_offset
        return calibrated(probability, likeness, *scaling)

    def _state(self) -> TrackState:
        if not self.failures:
            return TrackState.TRACKING
        lost = self.failures >= self._config.lost_after
        return TrackState.LOST if lost else TrackState.UNCERTAIN


def carried_over(config: TrackerConfig, find: Find) -> Boxes:
    """Return where ``(4,)`` to search in the next frame after a find, and to learn in this one.

    A little of box regression at a time: fed back whole, its mistakes add up.
    """
    seen = find.seen.box
    move = centres(find.box) - centres(seen)
    change = find.box[2:] / seen[2:]
    return from_centres(
        centres(seen) + config.centre_adaptation * move,
        seen[2:] * change**config.size_adaptation,
    )
