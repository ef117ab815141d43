# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Functions run as they are and as graphs come to the same, and so does a tracker of them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pretended_graphs import PretendedGraphs
from torch import Tensor, nn

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking import tracker as tracker_module
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.compute import resources
from rlt_ros.tracking.compute import runner as runner_module
from rlt_ros.tracking.compute.runner import MOST_GRAPHS, MOST_UPLOADS, Runner
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.training import train
from rlt_ros.tracking.learning.training_settings import TrainingSettings
from rlt_ros.tracking.networks import Networks

CPU = torch.device("cpu")
Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]


def added(one: Tensor, other: Tensor) -> tuple[Tensor, ...]:
    return (one + other,)


@pytest.fixture
def graphs() -> PretendedGraphs:
    return PretendedGraphs(CPU)


@pytest.mark.parametrize("kind", [Runner, PretendedGraphs])
def test_a_function_is_given_what_comes_each_time(kind: type[Runner]) -> None:
    ours = kind(CPU)
    for number in range(5):
        (result,) = ours.run("sum", added, torch.full((3,), 1.0 * number), np.full(3, 10.0))
        assert result.tolist() == [10.0 + number] * 3


def test_it_is_recorded_the_second_time_and_once_for_each_shape(graphs: PretendedGraphs) -> None:
    for count in (3, 4, 3, 4, 3, 4, 5):
        graphs.run("sum", added, torch.zeros(count), torch.ones(count))
    assert len(graphs.recorded) == 2
    graphs.run("sum", added, torch.zeros(3).double(), torch.ones(3))  # another type
    assert len(graphs.recorded) == 2


def test_of_the_same_key_and_shapes_the_results_lie_in_the_same_place(
    graphs: PretendedGraphs,
) -> None:
    results = [graphs.run("sum", added, torch.ones(2), torch.ones(2))[0] for _ in range(4)]
    assert results[2] is results[1] is results[3]
    (kept,) = graphs.own(results[3:])
    graphs.run("sum", added, torch.ones(2), torch.zeros(2))
    assert results[3].tolist() == [1.0, 1.0]
    assert kept.tolist() == [2.0, 2.0]


def test_no_more_are_recorded_than_memory_is_for(graphs: PretendedGraphs) -> None:
    for key in range(MOST_GRAPHS + 5):
        for _ in range(3):
            (result,) = graphs.run(key, added, torch.ones(1), torch.ones(1))
    assert result.item() == 2.0
    assert len(graphs.recorded) == MOST_GRAPHS


def test_what_lasts_is_copied_only_where_it_has_changed(
    graphs: PretendedGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies: list[int] = []
    real = torch._foreach_copy_

    def counted(into: Any, tensors: Any) -> None:
        copies.append(len(tensors))
        real(into, tensors)

    monkeypatch.setattr(torch, "_foreach_copy_", counted)
    given = torch.tensor([1.0, 2.0])
    (mine,) = graphs.lasting("weights", [given])
    assert mine is not given
    assert graphs.lasting("weights", [given])[0] is mine
    assert not copies
    given.add_(1.0)
    assert graphs.lasting("weights", [given])[0].tolist() == [2.0, 3.0]
    assert graphs.lasting("weights", [torch.tensor([5.0, 5.0])])[0].tolist() == [5.0, 5.0]
    assert graphs.lasting("weights", [given])[0] is mine
    assert mine.tolist() == [2.0, 3.0]
    assert copies == [1, 1, 1]
    assert graphs.lasting("weights", [given])[0] is mine
    assert copies == [1, 1, 1]  # as it was just now
    for _ in range(3):  # read where it lies
        (result,) = graphs.run("sum", added, mine, mine)
    mine.zero_()
    assert graphs.run("sum", added, mine, mine)[0].tolist() == [0.0, 0.0]
    assert result.tolist() == [0.0, 0.0]


def test_a_twin_has_the_parameters_of_now(graphs: PretendedGraphs) -> None:
    one, other = nn.Linear(2, 1), nn.Linear(2, 1)
    twin = graphs.twin("scoring", one)
    assert twin is not one
    for module in (one, other, one):
        assert graphs.twin("scoring", module) is twin
        assert torch.equal(twin.weight, module.weight)
    with torch.no_grad():
        one.weight.add_(1.0)
    assert torch.equal(graphs.twin("scoring", one).weight, one.weight)
    assert Runner(CPU).twin("scoring", one) is one


def test_memory_is_kept_for_few_shapes_of_arrays(graphs: PretendedGraphs) -> None:
    """What is sent is right all the same: pictures of a growing target differ in every frame."""
    for side in range(1, 3 * MOST_UPLOADS):
        array = np.full((side, 2), float(side))
        assert torch.equal(graphs.there(array), torch.from_numpy(array))
    assert len(graphs._uploads) == MOST_UPLOADS


def test_what_cannot_be_recorded_runs_as_it_is(
    graphs: PretendedGraphs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> Any:
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graphs, "_captured", refused)
    with caplog.at_level(logging.WARNING, runner_module.__name__):
        for _ in range(4):
            assert graphs.run("sum", added, torch.ones(1), torch.ones(1))[0].item() == 2.0
    assert [one.levelname for one in caplog.records] == ["WARNING"]  # once
    assert "sum cannot run as a CUDA graph" in caplog.text


SETTINGS: dict[str, Any] = {
    "device": "cpu",
    "backbone_runtime": "pytorch",
    "update_mode": "lockstep",
    "update_interval": 2,
    "update_iterations": 3,
    "initial_iterations": 6,
    "mining_interval": 4,
    "initial_negatives": 600,
    "background_swaps": 2,
}


def boxes_by(kind: type[Runner], frames: Frames, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Track with runners of a kind, computing all that a GPU would."""

    class Recording(kind):  # type: ignore[misc, valid-type]
        records = True

    monkeypatch.setattr(resources, "Runner", Recording)
    with Tracker(make_config(**SETTINGS)) as tracker:
        results = [tracker.init(*frames[0])]
        results += [tracker.track(image) for image, _ in frames[1:]]
        assert tracker.updates_done > 2
        ours: Any = tracker._resources.tracking_runner
        return results, ours


def test_a_tracker_of_graphs_tracks_as_without(
    frames: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit: nothing is read where a later run has put something else."""
    plain, _ = boxes_by(Runner, frames, monkeypatch)
    recorded, ours = boxes_by(PretendedGraphs, frames, monkeypatch)
    assert len(ours.recorded) > 8
    for one, other in zip(plain, recorded, strict=True):
        np.testing.assert_array_equal(one.box, other.box)
        assert one.score == other.score
        assert one.state == other.state


def test_a_tracker_rehearses_once_for_all_that_share_its_networks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(tracker_module, "rehearse", lambda one: begun.append(1))
    monkeypatch.setattr(resources, "Runner", PretendedGraphs)
    networks = Networks(make_config(**SETTINGS))
    for _ in range(2):
        Tracker(networks).close()
    assert begun == [1]


@pytest.fixture
def card(rlt_device: str) -> torch.device:
    if rlt_device == "cpu":
        pytest.skip("needs a GPU: RLT_DEVICE=cuda")
    return torch.device(rlt_device)


def test_graphs_of_a_card_compute_anew_each_time(card: torch.device) -> None:
    ours = runner_module.GraphRunner(card)
    with torch.cuda.stream(torch.cuda.Stream(card)):
        for number in range(4):
            (result,) = ours.run(
                "sum", added, torch.full((3,), 1.0 * number, device=card), np.full(3, 10.0)
            )
            assert result.tolist() == [10.0 + number] * 3
    assert [one is not None for one in ours._recorded.values()] == [True]


@pytest.mark.parametrize("update_mode", ["lockstep", "background"])
def test_a_tracker_of_a_cards_graphs_follows(
    card: torch.device, frames: Frames, update_mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {**SETTINGS, "device": str(card), "update_mode": update_mode, "cuda_graphs": True}
    with caplog.at_level(logging.WARNING), Tracker(make_config(**settings)) as tracker:
        tracker.init(*frames[0])
        overlaps = [float(iou(tracker.track(image).box, box)) for image, box in frames[1:]]
        assert len(tracker._resources.tracking_runner._recorded) > 8  # type: ignore[attr-defined]
        assert len(tracker._resources.training_runner._recorded) > 0  # type: ignore[attr-defined]
    assert np.mean(overlaps) > 0.7
    assert "CUDA graph" not in caplog.text


def test_training_as_a_graph_is_training(
    settings: TrainingSettings, make_classifier: Any, rlt_device: str
) -> None:
    """To rounding: the same steps as PyTorch's optimiser takes."""
    device = torch.device(rlt_device)
    generator = torch.Generator().manual_seed(0)
    targets, background = (
        Samples((torch.randn(40, 12, generator=generator) + shift).to(device))
        for shift in (1.0, 0.0)
    )
    changed = []
    for kind in (Runner, PretendedGraphs):
        classifier = make_classifier(12, 16).float().to(device)
        draws = torch.Generator(device).manual_seed(3)
        chosen = replace(settings, gradient_clip=1.0)
        runner = kind(device)
        train(classifier, targets, background, 20, 1e-2, chosen, draws, runner=runner)
        if isinstance(runner, PretendedGraphs):
            assert len(runner.recorded) == 1  # a step
        changed.append([one.detach() for one in classifier.parameters()])
    start = [one.detach() for one in make_classifier(12, 16).float().to(device).parameters()]
    for first, plain, recorded in zip(start, *changed, strict=True):
        assert (plain - first).abs().max() > 1e-3
        torch.testing.assert_close(recorded, plain, rtol=1e-4, atol=1e-5)
