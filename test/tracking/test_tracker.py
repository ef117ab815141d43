# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking import (
    ConfigError,
    InvalidBoxError,
    InvalidImageError,
    Tracker,
    TrackerConfig,
    TrackState,
    make_config,
)
from rlt_ros.tracking.boxes import iou

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]


@pytest.fixture(scope="module")
def tracker(quick_config: TrackerConfig) -> Tracker:
    return Tracker(quick_config)


def run(tracker: Tracker, frames: Frames) -> NDArray[np.float64]:
    tracker.init(*frames[0])
    return np.array([tracker.track(image).box for image, _ in frames[1:]])


def test_a_moving_patch_is_followed(quick_config: TrackerConfig, frames: Frames) -> None:
    tracker = Tracker(replace(quick_config, doubt_probability=0.0))
    first = tracker.init(*frames[0])
    np.testing.assert_array_equal(first.box, frames[0][1])
    assert first.score > 0.5
    for image, box in frames[1:]:
        result = tracker.track(image)
        assert iou(result.box, box) > 0.5
        assert 0.5 < result.score <= 1
        assert result.state is TrackState.TRACKING
    assert tracker.updates_done == 1
    assert tracker.model_version == 2
    assert tracker.last_update_seconds > 0


@pytest.mark.parametrize("hold_threshold", [0.0, -2.0], ids=["holds", "follows"])
def test_a_target_that_vanishes_is_lost(
    frames: Frames, gone: NDArray[np.uint8], thorough: dict[str, Any], hold_threshold: float
) -> None:
    settings = {**thorough, "hold_threshold": hold_threshold, "lost_after": 3}
    with Tracker(make_config(**settings)) as tracker:
        tracker.init(*frames[0])
        for image, _ in frames[1:4]:
            assert tracker.track(image).state is TrackState.TRACKING
        boxes = [tracker._search.box]
        for state in ("uncertain", "uncertain", "lost", "lost"):
            result = tracker.track(gone)
            assert result.state.value == state
            assert result.score < 0.5
            boxes.append(result.box)
        if hold_threshold == 0:  # it goes on a little, ever less
            moves = np.diff(boxes, axis=0)
            np.testing.assert_allclose(moves[1:], tracker.config.inertia * moves[:-1], atol=0.05)
            assert np.abs(moves[:, 2:]).max() < 1e-9
            again = tracker.track(frames[4][0])
            assert again.state is TrackState.TRACKING
            assert iou(again.box, frames[4][1]) > 0.5


@pytest.mark.parametrize("preset_settings", [{}, {"attention_weight": 0}], ids=["5", "0"])
def test_lockstep_runs_are_the_same_bit_for_bit(
    frames: Frames, quick: dict[str, Any], preset_settings: dict[str, Any]
) -> None:
    config = make_config(**{**quick, "update_interval": 3, **preset_settings})
    with Tracker(config) as tracker:
        first = run(tracker, frames)
        assert tracker.updates_done >= 4
        second = run(tracker, frames)
    with Tracker(config) as tracker:
        third = run(tracker, frames)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)
    with Tracker(make_config(**{**quick, "seed": 1, **preset_settings})) as tracker:
        assert not np.array_equal(first, run(tracker, frames))


@pytest.mark.parametrize("attention_at", ["features", "image"])
def test_the_paper_preset_tracks(frames: Frames, quick: dict[str, Any], attention_at: str) -> None:
    settings = {**quick, "attention_at": attention_at, "initial_negatives": 200}
    # Small steps: the image's attention takes seconds for a whole mini-batch. Lambda shrinks with
    # the mini-batch, over which cross entropy is summed.
    settings |= {"batch_positives": 4, "batch_negatives": 4, "attention_weight": 0.6}
    settings |= {"update_iterations": 2, "update_interval": 3, "candidates": 64}
    settings |= {"initial_iterations": 25, "regression_samples": 50, "background_swaps": 0}
    with Tracker(make_config("paper", **settings)) as tracker:
        tracker.init(*frames[0])
        for image, box in frames[1:6]:
            assert iou(tracker.track(image).box, box) > 0.4
        assert tracker.updates_done >= 1
        check_attention(tracker, frames[5])


def check_attention(tracker: Tracker, frame: tuple[NDArray[np.uint8], NDArray[np.float64]]) -> None:
    image, box = frame
    attention = tracker.attention_map()
    assert attention.shape == image.shape[:2]
    assert attention.dtype == np.uint8
    assert attention.max() == 255
    x, y, width, height = box.astype(int)
    inside = attention[y : y + height, x : x + width].sum(dtype=float)
    share_of_image = width * height / attention.size
    # Attention means something only if the target draws several times its share.
    assert inside / attention.sum(dtype=float) > 4 * share_of_image


def test_attention_lies_on_the_target(tracker: Tracker, frames: Frames) -> None:
    run(tracker, frames[:6])
    check_attention(tracker, frames[5])


def test_grey_images_are_welcome(tracker: Tracker, frames: Frames) -> None:
    grey = [(image[:, :, 1].copy(), box) for image, box in frames[:4]]
    boxes = run(tracker, grey)
    assert iou(boxes[-1], grey[-1][1]) > 0.5


def test_bad_input_is_refused_and_the_target_kept(tracker: Tracker, frames: Frames) -> None:
    tracker.init(*frames[0])
    for bad in (np.zeros((0, 4, 3), np.uint8), np.zeros((9, 9, 4), np.uint8), None):
        with pytest.raises(InvalidImageError):
            tracker.track(bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidImageError, match="uint8"):
        tracker.track(frames[1][0].astype(np.float32))
    with pytest.raises(InvalidImageError, match="call init again"):
        tracker.track(np.zeros((50, 60, 3), np.uint8))
    with pytest.raises(InvalidBoxError):
        tracker.init(frames[1][0], (1, 2, float("nan"), 4))
    assert iou(tracker.track(frames[1][0]).box, frames[1][1]) > 0.5


def test_a_target_that_fills_the_image_does_not_break(tracker: Tracker, frames: Frames) -> None:
    image = frames[0][0]
    height, width = image.shape[:2]
    tracker.init(image, (0, 0, width, height))
    result = tracker.track(image)
    assert np.isfinite(result.box).all()
    tracker.init(image, (width - 1.0, height - 1.0, 1, 1))
    assert np.isfinite(tracker.track(image).box).all()


def test_tracking_needs_a_target(quick_config: TrackerConfig, frames: Frames) -> None:
    with Tracker(quick_config) as tracker:
        assert tracker.image_size == (0, 0)
        with pytest.raises(RuntimeError, match="call init"):
            tracker.track(frames[0][0])
        with pytest.raises(RuntimeError, match="call init"):
            tracker.attention_map()


def test_no_frame_waits_for_a_background_update(
    frames: Frames, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update is held back; frames go on with the old classifier until it may end."""
    config = make_config(**{**quick, "update_mode": "background", "update_interval": 2})
    may_end = threading.Event()
    with Tracker(config) as tracker:
        tracker.init(*frames[0])
        real_train = tracker._learner._trainer.train
        trained_in: list[int] = []

        def held_back(*arguments: Any) -> None:
            assert may_end.wait(timeout=60)
            trained_in.append(threading.get_ident())
            real_train(*arguments)

        monkeypatch.setattr(tracker._learner._trainer, "train", held_back)
        live = tracker._learner.classifier
        before = [p.clone() for p in live.parameters()]
        for image, box in frames[1:8]:
            assert iou(tracker.track(image).box, box) > 0.5
        assert tracker.updating
        assert tracker.updates_done == 0
        assert tracker._learner.classifier is live
        assert all(torch.equal(p, b) for p, b in zip(live.parameters(), before, strict=True))
        may_end.set()
        for _ in range(600):
            if tracker._learner._tuner._running is None or tracker._learner._tuner._running.done():
                break
            threading.Event().wait(0.1)
        tracker.track(frames[8][0])
        assert tracker.updates_done == 1
        assert tracker.model_version == 2
        assert tracker._learner.classifier is not live
        assert trained_in[0] != threading.get_ident()


@pytest.mark.parametrize("mode", ["lockstep", "background"])
def test_a_failed_update_costs_no_frame_and_is_tried_again(
    frames: Frames, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    config = make_config(**{**quick, "update_interval": 2, "update_mode": mode})
    with Tracker(config) as tracker:
        tracker.init(*frames[0])
        live = tracker._learner.classifier
        real_train = tracker._learner._trainer.train

        def broken(*_: Any) -> None:
            raise RuntimeError("out of\n  memory")

        def tracked(index: int) -> None:
            assert iou(tracker.track(frames[index][0]).box, frames[index][1]) > 0.5
            running = tracker._learner._tuner._running
            if running is not None:
                running.exception(60)

        monkeypatch.setattr(tracker._learner._trainer, "train", broken)
        for index in range(1, 4):  # due in frame 2, taken there or in the next one
            tracked(index)
        assert tracker.last_update_error == "RuntimeError: out of memory"
        assert tracker._learner.classifier is live
        assert (tracker.updates_done, tracker.model_version) == (0, 1)
        monkeypatch.setattr(tracker._learner._trainer, "train", real_train)
        for index in range(4, 6):
            tracked(index)
        assert tracker.last_update_error == ""
        assert (tracker.updates_done, tracker.model_version) == (1, 2)
        assert (
            not tracker._learner._memory._waiting
        )  # what came meanwhile was not held back for ever
        monkeypatch.setattr(tracker._learner._trainer, "train", broken)
        for index in range(6, 8):
            tracked(index)
        monkeypatch.setattr(tracker._learner._trainer, "train", real_train)
        assert tracker.last_update_error
        tracker.init(*frames[0])
        assert tracker.last_update_error == ""


def test_an_update_whose_thread_cannot_start_is_a_failed_one(
    frames: Frames, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config(**{**quick, "update_interval": 2, "update_mode": "background"})

    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Tracker(config) as tracker:
        tracker.init(*frames[0])
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_thread)
            for image, box in frames[1:4]:
                assert iou(tracker.track(image).box, box) > 0.5
        assert tracker.last_update_error == "RuntimeError: can't start new thread"
        tracker.track(frames[4][0])
        running = tracker._learner._tuner._running
        assert running is not None
        running.result(60)
        tracker.track(frames[5][0])
        assert tracker.last_update_error == ""
        assert tracker.updates_done == 1


# Each step at a learning rate of 1 makes the last layer's weights 999 times as large.
GROWING: dict[str, Any] = {"last_layer_rate": 1000.0, "weight_decay": 1.0}


def test_training_that_diverges_is_an_error_in_words(frames: Frames, few: dict[str, Any]) -> None:
    settings = {**few, **GROWING, "initial_learning_rate": 1.0, "initial_iterations": 30}
    with Tracker(make_config(**settings)) as tracker:
        with pytest.raises(RuntimeError, match="training diverged: lower the learning rates"):
            tracker.init(*frames[0])
        with pytest.raises(RuntimeError, match="call init"):
            tracker.track(frames[1][0])


def test_an_update_that_diverges_is_a_failed_one(frames: Frames, few: dict[str, Any]) -> None:
    settings = {**few, **GROWING, "update_learning_rate": 1.0, "update_iterations": 30}
    with Tracker(make_config(**settings)) as tracker:
        tracker.init(*frames[0])
        for image, _ in frames[1:3]:
            tracker.track(image)
        assert "training diverged" in tracker.last_update_error
        assert tracker.model_version == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_a_failed_init_there_is_no_target(
    frames: Frames, few: dict[str, Any], error: type[BaseException]
) -> None:
    def fail(step: int) -> None:
        raise error

    with Tracker(make_config(**few)) as tracker:
        for _ in range(2):
            with pytest.raises(error):
                tracker.init(*frames[0], on_step=fail)
            calls: list[Callable[[], object]] = [
                lambda: tracker.track(frames[1][0]),
                tracker.attention_map,
                tracker.confidence_map,
            ]
            for call in calls:
                with pytest.raises(RuntimeError, match="no target: call init"):
                    call()
            tracker.init(*frames[0])
            assert np.isfinite(tracker.track(frames[1][0]).box).all()


def test_what_is_refused_changes_nothing(frames: Frames, few: dict[str, Any]) -> None:
    """Bit for bit, updates included."""
    good = frames[0][0]
    refused: list[tuple[Any, Any]] = [
        (good, (1, 2, float("nan"), 4)),
        (good, (1000, 2, 30, 40)),
        (good, "here"),
        (good.astype(np.float32), frames[0][1]),
        (good[:, :, :2], frames[0][1]),
        (None, frames[0][1]),
    ]
    with Tracker(make_config(**few)) as asked, Tracker(make_config(**few)) as plain:
        asked.init(*frames[0])
        plain.init(*frames[0])
        for image, _ in frames[1:6]:
            for other_image, box in refused:
                with pytest.raises((InvalidBoxError, InvalidImageError)):
                    asked.init(other_image, box)
            for bad in (None, image[:50], image.astype(np.uint16)):
                with pytest.raises(InvalidImageError):
                    asked.track(bad)  # type: ignore[arg-type]
            ours, theirs = asked.track(image), plain.track(image)
            np.testing.assert_array_equal(ours.box, theirs.box)
            assert (ours.score, ours.state) == (theirs.score, theirs.state)
        assert asked.updates_done == plain.updates_done > 0
        np.testing.assert_array_equal(asked.attention_map(), plain.attention_map())


def test_a_refused_box_leaves_a_running_update_alone(frames: Frames, few: dict[str, Any]) -> None:
    config = make_config(**{**few, "update_mode": "background"})
    with Tracker(config) as tracker:
        tracker.init(*frames[0])
        for image, _ in frames[1:3]:
            tracker.track(image)
        assert tracker.updating
        with pytest.raises(InvalidBoxError):
            tracker.init(frames[0][0], (1000, 2, 30, 40))
        assert tracker._learner._tuner._running is not None
        tracker._learner._tuner._running.result(60)
        tracker.track(frames[3][0])
        assert tracker.updates_done == 1


def laid_out_anew(image: NDArray[np.uint8], way: str) -> NDArray[np.uint8]:
    """The same pixels, laid out in memory as some host may have them."""
    if way == "read-only":
        return np.frombuffer(image.tobytes(), np.uint8).reshape(image.shape)
    if way == "reversed channels":
        return np.ascontiguousarray(image[..., ::-1])[..., ::-1]
    if way == "upside down":
        return np.ascontiguousarray(image[::-1])[::-1]
    if way == "planar":
        return np.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0)
    if way == "masked":
        return np.ma.masked_array(image, image > 200)
    return np.pad(image, ((1, 2), (3, 1), (0, 1)))[1:-2, 3:-1, :3]


@pytest.mark.parametrize("features", ["shared", "crops"])
def test_the_layout_of_an_image_does_not_matter(
    frames: Frames, few: dict[str, Any], features: str
) -> None:
    config = make_config(**{**few, "features": features, "attention_weight": 0})
    frames = frames[: 4 if features == "shared" else 2]
    with Tracker(config) as tracker, warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = run(tracker, frames)
        ways = ("planar", "masked", "read-only", "reversed channels", "upside down", "window")
        for way in ways if features == "shared" else ways[:2]:
            laid_out = [(laid_out_anew(image, way), box) for image, box in frames]
            np.testing.assert_array_equal(run(tracker, laid_out), expected, err_msg=way)


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="device cuda:99 is not there"):
        Tracker(make_config(device="cuda:99"))
