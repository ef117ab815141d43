# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from rlt_ros.tracking import TrackerStoppedError
from rlt_ros.tracking.compute.stopping import StopSignal, check_stop
from rlt_ros.tracking.compute.turns import Turns
from rlt_ros.tracking.learning import fine_tuning
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.fine_tuning import FineTuner

PATIENCE = 60.0  # seconds, for what takes far less


@pytest.fixture
def classifier() -> Classifier:
    return Classifier(4, 2, 0.0, torch.Generator().manual_seed(0))


@pytest.fixture
def stop() -> StopSignal:
    return StopSignal()


@pytest.fixture
def background(stop: StopSignal) -> Iterator[FineTuner]:
    tuner = FineTuner(background=True, stop=stop, turns=Turns())
    yield tuner
    tuner.close(PATIENCE)


def busy(tuner: FineTuner) -> bool:
    return tuner.busy


class Endless:
    """A job that ends when it is told to stop."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.pause = threading.Event()

    def __call__(self) -> Classifier:
        self.began.set()
        for _ in range(int(PATIENCE * 100)):
            check_stop()
            self.pause.wait(0.01)
        raise AssertionError("nobody stopped it")


def test_in_lockstep_an_update_is_done_once_it_was_started(
    classifier: Classifier, stop: StopSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(perf_counter=iter([5.0, 7.5]).__next__)
    monkeypatch.setattr(fine_tuning, "time", clock)
    tuner = FineTuner(background=False, stop=stop, turns=Turns())
    assert busy(tuner) is False
    assert tuner.take() is None
    threads: list[threading.Thread] = []

    def job() -> Classifier:
        threads.append(threading.current_thread())
        return classifier

    tuner.start(job)
    assert threads == [threading.current_thread()]
    assert busy(tuner) is True
    finished = tuner.take()
    assert finished is not None
    assert finished.classifier is classifier
    assert finished.seconds == 2.5
    assert busy(tuner) is False
    assert tuner.take() is None
    tuner.close(PATIENCE)


def test_what_a_job_raises_is_raised_once_where_it_is_taken(stop: StopSignal) -> None:
    def job() -> Classifier:
        raise ValueError("a bad day")

    tuner = FineTuner(background=False, stop=stop, turns=Turns())
    tuner.start(job)
    with pytest.raises(ValueError, match="a bad day"):
        tuner.take()
    assert not busy(tuner)
    assert tuner.take() is None


def test_nobody_waits_for_an_update_in_the_background(
    classifier: Classifier, background: FineTuner
) -> None:
    may_end = threading.Event()
    names: list[str] = []

    def job() -> Classifier:
        names.append(threading.current_thread().name)
        may_end.wait(PATIENCE)
        return classifier

    background.start(job)
    running = background._running
    assert running is not None
    try:
        assert background.take() is None
        assert busy(background)
        assert not running.done()
    finally:
        may_end.set()
    assert running.result(PATIENCE).classifier is classifier
    assert names[0].startswith("fine_tuning")
    assert busy(background)  # until it is taken
    finished = background.take()
    assert finished is not None
    assert finished.classifier is classifier
    assert not busy(background)


def test_a_discarded_update_has_ended_and_another_may_start(
    classifier: Classifier, background: FineTuner
) -> None:
    background.discard()  # there is none
    endless = Endless()
    background.start(endless)
    running = background._running
    assert running is not None
    assert endless.began.wait(PATIENCE)
    background.discard()
    assert running.done()
    assert isinstance(running.exception(), TrackerStoppedError)
    assert not busy(background)
    assert background.take() is None
    background.start(lambda: classifier)
    running = background._running
    assert running is not None
    assert running.result(PATIENCE).classifier is classifier


def test_an_update_whose_thread_cannot_start_has_failed_for_good(
    classifier: Classifier, background: FineTuner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    began: list[str] = []

    def job(name: str) -> Classifier:
        began.append(name)
        return classifier

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        background.start(lambda: job("first"))
    assert busy(background)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        background.take()
    assert not busy(background)
    background.start(lambda: job("second"))
    running = background._running
    assert running is not None
    assert running.result(PATIENCE).classifier is classifier
    assert began == ["second"]  # the first is in the executor's queue still, before it


@pytest.mark.parametrize("told", [True, False])
def test_closing_ends_the_update_and_the_thread(stop: StopSignal, told: bool) -> None:
    tuner = FineTuner(background=True, stop=stop, turns=Turns())
    executor = tuner._executor
    assert executor is not None
    endless = Endless()
    tuner.start(endless)
    running = tuner._running
    assert running is not None
    assert endless.began.wait(PATIENCE)
    if told:
        stop.set()
        assert isinstance(running.exception(PATIENCE), TrackerStoppedError)
    tuner.close(PATIENCE)
    assert isinstance(running.exception(PATIENCE), TrackerStoppedError)
    assert not any(thread.is_alive() for thread in executor._threads)
    assert not busy(tuner)
    tuner.close(PATIENCE)


def test_once_told_to_stop_no_update_begins(classifier: Classifier, stop: StopSignal) -> None:
    stop.set()
    began: list[bool] = []

    def job() -> Classifier:
        began.append(True)
        return classifier

    tuner = FineTuner(background=False, stop=stop, turns=Turns())
    tuner.start(job)
    assert began == []
    with pytest.raises(TrackerStoppedError):
        tuner.take()


def test_of_several_targets_one_is_trained_at_a_time(
    classifier: Classifier, stop: StopSignal
) -> None:
    turns = Turns()
    tuners = [FineTuner(background=True, stop=stop, turns=turns) for _ in range(2)]
    first = Endless()
    began = threading.Event()

    def second() -> Classifier:
        began.set()
        return classifier

    tuners[0].start(first)
    assert first.began.wait(PATIENCE)
    tuners[1].start(second)
    running = tuners[1]._running
    assert running is not None
    assert not began.wait(0.2)
    assert tuners[1].take() is None
    tuners[0].discard()
    assert running.result(PATIENCE).classifier is classifier
    assert tuners[1].take() is not None
    for tuner in tuners:
        tuner.close(PATIENCE)


def test_an_update_that_waits_for_its_turn_can_be_discarded(
    classifier: Classifier, stop: StopSignal
) -> None:
    turns = Turns()
    tuner = FineTuner(background=True, stop=stop, turns=turns)
    with turns.one():
        tuner.start(lambda: classifier)
        tuner.discard()
        assert not busy(tuner)
    tuner.close(PATIENCE)
