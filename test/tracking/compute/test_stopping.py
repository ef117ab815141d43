# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tracker that is told to stop ends at its next step, whatever it is doing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rlt_ros.tracking import Tracker, TrackerStoppedError, make_config
from rlt_ros.tracking.compute.stopping import StopSignal, check_stop
from rlt_ros.tracking.compute.turns import Turns
from rlt_ros.tracking.features.openvino import inference
from rlt_ros.tracking.features.sample_derivatives import AutogradDerivatives
from rlt_ros.tracking.learning import sgd
from rlt_ros.tracking.learning.augmentation import turned, with_other_background
from rlt_ros.tracking.learning.fine_tuning import FineTuner
from rlt_ros.tracking.learning.loss import loss

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]

ENDLESS = 10000
PATIENCE = 60  # seconds, for what takes far less


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every training step."""
    result: list[int] = []

    def counted(*arguments: Any) -> Tensor:
        result.append(len(result))
        return loss(*arguments)

    monkeypatch.setattr(sgd, "loss", counted)
    return result


def stops_on_call(stop: Callable[[], None], number: int, function: Callable[..., Any]) -> Any:
    """Return ``function`` that asks to stop in that call, and its list of calls."""
    calls: list[int] = []

    def watched(*arguments: Any) -> Any:
        calls.append(len(calls))
        if len(calls) == number:
            stop()
        return function(*arguments)

    return watched, calls


def test_training_ends_at_the_next_step_and_for_good(
    frames: Frames, few: dict[str, Any], steps: list[int]
) -> None:
    with Tracker(make_config(**few)) as tracker:
        tracker.init(*frames[0])
        steps.clear()
        with pytest.raises(TrackerStoppedError, match="told to stop"):
            tracker.init(*frames[0], on_step=lambda step: tracker.stop() if step == 2 else None)
        assert len(steps) == 2
        for _ in range(2):
            with pytest.raises(TrackerStoppedError):
                tracker.init(*frames[0])
            with pytest.raises(TrackerStoppedError):
                tracker.track(frames[1][0])
            tracker.stop()
    assert len(steps) == 2


def test_a_target_is_tracked_no_further(frames: Frames, few: dict[str, Any]) -> None:
    with Tracker(make_config(**few)) as tracker:
        tracker.init(*frames[0])
        tracker.stop()
        with pytest.raises(TrackerStoppedError):
            tracker.track(frames[1][0])


def test_after_stop_nothing_is_begun(frames: Frames, few: dict[str, Any]) -> None:
    """Nor is anything looked at, and the target stays to be shown."""
    with Tracker(make_config(**few)) as tracker:
        tracker.init(*frames[0])
        shown = tracker.attention_map()
        tracker.stop()
        for image, box in ((frames[1][0], (1.0, 2.0, float("nan"), 4.0)), (None, frames[1][1])):
            with pytest.raises(TrackerStoppedError):
                tracker.init(image, box)  # type: ignore[arg-type]
        with pytest.raises(TrackerStoppedError):
            tracker.init(*frames[1])
        with pytest.raises(TrackerStoppedError):
            tracker.track(None)  # type: ignore[arg-type]
        np.testing.assert_array_equal(tracker.attention_map(), shown)


def test_stop_comes_from_another_thread(
    frames: Frames, few: dict[str, Any], steps: list[int]
) -> None:
    learning = threading.Event()
    config = make_config(**{**few, "initial_iterations": ENDLESS})
    with Tracker(config) as tracker:

        def stop() -> None:
            if learning.wait(PATIENCE):
                tracker.stop()

        other = threading.Thread(target=stop)
        other.start()
        with pytest.raises(TrackerStoppedError):
            tracker.init(*frames[0], on_step=lambda _: learning.set())
        other.join()
    assert 1 <= len(steps) < ENDLESS


@pytest.mark.parametrize("call", [1, 3])
def test_sampling_ends_within_a_few_samples(frames: Frames, few: dict[str, Any], call: int) -> None:
    """Of five hundred samples in chunks of sixteen."""
    settings = {**few, "backbone_runtime": "pytorch", "attention_at": "features", "threads": 1}
    settings |= {"initial_positives": 500, "regression_samples": 0, "background_swaps": 0}
    with Tracker(make_config("paper", **settings)) as tracker:
        extractor: Any = tracker._extractor
        watched, calls = stops_on_call(tracker.stop, call, extractor.compute)
        watched.samples_per_call = extractor.compute.samples_per_call
        extractor.compute = watched
        with pytest.raises(TrackerStoppedError):
            tracker.init(*frames[0])
        assert len(calls) == call


@pytest.mark.parametrize(
    ("module", "function", "number"),
    [("learning.first_frame", with_other_background, 2), ("finding.first_looks", turned, 3)],
)
def test_copies_of_the_first_frame_are_made_no_further(
    frames: Frames,
    few: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    function: Callable[..., Any],
    number: int,
) -> None:
    with Tracker(make_config(**{**few, "background_swaps": 4, "turned_looks": 4})) as tracker:
        watched, calls = stops_on_call(tracker.stop, number, function)
        monkeypatch.setattr(f"rlt_ros.tracking.{module}.{function.__name__}", watched)
        with pytest.raises(TrackerStoppedError):
            tracker.init(*frames[0])
        assert len(calls) == number


@pytest.mark.parametrize("product", ["pulled", "pushed"])
def test_attention_at_the_image_ends_within_a_few_samples(product: str) -> None:
    """Of forty samples in chunks of sixteen."""
    signal = StopSignal()
    conv = nn.Conv2d(3, 2, 3, stride=4).requires_grad_(False)
    watched, calls = stops_on_call(signal.set, 2, nn.Sequential(conv, nn.ReLU(), nn.Flatten()))
    network: Any = watched
    images = torch.rand(40, 3, 8, 8)
    directions = {"pulled": torch.rand(2, 40, 8), "pushed": torch.rand(2, 40, 3, 8, 8)}
    with signal.heeded(), pytest.raises(TrackerStoppedError):
        getattr(AutogradDerivatives(network), product)(images, directions[product])
    assert len(calls) == 2


def test_openvino_ends_within_a_few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is an optional extra")
    samples = inference.OpenVinoSamples(nn.Flatten(), "flat", [(2, 3)], batch=2, threads=1)
    signal = StopSignal()
    watched, calls = stops_on_call(signal.set, 2, check_stop)
    monkeypatch.setattr(inference, "check_stop", watched)
    with signal.heeded(), pytest.raises(TrackerStoppedError):
        samples(torch.rand(10, 2, 3))
    assert len(calls) == 2
    inputs = torch.rand(5, 2, 3)  # and computes on, right, where nobody stops it
    torch.testing.assert_close(samples(inputs)[0], inputs.flatten(1))
    assert len(calls) == 5
    assert samples(inputs[:0])[0].shape == (0, 6)


@pytest.mark.parametrize("ends", ["close", "init", "stop"])
def test_a_running_update_ends_at_its_next_step(
    frames: Frames, few: dict[str, Any], steps: list[int], ends: str
) -> None:
    """By ``close``, by ``stop`` and by a new ``init``, which waits for it."""
    endless = {"update_mode": "background", "update_interval": 1, "update_iterations": ENDLESS}
    with Tracker(make_config(**{**few, **endless})) as tracker:
        tracker.init(*frames[0])
        first = len(steps)
        tracker.track(frames[1][0])
        assert tracker.updating
        running = tracker._learner._tuner._running
        assert running is not None
        if ends == "init":
            tracker.init(*frames[2])
            assert running.done()
            assert not tracker._learner._tuner.busy
            assert tracker.track(frames[2][0]).score > 0.5
            assert tracker.last_update_error == ""
        elif ends == "close":
            tracker.close()
        else:
            tracker.stop()
        assert isinstance(running.exception(PATIENCE), TrackerStoppedError)
    assert len(steps) < 3 * first + ENDLESS / 2


def test_lockstep_updates_are_stopped_too(
    frames: Frames, few: dict[str, Any], steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Tracker(make_config(**{**few, "update_interval": 1, "update_iterations": 5})) as tracker:
        tracker.init(*frames[0])
        watched, calls = stops_on_call(tracker.stop, 3, loss)
        monkeypatch.setattr(sgd, "loss", watched)
        with pytest.raises(TrackerStoppedError):
            tracker.track(frames[1][0])
        assert len(calls) == 3


def test_close_waits_no_longer_than_its_limit() -> None:
    """For an update that does not end."""
    began, may_end = threading.Event(), threading.Event()

    def job() -> Any:
        began.set()
        may_end.wait(PATIENCE)

    tuner = FineTuner(background=True, stop=StopSignal(), turns=Turns())
    tuner.start(job)
    running = tuner._running
    assert running is not None
    try:
        assert began.wait(PATIENCE)
        tuner.close(0.05)
        assert not running.done()
        assert not tuner.busy
        tuner.close(0.05)
    finally:
        may_end.set()


def test_closed_means_closed(frames: Frames, few: dict[str, Any]) -> None:
    tracker = Tracker(make_config(**{**few, "update_mode": "background"}))
    with tracker:
        tracker.init(*frames[0])
        for image, _ in frames[1:12]:
            tracker.track(image)
        executor = tracker._learner._tuner._executor
        assert executor is not None
    assert not any(thread.is_alive() for thread in executor._threads)
    tracker.close()
    tracker.stop()
    assert not tracker.updating
    calls: list[Callable[[], object]] = [
        lambda: tracker.init(*frames[0]),
        lambda: tracker.track(frames[1][0]),
        tracker.attention_map,
        tracker.confidence_map,
        tracker.prepare_attention_map,
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="the tracker is closed; make a new one"):
            call()
