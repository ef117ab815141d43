# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a classifier learns from, and when: with a trainer that only notes what it is given."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from rlt_ros.tracking import TrackerStoppedError, make_config
from rlt_ros.tracking.boxes import Boxes, centres, iou
from rlt_ros.tracking.compute.stopping import StopSignal
from rlt_ros.tracking.compute.turns import Turns
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning import learner
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.learner import Learner

TARGET: Boxes = np.array([300.0, 200.0, 40.0, 80.0])
SETTINGS: dict[str, Any] = {
    "update_mode": "lockstep",
    "update_interval": 5,
    "failure_interval": 3,
    "doubt_probability": 0.6,
    "frame_positives": 20,
    "frame_negatives": 30,
    "frame_scale_negatives": 10,
    "positive_iou": 0.7,
    "negative_iou": 0.3,
    "long_term_frames": 70,
    "short_term_frames": 15,
}


class Places:
    """Stands for an extractor: the features of boxes are the boxes."""

    area = np.array([0.0, 0.0, 640.0, 480.0])

    def samples(self, boxes: Boxes) -> Samples:
        return Samples(torch.from_numpy(boxes))


PLACES: Any = Places()


class Noted:
    """Stands for the memory and the trainer, and notes what they are asked."""

    def __init__(self) -> None:
        self.sizes: tuple[int, ...] = ()
        self.added: list[tuple[Samples, Samples]] = []
        self.snapshots: list[bool] = []
        self.empty = False
        self.trained: list[tuple[Any, Any, int, Any]] = []
        self.released = 0
        self.failure: Exception | None = None

    def memory(self, *sizes: int) -> Noted:
        self.sizes = sizes
        return self

    def add(self, positives: Samples, negatives: Samples) -> None:
        self.added.append((positives, negatives))

    def snapshot(self, long_term: bool) -> Any:
        self.snapshots.append(long_term)
        return None if self.empty else ("samples", len(self.snapshots))

    def release(self) -> None:
        self.released += 1

    def fresh_classifier(self, features: int) -> Classifier:
        return Classifier(features, 2, 0.0, torch.Generator().manual_seed(0))

    def train(self, classifier: Any, samples: Any, update: int, on_step: Any = None) -> None:
        self.trained.append((classifier, samples, update, on_step))
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Noted:
    result = Noted()
    monkeypatch.setattr(learner, "SampleMemory", result.memory)
    return result


@pytest.fixture
def stop() -> StopSignal:
    return StopSignal()


@pytest.fixture
def learning(noted: Noted, stop: StopSignal) -> Learner:
    """Of a target whose first frame was learned."""
    streams = SimpleNamespace(beside_tracking=lambda job: job)
    resources: Any = SimpleNamespace(streams=streams, trainings=Turns())
    trainer: Any = noted
    result = Learner(make_config(**SETTINGS), trainer, resources, stop)
    assert (result.updates_done, result.model_version) == (0, 0)
    assert (result.last_update_seconds, result.last_update_error) == (0, "")
    result.begin(np.random.default_rng(0))
    result.classifier = noted.fresh_classifier(4)
    return result


def frames(learning: Learner, count: int, probability: float = 0.9) -> None:
    for _ in range(count):
        learning.next_frame()
        learning.learn(PLACES, TARGET, probability)


def test_the_first_frame_is_learned(
    learning: Learner, noted: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    positives, negatives = Samples(torch.rand(3, 4)), Samples(torch.rand(5, 4))
    regressor = object()
    found = (positives, negatives, regressor)
    monkeypatch.setattr(learner, "learned_from_first_frame", lambda *arguments: found)
    on_step: Callable[[int], None] = lambda step: None  # noqa: E731
    image: Any = None
    earlier = learning.classifier
    assert learning.learn_first_frame(PLACES, image, TARGET, on_step) is regressor
    assert learning.classifier is not earlier
    assert learning.classifier.fc4.in_features == 4
    assert noted.trained == [(learning.classifier, (positives, negatives), 0, on_step)]
    assert noted.added == [(positives, negatives)]
    assert noted.sizes == (70, 15, 20, 40)
    assert (learning.model_version, learning.updates_done) == (1, 0)
    # There may be no background, and nothing to tell from the target.
    found = (positives, negatives[:0], regressor)
    learning.learn_first_frame(PLACES, image, TARGET, on_step)
    assert len(noted.trained) == 1
    assert len(noted.added) == 2


def test_a_frame_gives_samples_of_the_target_and_of_what_it_is_not(
    learning: Learner, noted: Noted
) -> None:
    frames(learning, 1)
    ((positives, negatives),) = noted.added
    near, others = positives.features.numpy(), negatives.features.numpy()
    assert near.shape == (20, 4)
    assert iou(near, TARGET).min() >= 0.7
    assert others.shape == (40, 4)
    around, wrong_size = others[:30], others[30:]
    assert iou(around, TARGET).max() <= 0.3
    shifts = abs(centres(around) - centres(TARGET))
    assert 60 < shifts.max() <= 2 * 60
    changes = abs(np.log(around[:, 2:] / TARGET[2:]))
    assert 0.8 * np.log(1.3) < changes.max() <= np.log(1.3) + 1e-9
    assert iou(wrong_size, TARGET).max() <= 0.4
    assert abs(centres(wrong_size) - centres(TARGET)).max() <= 0.5 * 60
    assert abs(np.log(wrong_size[:, 2:] / TARGET[2:])).max() > np.log(1.5)


def test_updates_come_at_their_interval(learning: Learner, noted: Noted) -> None:
    frames(learning, 4)
    assert noted.trained == []
    first = learning.classifier
    frames(learning, 1)
    assert noted.snapshots == [True]
    ((classifier, samples, number, _),) = noted.trained
    assert (samples, number) == (("samples", 1), 1)
    assert classifier is learning.classifier  # a copy, taken over at once
    assert classifier is not first
    assert (learning.updates_done, learning.model_version) == (1, 2)
    assert learning.last_update_seconds > 0
    assert not learning.updating
    frames(learning, 5)
    assert noted.snapshots == [True, True]
    assert noted.trained[1][2] == 2
    assert (learning.updates_done, learning.model_version) == (2, 3)
    learning.begin(np.random.default_rng(0))
    assert (learning.updates_done, learning.model_version) == (0, 1)
    assert learning.last_update_seconds == 0
    frames(learning, 4)
    assert len(noted.trained) == 2
    frames(learning, 1)
    assert noted.trained[2][2] == 1


def test_doubt_updates_at_once_but_for_every_other_frame(learning: Learner, noted: Noted) -> None:
    updated: list[int] = []
    for number in range(1, 8):
        before = len(noted.snapshots)
        frames(learning, 1, probability=0.59)
        if len(noted.snapshots) > before:
            updated.append(number)
    assert updated == [2, 4, 5, 7]  # the fifth is due anyway
    assert noted.snapshots == [True] * 4
    learning.begin(np.random.default_rng(0))
    frames(learning, 4, probability=0.6)
    assert len(noted.snapshots) == 4


def test_failures_update_from_the_last_frames(learning: Learner, noted: Noted) -> None:
    updated: list[int] = []
    for failures in range(1, 8):
        learning.next_frame()
        learning.learn_from_failure(failures)
        if len(noted.snapshots) > len(updated):
            updated.append(failures)
    assert updated == [1, 4, 7]
    assert noted.snapshots == [False] * 3


def test_without_samples_there_is_no_update(learning: Learner, noted: Noted) -> None:
    noted.empty = True
    learning.next_frame()
    learning.learn_from_failure(1)
    assert noted.snapshots == [False]
    assert noted.trained == []
    noted.empty = False
    frames(learning, 1, probability=0.1)  # none was done, and doubt need not wait for one
    assert noted.snapshots == [False, True]


def test_an_update_waits_for_the_running_one(learning: Learner, noted: Noted) -> None:
    """The last frames are what to learn from once the target was lost, whatever was due before."""
    busy: Any = SimpleNamespace(busy=True, take=lambda: None)
    tuner, learning._tuner = learning._tuner, busy
    frames(learning, 5)
    learning.next_frame()
    learning.learn_from_failure(1)
    frames(learning, 4)
    assert learning.updating
    assert noted.snapshots == []
    assert noted.released == 0
    learning._tuner = tuner
    learning.next_frame()
    assert noted.released == 1
    learning.learn_from_failure(2)
    assert noted.snapshots == [False]
    learning.learn_from_failure(3)
    assert noted.snapshots == [False]


def test_a_failed_update_leaves_the_classifier_and_says_why(
    learning: Learner, noted: Noted
) -> None:
    first = learning.classifier
    noted.failure = ValueError("no\n  memory")
    frames(learning, 5)
    assert learning.last_update_error == "ValueError: no memory"
    assert learning.classifier is first
    assert (learning.updates_done, learning.model_version) == (0, 1)
    assert learning.last_update_seconds == 0
    frames(learning, 1)
    assert learning.last_update_error == "ValueError: no memory"  # until one succeeds
    noted.failure = None
    frames(learning, 4)
    assert learning.last_update_error == ""
    assert [number for _, _, number, _ in noted.trained] == [1, 1]
    noted.failure = ValueError("again")
    frames(learning, 5)
    learning.begin(np.random.default_rng(0))
    assert learning.last_update_error == ""


def test_an_update_that_nobody_wants_is_no_error(
    learning: Learner, noted: Noted, stop: StopSignal
) -> None:
    noted.failure = TrackerStoppedError("told to stop")
    frames(learning, 5)
    assert learning.last_update_error == ""
    assert learning.updates_done == 0
    frames(learning, 4)
    learning.next_frame()
    stop.set()
    with pytest.raises(TrackerStoppedError):
        learning.learn(PLACES, TARGET, 0.9)


def test_what_runs_is_discarded_or_closed(learning: Learner) -> None:
    asked: list[object] = []
    tuner: Any = SimpleNamespace(discard=lambda: asked.append("discard"), close=asked.append)
    learning._tuner = tuner
    learning.discard_update()
    assert asked == ["discard"]
    learning.close()
    assert asked == ["discard", learner.CLOSE_SECONDS]
