# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the tracker's time goes, measured from outside by wrapping its functions for a while."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rlt_ros.tracking.features.backbones import EfficientNetLite0, VggM
from rlt_ros.tracking.features.crop_features import CropFeatures
from rlt_ros.tracking.features.openvino.inference import OpenVinoBackbone
from rlt_ros.tracking.features.openvino.sample_network import OpenVinoImageFeatures
from rlt_ros.tracking.features.shared_features import SharedFeatures
from rlt_ros.tracking.finding.search import Search
from rlt_ros.tracking.finding.verification import Verifier
from rlt_ros.tracking.learning import sampling
from rlt_ros.tracking.learning.box_regression import BoxRegressor
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.learner import Learner
from rlt_ros.tracking.learning.trainer import Trainer
from rlt_ros.tracking.tracker import Tracker

TRAIN, OTHER = "train", "other"

# What each stage is made of: stage, where the function is, its name. Time is counted once, for the
# innermost of these: that of drawing boxes inside `learn` counts for "sample", not for "learn".
WATCHED: tuple[tuple[str, Any, str], ...] = (
    ("crop", SharedFeatures, "_look"),
    ("crop", CropFeatures, "observe"),
    ("crop", CropFeatures, "crops"),
    ("backbone", SharedFeatures, "observe"),  # what is left of it: maps are normalised
    ("backbone", EfficientNetLite0, "forward"),
    ("backbone", VggM, "forward"),
    ("backbone", OpenVinoBackbone, "__call__"),
    ("backbone", OpenVinoImageFeatures, "__call__"),
    ("sample", sampling, "gaussian_boxes"),
    ("sample", sampling, "uniform_boxes"),
    ("sample", sampling, "spread_boxes"),
    ("sample", sampling, "boxes_within_iou"),
    ("features", SharedFeatures, "pooled"),
    ("features", SharedFeatures, "_computed"),  # with what is made of them
    ("features", CropFeatures, "samples"),
    ("score", Classifier, "forward"),
    ("score", Search, "find"),
    ("refine", BoxRegressor, "refined"),
    ("refine", BoxRegressor, "refined_in"),
    ("verify", Verifier, "judge"),
    ("verify", Verifier, "confirm"),
    ("learn", Learner, "learn"),
    ("learn", Learner, "learn_from_failure"),
    (TRAIN, Trainer, "train"),
    (OTHER, Tracker, "track"),
)
STAGES = tuple(dict.fromkeys(stage for stage, _, _ in WATCHED))


class StageError(ValueError):
    """A function that stands for a stage does not exist (any more)."""


@dataclass(frozen=True)
class Span:
    """When something ran, in seconds of ``time.perf_counter``."""

    start: float
    end: float


class StageClock:
    """While this context lasts, every tracker's stages are timed.

    Seconds are those of the thread that entered the context. A training is timed in whatever thread
    it runs; what it calls is part of it.

    Attributes:
        trainings: one span for each training that has ended.

    Raises:
        StageError: on entering; a function in ``WATCHED`` does not exist.
    """

    def __init__(self) -> None:
        self.trainings: list[Span] = []
        self._seconds = dict.fromkeys(STAGES, 0.0)
        self._inner: list[float] = []  # for each open function: seconds of those inside it
        self._in_training = False
        self._thread = 0
        self._originals: list[tuple[Any, str, Callable[..., Any]]] = []

    def __enter__(self) -> StageClock:
        self._thread = threading.get_ident()
        for stage, owner, name in WATCHED:
            if name not in vars(owner):
                raise StageError(
                    f"stage {stage!r}: {owner.__name__} has no function {name!r}; name the one "
                    f"that does it now in WATCHED of {__name__}"
                )
        for stage, owner, name in WATCHED:
            function = vars(owner)[name]
            self._originals.append((owner, name, function))
            wrap = self._training if stage == TRAIN else self._timed
            setattr(owner, name, wrap(stage, function))
        return self

    def __exit__(self, *_: object) -> None:
        while self._originals:
            setattr(*self._originals.pop())

    def take(self) -> dict[str, float]:
        """Return the seconds of each stage since the last call."""
        taken, self._seconds = self._seconds, dict.fromkeys(STAGES, 0.0)
        return taken

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            if self._in_training or threading.get_ident() != self._thread:
                return function(*args, **kwargs)
            start = time.perf_counter()
            self._inner.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                seconds = time.perf_counter() - start
                self._seconds[stage] += seconds - self._inner.pop()
                if self._inner:
                    self._inner[-1] += seconds

        return timed

    def _training(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        timed = self._timed(stage, self._opaque(function))

        @functools.wraps(function)
        def training(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return timed(*args, **kwargs)
            finally:
                self.trainings.append(Span(start, time.perf_counter()))

        return training

    def _opaque(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as one piece: what it calls in this thread is not told apart."""

        def opaque(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread:
                return function(*args, **kwargs)
            self._in_training = True
            try:
                return function(*args, **kwargs)
            finally:
                self._in_training = False

        return opaque
