# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From frame to frame: where the target is expected, found and said to be."""

from __future__ import annotations

import numpy as np
import torch

from rlt_ros.tracking.boxes import Boxes, centres, from_centres, seen_part
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.finding.confidence import calibrated
from rlt_ros.tracking.finding.detection import Detector, Find, Scene
from rlt_ros.tracking.finding.expectation import Expectation
from rlt_ros.tracking.finding.extent import Extent
from rlt_ros.tracking.finding.first_looks import turned_looks
from rlt_ros.tracking.finding.sighting import best_sighting
from rlt_ros.tracking.finding.steadying import Steadying
from rlt_ros.tracking.finding.verification import Likenesses, Verifier
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.learning.box_regression import BoxRegressor
from rlt_ros.tracking.result import TrackResult, TrackState

# Growth of the search per failure, up to search_translation_lost (MDNet).
SEARCH_GROWTH = 1.1


class Search:
    """Follows one target.

    Attributes:
        box: ``(4,)`` where the target is expected, between ``expect`` and ``find``; otherwise where
            it was last, and the box to learn it from if it was found.
        failures: frames since it was found last.

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
        self._rng = rng
        self.box = self._before = target
        self.failures = 0
        self._reach = config.search_translation
        self._expectation = Expectation(config.inertia, image)
        self._steadying = Steadying(config.flow_share, image, target)

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
            least = Likenesses(config.likeness, config.likeness_doubtful, config.likeness_jumped)
            turned = turned_looks(config, scene.extractor, scene.image, target)
            verifier = Verifier(torch.cat([seen.features, *turned]), target, least)
        self._detector = Detector(config, self._rng, target, regressor, verifier)
        share = config.extent_share if config.features == "shared" else 0.0
        self._extent = Extent(share, scene.extractor, target) if share else None
        return TrackResult(target.copy(), self._score(seen.probability, 1.0), self._state())

    def expect(self, image: Image) -> None:
        """Move ``box`` to where the target is expected in the next frame ``(H, W, 3)`` RGB."""
        self._before = self.box
        self._expectation.next_frame(image, self.box)
        self.box = self._expectation.expected(self.box)
        self._detector.carry(self._expectation.expected)

    def find(self, scene: Scene) -> tuple[Find, TrackResult]:
        """Find the target in the frame that it was expected in, or say that it is not there.

        Args:
            scene: the frame.

        Returns:
            What was found, and what to say of it.
        """
        config = self._config
        find = self._detector.find(scene, self.box, self._reach, self.failures)
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
        self.failures = 0 if find.is_target else self.failures + 1
        size = (scene.image.shape[1], scene.image.shape[0])
        score = self._score(find.seen.probability, find.likeness)
        return find, TrackResult(seen_part(box, size), score, self._state())

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
