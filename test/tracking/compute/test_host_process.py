# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The library in other people's processes: it takes nothing from them and leaves nothing behind."""

from __future__ import annotations

import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.compute.stopping import StopSignal
from rlt_ros.tracking.compute.turns import Turns
from rlt_ros.tracking.features.shared_features import SharedFeatures
from rlt_ros.tracking.learning import sgd
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.fine_tuning import BACKGROUND_NICENESS, FineTuner
from rlt_ros.tracking.learning.loss import loss

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]
Run = list[tuple[float, ...]]

AT_IMAGE: dict[str, Any] = {
    "preset": "paper",
    "threads": 1,
    "background_swaps": 0,
    "turned_looks": 0,
    "backbone_runtime": "pytorch",
    "attention_weight": 0.6,
    "initial_positives": 8,
    "initial_negatives": 16,
    "initial_iterations": 1,
    "update_iterations": 1,
    "batch_positives": 2,
    "batch_negatives": 2,
    "frame_positives": 4,
    "frame_negatives": 4,
    "candidates": 16,
    "regression_samples": 8,
}
WAYS: dict[str, dict[str, Any]] = {
    "default": {},
    "pytorch": {"backbone_runtime": "pytorch"},
    "image": AT_IMAGE,
    "module": {"attention_module": "features", "attention_weight": 0.0},
}


@pytest.fixture(scope="module", params=WAYS)
def settings(request: pytest.FixtureRequest, few: dict[str, Any]) -> dict[str, Any]:
    return {**few, **WAYS[request.param]}


def run(
    settings: dict[str, Any],
    frames: Frames,
    making: AbstractContextManager[Any] | None = None,
    tracking: AbstractContextManager[Any] | None = None,
) -> Run:
    """Return boxes, scores and how much attention there is, of a tracker used in two contexts."""
    with making or nullcontext():
        tracker = Tracker(make_config(**settings))
    with tracker:
        results = [tracker.init(*frames[0])]
        with tracking or nullcontext():
            results += [tracker.track(image) for image, _ in frames[1:3]]
            attention = tracker.attention_map()
            tracker.confidence_map(8)
        assert tracker.updates_done >= 1
        assert tracker.last_update_error == ""
    return [(*one.box.tolist(), one.score) for one in results] + [(float(attention.sum()),)]


def random_states() -> tuple[Any, list[int], list[int]]:
    of_numpy: Any = np.random.get_state()  # noqa: NPY002
    return random.getstate(), of_numpy[1].tolist(), torch.get_rng_state().tolist()


@pytest.fixture(scope="module")
def expected(settings: dict[str, Any], frames: Frames) -> Run:
    """What the tracker says where nothing is unusual; the host's random numbers stay its own."""
    before = random_states()
    result = run(settings, frames)
    assert random_states() == before
    return result


@contextmanager
def many_modes() -> Iterator[None]:
    """All that a host can switch at once."""
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    try:
        with (
            torch.no_grad(),
            torch.autocast("cpu", torch.bfloat16),
            torch.device("meta"),
            torch.autograd.set_detect_anomaly(True),
            np.errstate(all="raise", under="ignore"),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            yield
    finally:
        torch.use_deterministic_algorithms(False)
        torch.set_default_dtype(torch.float32)


def test_results_do_not_depend_on_the_callers_modes(
    frames: Frames, settings: dict[str, Any], expected: Run
) -> None:
    with many_modes():
        assert run(settings, frames) == expected


def test_a_tracker_made_in_one_mode_works_in_another(
    frames: Frames, settings: dict[str, Any], expected: Run
) -> None:
    assert run(settings, frames, torch.inference_mode(), torch.no_grad()) == expected
    assert torch.is_grad_enabled()


def test_a_tracker_works_in_inference_mode(
    frames: Frames, settings: dict[str, Any], expected: Run
) -> None:
    with torch.inference_mode():
        assert run(settings, frames) == expected
        assert torch.is_inference_mode_enabled()


@pytest.mark.parametrize("way", ["default", "image"])
def test_trackers_in_threads_do_not_meet(frames: Frames, few: dict[str, Any], way: str) -> None:
    each = [{**few, **WAYS[way], "seed": seed} for seed in (0, 1)]
    frames = frames if way == "default" else frames[:4]
    expected = [run(settings, frames) for settings in each]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda settings: run(settings, frames), each)) == expected


def threads_of_a_new_thread() -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


def test_new_threads_of_the_host_have_its_number_of_threads(
    frames: Frames, few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = torch.get_num_threads()
    torch.set_num_threads(3)
    seen: dict[str, set[tuple[int, int]]] = {"frame": set(), "update": set()}
    observe = SharedFeatures.observe

    def watched_observe(self: SharedFeatures, *arguments: Any) -> None:
        seen["frame"].add((torch.get_num_threads(), threads_of_a_new_thread()))
        observe(self, *arguments)

    def watched_loss(*arguments: Any) -> torch.Tensor:
        if threading.current_thread().name.startswith("fine_tuning"):
            seen["update"].add((torch.get_num_threads(), threads_of_a_new_thread()))
        return loss(*arguments)

    monkeypatch.setattr(SharedFeatures, "observe", watched_observe)
    monkeypatch.setattr(sgd, "loss", watched_loss)
    settings = {**few, "threads": 2, "update_mode": "background"}
    try:
        with Tracker(make_config(**settings)) as tracker:
            tracker.init(*frames[0])
            seen["frame"].clear()
            for image, _ in frames[1:3]:
                tracker.track(image)
            running = tracker._learner._tuner._running
            assert running is not None
            running.result(60)
        assert seen == {"frame": {(2, 3)}, "update": {(1, 3)}}
        assert torch.get_num_threads() == threads_of_a_new_thread() == 3
    finally:
        torch.set_num_threads(own)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
@pytest.mark.parametrize(("niceness", "lowered"), [(0, True), (4, True), (5, False), (19, False)])
@pytest.mark.parametrize("allowed", [True, False])
def test_priority_is_only_lowered_and_failing_to_is_no_error(
    monkeypatch: pytest.MonkeyPatch, niceness: int, lowered: bool, allowed: bool
) -> None:
    asked: list[int] = []
    threads: list[tuple[int, int]] = []  # who is asked about, or to be lowered, and last who ran

    def priority(which: int, thread: int) -> int:
        threads.append((which, thread))
        return niceness

    def set_priority(which: int, thread: int, value: int) -> None:
        threads.append((which, thread))
        asked.append(value)
        if not allowed:
            raise PermissionError(13, "Permission denied")

    def job() -> Classifier:
        threads.append((os.PRIO_PROCESS, threading.get_native_id()))
        return classifier

    monkeypatch.setattr(os, "getpriority", priority)
    monkeypatch.setattr(os, "setpriority", set_priority)
    classifier = Classifier(4, 8, 0.5, torch.Generator())
    tuner = FineTuner(background=True, stop=StopSignal(), turns=Turns())
    tuner.start(job)
    running = tuner._running
    assert running is not None
    assert running.result(60).classifier is classifier
    tuner.close(60)
    assert asked == ([BACKGROUND_NICENESS] if lowered else [])
    assert len(threads) == (3 if lowered else 2)
    assert set(threads) == {threads[-1]}
