# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often the costly things are done; what time that takes is for rlt-bench speed."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.features import shared_features
from rlt_ros.tracking.features.backbones import EfficientNetLite0
from rlt_ros.tracking.features.openvino.inference import OpenVinoBackbone
from rlt_ros.tracking.features.openvino.sample_network import OpenVinoImageFeatures
from rlt_ros.tracking.features.search_region import region_patch
from rlt_ros.tracking.finding.detection import Detector
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.trainer import Trainer

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts calls from now on; clear it where counting begins."""
    counts: Counter[str] = Counter()

    def count(owner: Any, name: str, what: str) -> None:
        function: Callable[..., Any] = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            counts[what] += 1
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, counted)

    count(EfficientNetLite0, "forward", "backbone")
    count(OpenVinoBackbone, "__call__", "backbone")
    count(OpenVinoImageFeatures, "__call__", "backbone")
    count(shared_features, "region_patch", "region")
    count(Classifier, "forward", "classifier")
    count(Trainer, "train", "training")
    count(Detector, "_refined", "refined")
    return counts


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        # Once for all candidates.
        ("tracking", {"backbone": 1, "region": 1, "classifier": 1}),
        # Besides: grid and a closer look, in the search region and in one more part of the frame.
        ("lost", {"backbone": 2, "region": 2, "classifier": 5}),
    ],
)
def test_a_frame_costs_few_passes(
    frames: Frames,
    gone: NDArray[np.uint8],
    thorough: dict[str, Any],
    calls: Counter[str],
    state: str,
    counts: dict[str, int],
) -> None:
    settings = {**thorough, "update_interval": 1000, "failure_interval": 1000}
    settings["doubt_probability"] = 0
    with Tracker(make_config(**settings)) as tracker:
        tracker.init(*frames[0])
        if state == "lost":
            for image, _ in frames[1:4]:
                tracker.track(image)
            for _ in range(3):  # starts an update; from then on the rest of the frame is scanned
                tracker.track(gone)
        for image, _ in frames[1:5]:
            calls.clear()
            assert tracker.track(gone if state == "lost" else image).state.value == state
            # Once more for the steps of box regression, of what the classifier took for the target:
            # the target, or while lost at most one find, not verified, of each search.
            refined = calls.pop("refined", 0)
            assert refined == 1 if state == "tracking" else refined <= 3
            assert calls == {**counts, "classifier": counts["classifier"] + refined}


def test_the_first_frame_is_seen_once_and_once_per_copy(
    frames: Frames, quick: dict[str, Any], calls: Counter[str]
) -> None:
    for swaps, turns, passes in ((0, 0, 1), (2, 0, 4), (0, 1, 2), (2, 4, 11)):
        settings = {**quick, "background_swaps": swaps, "turned_looks": turns}
        with Tracker(make_config(**settings)) as tracker:
            calls.clear()
            tracker.init(*frames[0])
            # Copies are seen between the frame and the frame again; turned looks upright and
            # mirrored, of which one is the frame itself.
            assert calls["backbone"] == calls["region"] == passes


@pytest.mark.parametrize(("interval", "minings"), [(5, 3), (1, 15), (20, 1)])
def test_an_update_mines_as_often_as_it_must(
    frames: Frames,
    quick: dict[str, Any],
    calls: Counter[str],
    interval: int,
    minings: int,
) -> None:
    settings = {"update_iterations": 15, "mining_interval": interval, "mining_pool": 1024}
    settings |= {"update_interval": 2, "initial_iterations": 50, "hidden_units": 128}
    with Tracker(make_config(**{**quick, **settings})) as tracker:
        tracker.init(*frames[0])
        calls.clear()
        tracker.track(frames[1][0])
        assert calls["training"] == 0
        calls.clear()
        tracker.track(frames[2][0])
        # Besides the candidates' one pass, only mining goes through the classifier's forward.
        assert calls == {
            "backbone": 1, "region": 1, "classifier": 2 + minings, "refined": 1, "training": 1,
        }  # fmt: skip


def test_attention_without_weight_costs_nothing(
    frames: Frames, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("lambda 0 needs no attention")

    monkeypatch.setattr("rlt_ros.tracking.learning.loss.feature_gradients", never)
    with Tracker(make_config(**{**quick, "attention_weight": 0.0})) as tracker:
        tracker.init(*frames[0])
        tracker.track(frames[1][0])


def test_the_paper_preset_scores_once_per_frame(
    frames: Frames, quick: dict[str, Any], calls: Counter[str]
) -> None:
    few = {
        "initial_negatives": 48, "initial_positives": 32, "regression_samples": 16,
        "candidates": 32, "frame_positives": 16, "frame_negatives": 32, "initial_iterations": 20,
        "attention_at": "features", "background_swaps": 0,
    }  # fmt: skip
    with Tracker(make_config("paper", **{**quick, **few})) as tracker:
        tracker.init(*frames[0])
        calls.clear()
        tracker.track(frames[1][0])
        assert calls["classifier"] == 1
        assert calls["region"] == 0
        # 16 samples a pass: candidates, then positives and negatives to learn from, if found.
        assert 2 <= calls["backbone"] <= 2 + 1 + 2


def test_what_lies_outside_the_search_region_is_not_read() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (300, 400, 3), dtype=np.uint8)
    region = np.array([100.4, 50.7, 120.0, 120.0])
    other = np.full_like(image, 255)
    other[50:171, 100:221] = image[50:171, 100:221]
    for size in (288, 64):
        np.testing.assert_array_equal(
            region_patch(image, region, size, 127), region_patch(other, region, size, 127)
        )


def test_memory_for_a_region_does_not_grow_with_the_frame() -> None:
    image = np.zeros((3000, 4000, 3), np.uint8)
    tracemalloc.start()
    try:
        region_patch(image, np.array([1000.0, 900.0, 200.0, 200.0]), 288, 127)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < image.nbytes / 20
