# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker: one target, from a first box on (paper, section 4)."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import (
    Boxes,
    BoxLike,
    centres,
    from_centres,
    iou,
    is_centred_in,
    seen_part,
    validated_box,
)
from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.compute.cuda_streams import CudaStreams
from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.precision import bfloat16_chosen
from rlt_ros.tracking.compute.stopping import StopSignal, check_stop
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.errors import ConfigError, InvalidImageError, TrackerStoppedError
from rlt_ros.tracking.features.extractor import Samples
from rlt_ros.tracking.features.loading import load_networks
from rlt_ros.tracking.finding.confidence import TrackState, calibrated
from rlt_ros.tracking.finding.detection import Detector, Find, Scene, regression_features
from rlt_ros.tracking.finding.optical_flow import OpticalFlow
from rlt_ros.tracking.finding.sighting import best_sighting
from rlt_ros.tracking.finding.verification import Likenesses, Verifier
from rlt_ros.tracking.learning import sampling
from rlt_ros.tracking.learning.augmentation import shrunk, turned, with_other_background
from rlt_ros.tracking.learning.box_regression import BoxRegressor
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.fine_tuning import FineTuner
from rlt_ros.tracking.learning.memory import RememberedSamples, SampleMemory
from rlt_ros.tracking.learning.training import load_optimiser, train, training_settings
from rlt_ros.tracking.showing.attention_map import attention_image
from rlt_ros.tracking.showing.confidence_map import ConfidenceMap, confidence_map

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
# Sides of a target that gets other background over those which it gets in the search region, or
# more: what a very large one has beyond is not seen, and takes long.
SWAP_DETAIL = 8.0
# Sides of a target that is turned over those which it gets in the search region, or more.
TURNED_DETAIL = 2.0
# Least frames between an update and the next one out of doubt.
DOUBT_INTERVAL = 2
# Where optical flow and box regression differ by this share of the target's side, or more, the flow
# has followed something else.
FLOW_TRUST = 0.5
# OpenCV moves pixels of images up to this side.
LARGEST_SIDE = 32766
# Most that ``close`` waits for a running update, which ends within a second unless the machine is
# very busy.
CLOSE_SECONDS = 2.0
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


class RegressionSamples(NamedTuple):
    """What box regression learns from.

    Attributes:
        features: ``(N, E)``, see ``regression_features``.
        boxes: ``(N, 4)`` drawn around the target.
        targets: ``(N, 4)`` the target in the image of each.
    """

    features: Tensor
    boxes: Boxes
    targets: Boxes


class Tracker:
    """Tracks one target by detection with a classifier that keeps learning.

    All calls but ``stop`` must come from one thread. The class is a context manager, which calls
    ``close`` at its end. Modes of PyTorch that the caller is in, its random numbers and its number
    of threads are neither used nor changed.

    Attributes:
        config: the settings.
        device: where the tracker computes.
        updates_done: successful updates of this target's classifier.
        last_update_seconds: how long the last of them took.
        last_update_error: why the latest update failed, on one line; empty if it did not. Frames
            go on with the classifier as it was, and the next update that is due is tried.
        model_version: 1 after the first frame, then one more with each update.

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
        with plain_pytorch(self.device):
            self._extractor, self._derivatives = load_networks(
                self.config, self.device, self._threads, self._bfloat16
            )
            load_optimiser()
        self._settings = training_settings(self.config, self._extractor.parts)
        self._update_settings = replace(
            self._settings,
            attention_weight=self.config.update_attention_share * self.config.attention_weight,
        )
        self._stop = StopSignal()
        self._closed = False
        self._tuner = FineTuner(self.config.update_mode == "background", self._stop)
        self._image_size: tuple[int, int] | None = None  # of the target's frames; None: no target
        self.updates_done = 0
        self.last_update_seconds = 0.0
        self.last_update_error = ""
        self.model_version = 0

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        self._tuner.close(CLOSE_SECONDS)

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
            TrackerStoppedError: ``stop`` was called, before or meanwhile.
            RuntimeError: the tracker is closed, or training did not converge.

        After any error but the first two, there is no target.
        """
        self._check_open()
        self._stop.check()
        image = validated_image(image)
        target = validated_box(box, (image.shape[1], image.shape[0]))
        self._tuner.discard()
        try:
            self._forget(image, target)
            with self._stop.heeded(), self._computing():
                score = self._learn_first(image, target, on_step)
        except BaseException:
            self._image_size = None
            raise
        return TrackResult(target.copy(), score, TrackState.TRACKING)

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

    def _forget(self, image: Image, target: Boxes) -> None:
        """Begin anew with a target in its first frame."""
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
        self.last_update_error = ""
        self.model_version = 1
        self._memory = SampleMemory(
            config.long_term_frames,
            config.short_term_frames,
            config.frame_positives,
            config.frame_negatives + config.frame_scale_negatives,
        )

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Compute with what tracking may use of the CPU and of the device."""
        with (
            plain_pytorch(self.device),
            self._threads.for_tracking(self.updating),
            self._streams.for_tracking(),
        ):
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
                check_stop()
                piece, box = turned(image, target, 2.0 * np.pi * step / steps, mirrored)
                looks.append(self._extractor.glance(piece, box).features(box[None]))
        return looks

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
        self._frame += 1
        self._adopt_update()
        with self._stop.heeded(), self._computing():
            self._extractor.observe(image, self._box)
            result = self._detect(image)
            self._learn()
        return result

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
            view = self._extractor.view(self._box)
            return attention_image(view, self._classifier, image_size)

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
            return confidence_map(self._extractor, self._classifier, self._box, cells)

    def _first_samples(
        self, image: Image, target: Boxes
    ) -> tuple[Samples, Samples, BoxRegressor | None]:
        """Return what the classifier learns from on the first frame, and the box regressor."""
        config, area = self.config, self._extractor.area
        positives, negatives, regression = [], [], []
        smaller, there = shrunk(image, target, SWAP_DETAIL * config.region_target_size)
        for _ in range(config.background_swaps):
            check_stop()
            swapped, vacated = with_other_background(self._rng, smaller, there)
            self._extractor.observe(swapped, there)
            boxes = self._overlapping(there, SWAP_POSITIVES, config.positive_iou)
            positives.append(self._extractor.samples(boxes))
            boxes = self._around(
                there, SWAP_NEGATIVES, SWAP_REACH, 1.6, config.initial_negative_iou
            )
            if iou(vacated, there) < VACATED_IOU:
                old = self._overlapping(vacated, SWAP_VACATED, config.positive_iou)
                boxes = np.concatenate([boxes, old[iou(old, there) < config.initial_negative_iou]])
            negatives.append(self._extractor.samples(boxes))
            if config.regression_samples:
                count = max(1, config.regression_samples // SWAP_REGRESSION_SHARE)
                regression.append(self._regression_samples(there, count))
        if config.background_swaps:
            self._extractor.observe(image, target)
        if config.regression_samples:
            regression.append(self._regression_samples(target, config.regression_samples))
        regressor = _regressor(regression, config.regression_ridge)

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
        return TrackResult(seen_part(box, size), score, self._state())

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
        """Take over the classifier of an update that has ended, if it has not failed."""
        finished, error = None, ""
        try:
            finished = self._tuner.take()
        except TrackerStoppedError:
            self._stop.check()  # otherwise nobody wants it any more
        except Exception as failure:  # whatever it is, no frame and no target is lost to it
            error = " ".join(f"{type(failure).__name__}: {failure}".split())
        finally:
            if not self._tuner.busy:
                self._memory.release()
        if error:
            self.last_update_error = error
        if finished is not None:
            self._classifier = finished.classifier
            self.last_update_seconds = finished.seconds
            self.last_update_error = ""
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
        if not all(bool(one.isfinite().all()) for one in classifier.parameters()):
            raise RuntimeError(
                "training diverged: lower the learning rates, attention_weight or gradient_clip"
            )

    def _regression_samples(self, target: Boxes, count: int) -> RegressionSamples:
        """Draw boxes around the target of the observed frame."""
        boxes = sampling.boxes_within_iou(
            lambda n: sampling.gaussian_boxes(
                self._rng, target, n, self._extractor.area, 0.6, 1.5, 1.1
            ),
            target,
            count,
            REGRESSION_IOU,
            1.0,
        )
        features = regression_features(self.config, self._extractor, boxes)
        return RegressionSamples(features, boxes, np.broadcast_to(target, boxes.shape))

    def _overlapping(self, box: Boxes, count: int, lowest: float) -> Boxes:
        area = self._extractor.area
        boxes = sampling.boxes_within_iou(
            lambda n: sampling.gaussian_boxes(self._rng, box, n, area, 0.2, 1.2),
            box,
            count,
            lowest,
            1.0,
        )
        if not len(boxes) and is_centred_in(box, area):
            return box[None]  # so thin that no other comes near
        return boxes

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
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)) or not image.size:
        raise InvalidImageError(
            f"the image must have shape (H, W, 3) RGB or (H, W) grey, not {image.shape}"
        )
    height, width = image.shape[:2]
    if max(height, width) > LARGEST_SIDE:
        raise InvalidImageError(
            f"the image is {width} x {height} px; shrink it to {LARGEST_SIDE} px a side or less"
        )
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image


def _regressor(parts: list[RegressionSamples], ridge: float) -> BoxRegressor | None:
    if not any(len(part.boxes) for part in parts):
        return None
    features, boxes, targets = zip(*parts, strict=True)
    return BoxRegressor(torch.cat(features), np.concatenate(boxes), np.concatenate(targets), ridge)


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
