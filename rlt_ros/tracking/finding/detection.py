# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finding the target in a frame: candidates, box regression, verification, redetection.

Paper, section 4: the mean of the best candidates, refined by box regression. The rest is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, from_centres, keep_in_area
from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.finding.redetection import frame_parts, look_all_over, part_in_turn
from rlt_ros.tracking.finding.sighting import Sighting, best_sighting
from rlt_ros.tracking.finding.verification import Verifier, restored_verifier
from rlt_ros.tracking.learning import sampling
from rlt_ros.tracking.learning.box_regression import (
    BoxRegressor,
    restored_regressor,
)
from rlt_ros.tracking.learning.classifier import TARGET, Classifier
from rlt_ros.tracking.state import Kept, State

# Frames without success before the rest of the frame is searched.
SCAN_AFTER = 2
# Most parts of the frame that are searched at once for a target whose place nobody knows.
PARTS_AT_ONCE = 32


class Scene(NamedTuple):
    """What there is to find the target with.

    Attributes:
        image: ``(H, W, 3)`` RGB, the frame.
        extractor: has observed it.
        classifier: gives the scores.
    """

    image: NDArray[np.uint8]
    extractor: FeatureExtractor
    classifier: Classifier


class Find(NamedTuple):
    """A sighting that was looked at closely.

    Attributes:
        seen: the sighting.
        box: ``(4,)`` after box regression, if the classifier takes it for the target.
        features: ``(1, D)`` of the box, or of about it where nothing verifies.
        likeness: see ``Verdict``; 1 where nothing verifies.
        is_success: whether the classifier takes it for the target.
        is_target: whether that was verified.
        extractor: which has observed the part of the frame that it is in.
    """

    seen: Sighting
    box: Boxes
    features: Tensor
    likeness: float
    is_success: bool
    is_target: bool
    extractor: FeatureExtractor


class Detector:
    """Finds one target in frame after frame.

    Args:
        config: the settings.
        rng: source of randomness.
        target: ``(4,)`` the target in the first frame.
        regressor: refines boxes; None does not.
        verifier: compares finds with the target so far; None believes the classifier.
    """

    def __init__(
        self,
        config: TrackerConfig,
        rng: np.random.Generator,
        target: Boxes,
        regressor: BoxRegressor | None,
        verifier: Verifier | None,
    ) -> None:
        self._config = config
        self._rng = rng
        self._last_found = target
        self._regressor = regressor
        self._verifier = verifier

    def find(self, scene: Scene, box: Boxes, reach: float, failures: int) -> Find:
        """Return the target, or where there is none the best guess near ``box``.

        Args:
            scene: the frame.
            box: ``(4,)`` where the target is expected.
            reach: of the candidates, in mean sides of the box.
            failures: frames since the target was found last.
        """
        nearby = self._examined(self._sighted(scene, box, reach), scene, failures)
        return nearby if nearby.is_target else self._redetected(scene, nearby, failures)

    def find_suggested(
        self, scene: Scene, nearby: Find, suggested: Sequence[Boxes], failures: int
    ) -> Find:
        """Return the target seen where others see something, or ``nearby`` where it is not.

        It is looked for around each place as where it is expected, as large as it was and as large
        as they say. What is found is verified like any find; the likest is taken.

        Args:
            scene: the frame.
            nearby: the best guess so far.
            suggested: boxes ``(4,)`` in the frame.
            failures: frames since the target was found last.
        """
        finds = []
        for box in suggested:
            for size in (self._last_found[2:], box[2:]):
                check_stop()
                place = from_centres(centres(box), size)
                there = scene._replace(extractor=scene.extractor.glance(scene.image, place))
                seen = self._sighted(there, place, self._config.search_translation)
                find = self._examined(seen, there, failures)
                finds += [find] if find.is_target else []
        return max(finds, key=lambda find: find.likeness, default=nearby)

    def carry(self, expected: Callable[[Boxes], Boxes], is_guessed: bool) -> None:
        """Take the next frame; see ``Verifier.carry``."""
        self._last_found = expected(self._last_found)
        if self._verifier is not None:
            self._verifier.carry(expected, is_guessed)

    def find_anywhere(self, scene: Scene, nearby: Find, failures: int) -> Find:
        """Return the target seen in any part of the frame, or ``nearby`` where it is not.

        The likest of all parts is taken, since none is nearer to where it should be.

        Args:
            scene: the frame.
            nearby: what was found where it was seen last, which is not the target.
            failures: since then; so many that the distance counts no more.
        """
        config, finds = self._config, []
        if config.scan_probability < 1:
            for part in frame_parts(*self._layout(scene))[:PARTS_AT_ONCE]:
                check_stop()
                there = scene._replace(extractor=scene.extractor.glance(scene.image, part))
                find = self._looked_for(there, config.scan_probability, failures)
                finds += [] if find is None else [find]
        return max(finds, key=lambda find: find.likeness, default=nearby)

    def state(self) -> State:
        """Return what was learned and seen of the target, for ``restored``."""
        return {
            "last_found": self._last_found,
            "regressor": None if self._regressor is None else self._regressor.state(),
            "verifier": None if self._verifier is None else self._verifier.state(),
        }

    @classmethod
    def restored(
        cls, config: TrackerConfig, rng: np.random.Generator, kept: Kept, like: FeatureExtractor
    ) -> Detector:
        """Return a detector of a target that was kept.

        Args:
            config, rng: see the class.
            kept: see ``state``.
            like: the target's extractor.

        Raises:
            InvalidTargetError: it is of other features.
        """
        regressor, verifier = kept.optional("regressor"), kept.optional("verifier")
        return cls(
            config,
            rng,
            kept.box("last_found"),
            None if regressor is None else restored_regressor(config, like, regressor),
            None if verifier is None else restored_verifier(config, like, verifier),
        )

    def confirm(self, find: Find, failures: int) -> None:
        """Take a find for the target; see ``find``."""
        self._last_found = find.seen.box
        if self._verifier is not None:
            self._verifier.confirm(find.features, find.box, failures + 1)

    def doubt(self, find: Find) -> None:
        """Take a find for a guess; see ``find``."""
        if self._verifier is not None:
            self._verifier.doubt(find.is_success)

    def _sighted(self, scene: Scene, box: Boxes, reach: float) -> Sighting:
        """Return the best sighting around ``box``; see ``find``."""
        config, extractor = self._config, scene.extractor
        candidates = sampling.gaussian_boxes(
            self._rng, box, config.candidates, extractor.area, reach, config.search_scale
        )
        sides_away = (centres(candidates) - centres(box)) / np.sqrt(box[2:].prod())
        handicap = config.motion_penalty * (sides_away**2).sum(axis=1)
        return best_sighting(
            scene.classifier, extractor, candidates, config.best_candidates, handicap
        )

    def _examined(self, seen: Sighting, scene: Scene, failures: int) -> Find:
        success = seen.score > self._config.success_threshold and seen.probability > 0.5
        box, features = self._refined(seen, scene) if success else (seen.box, None)
        if self._verifier is None:
            return Find(seen, box, seen.features[:1], 1.0, success, success, scene.extractor)
        if features is None:
            features = scene.extractor.features(box[None])
        likeness, believed = self._verifier.judge(features, box, failures)
        is_target = success and believed
        return Find(seen, box, features, likeness, success, is_target, scene.extractor)

    def _redetected(self, scene: Scene, nearby: Find, failures: int) -> Find:
        """Return the target seen elsewhere in the frame, or ``nearby`` where it is not."""
        config = self._config
        if config.redetection_probability < 1:
            find = self._looked_for(scene, config.redetection_probability, failures)
            if find is not None:
                return find
        if config.scan_probability < 1 and failures >= SCAN_AFTER:
            there = self._next_part(scene, failures)
            if there is not None:
                part = scene._replace(extractor=there)
                find = self._looked_for(part, config.scan_probability, failures)
                if find is not None:
                    return find
        return nearby

    def _looked_for(self, scene: Scene, least: float, failures: int) -> Find | None:
        """Return the target in what the scene's extractor has observed, or None.

        Args:
            scene: the frame.
            least: probability, by the classifier, to believe in.
            failures: see ``find``.
        """
        size = self._last_found[2:]
        seen = look_all_over(
            scene.classifier, scene.extractor, size, self._rng, self._config.best_candidates
        )
        if seen is None or seen.probability <= least:
            return None
        find = self._examined(seen, scene, failures)
        return find if find.is_target else None

    def _next_part(self, scene: Scene, failures: int) -> FeatureExtractor | None:
        """Return what the next part of the frame looks like, close enough to find the target in.

        From afar that is where it looks most like the target; None where nothing does.
        """
        image, size = scene.image, self._last_found[2:]
        part, from_afar = part_in_turn(*self._layout(scene), failures - SCAN_AFTER)
        extractor = scene.extractor.glance(image, part)
        if not from_afar:
            return extractor
        check_stop()
        best = self._config.best_candidates
        seen = look_all_over(scene.classifier, extractor, size, self._rng, best)
        if seen is None or seen.probability <= 0.5:
            return None
        return scene.extractor.glance(image, from_centres(centres(seen.box), size))

    def _layout(self, scene: Scene) -> tuple[tuple[int, int], float, Boxes]:
        """Return what the parts of the frame depend on, see ``frame_parts``."""
        region = float(scene.extractor.region(self._last_found)[2:].min())
        height, width = scene.image.shape[:2]
        return (width, height), region, self._last_found

    def _refined(self, seen: Sighting, scene: Scene) -> tuple[Boxes, Tensor | None]:
        """Return the box of a sighting after box regression, and its features if at hand."""
        if self._regressor is None:
            return seen.box, None
        extractor = scene.extractor
        if self._config.regression_steps == 1:  # the paper: always, the mean of all refined boxes
            at_hand = None if self._config.regression_features == "context" else seen.features
            return self._regressed(seen.boxes, extractor, at_hand), None
        steps = [seen.box]
        boxes = seen.boxes
        for _ in range(self._config.regression_steps):
            steps.append(self._regressed(boxes, extractor))
            boxes = steps[-1][None]
        # It moves boxes better than the classifier; of sizes only those that both agree on.
        sized = from_centres(centres(steps[-1]), np.stack(steps)[:, 2:])
        scoring = extractor.runner.twin("scoring", scene.classifier)

        def scored(features: Tensor) -> tuple[Tensor, Tensor]:
            return features, scoring(features)[:, TARGET]

        features, scores = extractor.runner.own(extractor.computed("scored", scored, sized))
        falls = (scores.diff() < 0).tolist()
        taken = falls.index(True) if True in falls else len(falls)
        return sized[taken], features[taken : taken + 1]

    def _regressed(
        self, boxes: Boxes, extractor: FeatureExtractor, features: Tensor | None = None
    ) -> Boxes:
        """Return the mean of boxes ``(N, 4)`` after box regression.

        Args:
            boxes: to refine.
            extractor: has observed the frame.
            features: see ``regression_features``, at hand; None works them out.
        """
        assert self._regressor is not None
        regressor = self._regressor
        if features is None:
            context = self._config.regression_features == "context"
            refined = regressor.refined_in(extractor, boxes, context)
        else:
            refined = regressor.refined(features, boxes)
        return keep_in_area(refined.mean(axis=0), extractor.area)
