# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker: one target, from a first box on (paper, section 4)."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking import sampling
from rlt_ros.tracking.attention_map import attention_image
from rlt_ros.tracking.augmentation import shrunk, turned, with_other_background
from rlt_ros.tracking.box_regression import BoxRegressor
from rlt_ros.tracking.boxes import (
    Boxes,
    BoxLike,
    centres,
    clip_to_image,
    from_centres,
    iou,
    validated_box,
)
from rlt_ros.tracking.classifier import Classifier
from rlt_ros.tracking.confidence import TrackState, calibrated
from rlt_ros.tracking.confidence_map import ConfidenceMap, confidence_map
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.cpu_threads import CpuThreads
from rlt_ros.tracking.cuda_streams import CudaStreams
from rlt_ros.tracking.detection import Detector, Find, Scene, regression_features
from rlt_ros.tracking.errors import ConfigError, InvalidImageError
from rlt_ros.tracking.features import Samples
from rlt_ros.tracking.fine_tuning import FineTuner
from rlt_ros.tracking.memory import RememberedSamples, SampleMemory
from rlt_ros.tracking.networks import load_networks
from rlt_ros.tracking.optical_flow import OpticalFlow
from rlt_ros.tracking.precision import bfloat16_chosen
from rlt_ros.tracking.sighting import best_sighting
from rlt_ros.tracking.training import load_optimiser, train, training_settings
from rlt_ros.tracking.verification import Likenesses, Verifier

Image = NDArray[np.uint8]

# Overlaps of the samples that the box regressor learns from (MDNet).
REGRESSION_IOU = 0.6
# Largest overlap, with a later frame's target, of background samples of the wrong size.
WRONG_SIZE_IOU = 0.4
# Samples of each copy of the first frame with other background, and the reach of those that are
# background in mean target sides: they show parts of the target on what it was not seen on.
SWAP_POSITIVES, SWAP_NEGATIVES, SWAP_REACH = 100, 100, 0.8
# Samples of its old surroundings without it, where it does not cover them itself.
SWAP_VACATED, VACATED_IOU = 60, 0.2
# Each copy gives this part of the first frame's samples to the box regressor.
SWAP_REGRESSION_SHARE = 7
# Sides of a target that is turned over those which it gets in the search region, or more.
TURNED_DETAIL = 2.0
# Least frames between an update and the next one out of doubt.
DOUBT_INTERVAL = 2
# Where optical flow and box regression differ by this share of the target's side, or more, the flow
# has followed something else.
FLOW_TRUST = 0.5
# Growth of the search per failure, up to search_translation_lost (MDNet).
SEARCH_GROWTH = 1.1


@dataclass(frozen=True)
class TrackResult:
    """What the tracker says of one frame.

    Attributes:
        box: ``(4,)`` float64 x, y, w, h in pixels, top-left corner, 0-based; unless TRACKING the
            best guess, or the last box where there is none.
        score: probability 0..1 that the box overlaps the target by an IoU above 0.5.
        state: TRACKING, UNCERTAIN or LOST.
    """

    box: Boxes
    score: float
    state: TrackState


class Tracker:
    """Tracks one target by detection with a classifier that keeps learning.

    All calls must come from one thread. The class is a context manager.

    Args:
        config: the settings; None takes the default preset.

    Raises:
        WeightsError: the backbone's weights cannot be loaded.
        ConfigError: the device does not exist here.
    """

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self.config = config or TrackerConfig()
        self.device = resolved_device(self.config.device)
        self._threads = CpuThreads(self.config.threads)
        self._streams = CudaStreams(self.device)
        self._bfloat16 = bfloat16_chosen(self.config.precision, self.device)
        self._extractor, self._derivatives = load_networks(
            self.config, self.device, self._threads, self._bfloat16
        )
        self._settings = training_settings(self.config, self._extractor.parts)
        self._update_settings = replace(
            self._settings,
            attention_weight=self.config.update_attention_share * self.config.attention_weight,
        )
        load_optimiser()
        self._tuner = FineTuner(self.config.update_mode == "background")
        self._image_size: tuple[int, int] | None = None
        self.updates_done = 0
        self.last_update_seconds = 0.0
        self.model_version = 0

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for a running update and free the threads."""
        self._tuner.close()

    @property
    def updating(self) -> bool:
        """Whether an update is running."""
        return self._tuner.busy

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
        """
        image = validated_image(image)
        target = validated_box(box, (image.shape[1], image.shape[0]))
        self._tuner.discard()
        config = self.config
        self._image_size = (image.shape[1], image.shape[0])
        self._rng = np.random.default_rng(config.seed)
        self._box = target
        self._reach = config.search_translation
        self._frame = self._last_update = 0
        self._failures = 0
        self._published = target
        self._flow = OpticalFlow() if config.flow_share else None
        if self._flow is not None:
            self._flow.remember(image, target)
        self._wanted_update: str | None = None
        self.updates_done = 0
        self.last_update_seconds = 0.0
        self.model_version = 1
        self._memory = SampleMemory(
            config.long_term_frames,
            config.short_term_frames,
            config.frame_positives,
            config.frame_negatives + config.frame_scale_negatives,
        )

        with self._computing():
            score = self._learn_first(image, target, on_step)
        return TrackResult(target.copy(), score, TrackState.TRACKING)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Compute with what tracking may use of the CPU and of the device."""
        with self._threads.for_tracking(self.updating), self._streams.for_tracking():
            yield

    def _learn_first(
        self, image: Image, target: Boxes, on_step: Callable[[int], None] | None
    ) -> float:
        """Learn the first frame; return the target's score in it."""
        config = self.config
        self._extractor.start(image, target)
        positives, negatives, regressor = self._first_samples(image, target)
        self._classifier = Classifier(
            positives.features.shape[1],
            config.hidden_units,
            config.dropout,
            torch.Generator().manual_seed(config.seed),
            attend=config.attention_module == "features",
            scoring_dtype=torch.bfloat16 if self._bfloat16 else None,
        ).to(self.device)
        if len(negatives.features):
            self._train(
                self._classifier,
                (positives, negatives),
                config.initial_iterations,
                config.initial_learning_rate,
                update=0,
                on_step=on_step,
            )
        self._memory.add(positives, negatives)
        seen = best_sighting(self._classifier, self._extractor, target[None], 1)
        least = Likenesses(config.likeness, config.likeness_doubtful, config.likeness_jumped)
        verifier = None
        if config.likeness > 0:
            looks = torch.cat([seen.features, *self._turned_looks(image, target)])
            verifier = Verifier(looks, target, least)
        self._detector = Detector(config, self._rng, target, regressor, verifier)
        return self._score(seen.probability, 1.0)

    def _turned_looks(self, image: Image, target: Boxes) -> list[Tensor]:
        """Return features ``(1, D)`` of the target in the first frame, turned and mirrored."""
        looks = []
        steps = self.config.turned_looks
        # Turning a very large target takes long, and its search region is shrunk anyway.
        image, target = shrunk(image, target, TURNED_DETAIL * self.config.region_target_size)
        for mirrored, step in itertools.product((False, True), range(steps)):
            if mirrored or step:
                piece, box = turned(image, target, 2.0 * np.pi * step / steps, mirrored)
                looks.append(self._extractor.glance(piece, box).features(box[None]))
        return looks

    def track(self, image: Image) -> TrackResult:
        """Find the target in the next frame.

        Args:
            image: as in ``init``, of the same size.

        Raises:
            RuntimeError: no target; call ``init`` first.
            InvalidImageError: not such an image; the target is kept.
        """
        if self._image_size is None:
            raise RuntimeError("no target: call init(image, box) before track(image)")
        image = validated_image(image)
        size = (image.shape[1], image.shape[0])
        if size != self._image_size:
            raise InvalidImageError(
                f"the image is {size[0]} x {size[1]} px but the target was learned at "
                f"{self._image_size[0]} x {self._image_size[1]} px; call init again"
            )
        self._frame += 1
        self._adopt_update()
        with self._computing():
            self._extractor.observe(image, self._box)
            result = self._detect(image)
            self._learn()
        return result

    def attention_map(self) -> NDArray[np.uint8]:
        """Return where the classifier looks in the last frame, ``(H, W)`` uint8 of that frame.

        The positive part of the target score's derivative (Eq. 2) for the last box, 255 at its
        largest. Computed when asked for: one forward and one backward pass.

        Raises:
            RuntimeError: no target; call ``init`` first.
            ConfigError: see ``prepare_attention_map``.
        """
        if self._image_size is None:
            raise RuntimeError("no target: call init(image, box) before attention_map()")
        with self._computing():
            view = self._extractor.view(self._box)
            return attention_image(view, self._classifier, self._image_size)

    def prepare_attention_map(self) -> None:
        """Load what ``attention_map`` needs now, and not at its first call.

        A second or two where OpenVINO computes it, otherwise nothing.

        Raises:
            ConfigError: the installed OpenVINO cannot do it.
        """
        self._extractor.prepare_view()

    def confidence_map(self, cells: int = 48) -> ConfidenceMap:
        """Return how likely boxes of the target's size are it, all over the search region.

        In the last frame, by the classifier as it is now: where an update has just ended, the
        updated one.

        Args:
            cells: along the longer side of the region.

        Raises:
            RuntimeError: no target; call ``init`` first.
        """
        if self._image_size is None:
            raise RuntimeError("no target: call init(image, box) before confidence_map()")
        with self._computing():
            return confidence_map(self._extractor, self._classifier, self._box, cells)

    def _first_samples(
        self, image: Image, target: Boxes
    ) -> tuple[Samples, Samples, BoxRegressor | None]:
        """Return what the classifier learns from on the first frame, and the box regressor."""
        config, area = self.config, self._extractor.area
        positives, negatives, regression = [], [], []
        for _ in range(config.background_swaps):
            swapped, vacated = with_other_background(self._rng, image, target)
            self._extractor.observe(swapped, target)
            boxes = self._overlapping(target, SWAP_POSITIVES, config.positive_iou)
            positives.append(self._extractor.samples(boxes))
            boxes = self._around(
                target, SWAP_NEGATIVES, SWAP_REACH, 1.6, config.initial_negative_iou
            )
            if iou(vacated, target) < VACATED_IOU:
                old = self._overlapping(vacated, SWAP_VACATED, config.positive_iou)
                boxes = np.concatenate([boxes, old[iou(old, target) < config.initial_negative_iou]])
            negatives.append(self._extractor.samples(boxes))
            if config.regression_samples:
                count = max(1, config.regression_samples // SWAP_REGRESSION_SHARE)
                regression.append(self._regression_samples(target, count))
        if config.background_swaps:
            self._extractor.observe(image, target)
        if config.regression_samples:
            regression.append(self._regression_samples(target, config.regression_samples))
        regressor = _regressor(regression, target, config.regression_ridge)

        boxes = self._overlapping(target, config.initial_positives, config.positive_iou)
        positives.append(self._extractor.samples(boxes))
        half = config.initial_negatives // 2
        near = self._around(target, half, 1.0, 1.6, config.initial_negative_iou)
        wrong_size = self._wrong_size(
            target, config.initial_scale_negatives, config.initial_negative_iou
        )
        far = sampling.boxes_within_iou(
            lambda n: sampling.spread_boxes(self._rng, target, n, area, 1.2),
            target,
            config.initial_negatives - half,
            0.0,
            config.initial_negative_iou,
        )
        negatives.append(self._extractor.samples(np.concatenate([near, far, wrong_size])))
        return Samples.joined(positives), Samples.joined(negatives), regressor

    def _detect(self, image: Image) -> TrackResult:
        """Find the target in the observed frame, or say that it is not there."""
        config = self.config
        scene = Scene(image, self._extractor, self._classifier)
        find = self._detector.find(scene, self._box, self._reach, self._failures)
        box = find.box
        self._reach, reach = config.search_translation, self._reach
        if find.is_target:
            self._detector.confirm(find, self._failures)
            box = self._steadied(box, image)
            self._extractor = find.extractor
            self._probability_found = find.seen.probability
            self._box = self._carried_over(find)
        elif find.seen.score > config.hold_threshold:
            self._box = find.seen.box
        else:
            box = self._box
            self._reach = min(SEARCH_GROWTH * reach, config.search_translation_lost)
        self._failures = 0 if find.is_target else self._failures + 1
        size = (image.shape[1], image.shape[0])
        score = self._score(find.seen.probability, find.likeness)
        return TrackResult(clip_to_image(box, size), score, self._state())

    def _carried_over(self, find: Find) -> Boxes:
        """Return where ``(4,)`` to search in the next frame after a find, and to learn in this one.

        A little of box regression at a time: fed back whole, its mistakes add up.
        """
        seen, config = find.seen.box, self.config
        move = centres(find.box) - centres(seen)
        change = find.box[2:] / seen[2:]
        return from_centres(
            centres(seen) + config.centre_adaptation * move,
            seen[2:] * change**config.size_adaptation,
        )

    def _steadied(self, box: Boxes, image: Image) -> Boxes:
        """Return the box to publish for a find at ``box`` (4,), see ``flow_share``."""
        if self._flow is None:
            return box
        shift = None if self._failures else self._flow.shift(image)
        if shift is not None:
            moved = centres(self._published) + shift
            if np.linalg.norm(moved - centres(box)) < FLOW_TRUST * np.sqrt(box[2:].prod()):
                share = self.config.flow_share
                box = from_centres(share * moved + (1.0 - share) * centres(box), box[2:])
        self._published = box
        self._flow.remember(image, box)
        return box

    def _score(self, probability: float, likeness: float) -> float:
        config = self.config
        scaling = config.score_slope, config.score_likeness, config.score_offset
        return calibrated(probability, likeness, *scaling)

    def _state(self) -> TrackState:
        if not self._failures:
            return TrackState.TRACKING
        lost = self._failures >= self.config.lost_after
        return TrackState.LOST if lost else TrackState.UNCERTAIN

    def _learn(self) -> None:
        """Collect this frame's samples and start the updates that are due."""
        config = self.config
        if not self._failures:
            positives = self._overlapping(self._box, config.frame_positives, config.positive_iou)
            around = self._around(self._box, config.frame_negatives, 2.0, 1.3, config.negative_iou)
            wrong_size = self._wrong_size(self._box, config.frame_scale_negatives, WRONG_SIZE_IOU)
            drawn = self._extractor.samples(np.concatenate([positives, around, wrong_size]))
            self._memory.add(drawn[: len(positives)], drawn[len(positives) :])
            if self._frame % config.update_interval == 0 or self._in_doubt():
                self._wanted_update = self._wanted_update or "long_term"
        elif (self._failures - 1) % config.failure_interval == 0:
            self._wanted_update = "short_term"
        if self._wanted_update and not self._tuner.busy:
            samples = self._memory.snapshot(self._wanted_update == "long_term")
            self._wanted_update = None
            if samples is not None:
                self._last_update = self._frame
                self._start_update(samples)

    def _in_doubt(self) -> bool:
        rested = self._frame - self._last_update >= DOUBT_INTERVAL
        return rested and self._probability_found < self.config.doubt_probability

    def _start_update(self, samples: tuple[RememberedSamples, RememberedSamples]) -> None:
        config, number = self.config, self.updates_done + 1
        classifier = copy.deepcopy(self._classifier)

        def job() -> Classifier:
            self._train(
                classifier, samples, config.update_iterations, config.update_learning_rate, number
            )
            return classifier

        self._tuner.start(self._streams.beside_tracking(job))
        if config.update_mode == "lockstep":
            self._adopt_update()

    def _adopt_update(self) -> None:
        try:
            finished = self._tuner.take()
        finally:
            if not self._tuner.busy:
                self._memory.release()
        if finished is not None:
            self._classifier = finished.classifier
            self.last_update_seconds = finished.seconds
            self.updates_done += 1
            self.model_version += 1

    def _train(
        self,
        classifier: Classifier,
        samples: tuple[Samples, Samples] | tuple[RememberedSamples, RememberedSamples],
        iterations: int,
        learning_rate: float,
        update: int,
        on_step: Callable[[int], None] | None = None,
    ) -> None:
        # A stream of its own per update: results do not depend on what else draws meanwhile.
        seed = int(np.random.SeedSequence([self.config.seed, update]).generate_state(1)[0])
        generator = torch.Generator(self.device).manual_seed(seed)
        positives, negatives = samples
        settings = self._settings if update == 0 else self._update_settings
        train(
            classifier,
            positives,
            negatives,
            iterations,
            learning_rate,
            settings,
            generator,
            self._derivatives,
            on_step,
        )

    def _regression_samples(self, target: Boxes, count: int) -> tuple[Tensor, Boxes]:
        """Draw boxes around the target of the observed frame; return their features, and them."""
        boxes = sampling.boxes_within_iou(
            lambda n: sampling.gaussian_boxes(
                self._rng, target, n, self._extractor.area, 0.6, 1.5, 1.1
            ),
            target,
            count,
            REGRESSION_IOU,
            1.0,
        )
        return regression_features(self.config, self._extractor, boxes), boxes

    def _overlapping(self, box: Boxes, count: int, lowest: float) -> Boxes:
        return sampling.boxes_within_iou(
            lambda n: sampling.gaussian_boxes(self._rng, box, n, self._extractor.area, 0.2, 1.2),
            box,
            count,
            lowest,
            1.0,
        )

    def _around(
        self, box: Boxes, count: int, translation: float, scale: float, highest: float
    ) -> Boxes:
        return sampling.boxes_within_iou(
            lambda n: sampling.uniform_boxes(
                self._rng, box, n, self._extractor.area, translation, scale
            ),
            box,
            count,
            0.0,
            highest,
        )

    def _wrong_size(self, box: Boxes, count: int, highest: float) -> Boxes:
        return self._around(box, count, 0.5, 2.0, highest)


def validated_image(image: Any) -> Image:
    """Return ``(H, W, 3)`` uint8 RGB for an image or a grey one.

    Raises:
        InvalidImageError: anything else.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        found = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise InvalidImageError(f"the image must be a uint8 array, not {found}")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 2 and image.size:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InvalidImageError(
            f"the image must have shape (H, W, 3) RGB or (H, W) grey, not {image.shape}"
        )
    return image


def _regressor(
    parts: list[tuple[Tensor, Boxes]], target: Boxes, ridge: float
) -> BoxRegressor | None:
    if not any(len(boxes) for _, boxes in parts):
        return None
    features = torch.cat([features for features, _ in parts])
    return BoxRegressor(features, np.concatenate([boxes for _, boxes in parts]), target, ridge)


def resolved_device(name: str) -> torch.device:
    """Return the device of a setting: auto, cpu, cuda or cuda:N.

    Raises:
        ConfigError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise ConfigError(
            f"device {name} is not there: PyTorch sees {count} CUDA device(s); "
            "set device to auto or cpu"
        )
    return device
