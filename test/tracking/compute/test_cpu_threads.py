# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.compute import cpu_threads
from rlt_ros.tracking.compute.cpu_threads import CpuThreads, threads_here
from rlt_ros.tracking.features.shared_features import SharedFeatures
from rlt_ros.tracking.learning.trainer import Trainer

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]


@pytest.fixture(autouse=True)
def four_threads() -> Iterator[None]:
    own = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(own)


def threads(most: int, updating: bool) -> int:
    with CpuThreads(most).for_tracking(updating):
        inside = torch.get_num_threads()
    assert torch.get_num_threads() == 4
    return inside


@pytest.mark.parametrize(
    ("most", "alone", "beside"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (0, 4, 3), (64, 4, 3)]
)
def test_tracking_has_all_threads_but_one_while_an_update_runs(
    most: int, alone: int, beside: int
) -> None:
    budget = CpuThreads(most)
    assert (budget.total, budget.beside_fine_tuning) == (alone, beside)
    assert threads(most, updating=False) == alone
    assert threads(most, updating=True) == beside


def test_pytorchs_own_number_comes_back_after_an_error() -> None:
    with pytest.raises(RuntimeError), CpuThreads(2).for_tracking(updating=False):
        raise RuntimeError
    assert torch.get_num_threads() == 4


def test_what_a_thread_had_of_its_own_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of OpenMP and of MKL, which has a number of its own for each thread, or 0."""
    openmp: list[int] = []
    mkl = [7]

    def set_mkl(count: int) -> int:
        mkl.append(count)
        return mkl[-2]

    monkeypatch.setattr(cpu_threads, "_setters", lambda: (openmp.append, set_mkl))
    with threads_here(2):
        assert (openmp, mkl) == ([2], [7, 2])
    assert (openmp, mkl) == ([2, 4], [7, 2, 7])


@pytest.mark.parametrize("has", [(), ("omp",), ("mkl",), ("omp", "mkl")])
def test_pytorch_may_be_built_without_openmp_or_mkl(
    has: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"omp": "omp_set_num_threads", "mkl": "MKL_Set_Num_Threads_Local"}
    functions = {names[one]: lambda count: 10 + count for one in has}
    library = SimpleNamespace(**functions)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    set_openmp, set_mkl = cpu_threads._setters.__wrapped__()
    if "omp" in has:
        assert set_openmp is functions["omp_set_num_threads"]
    else:
        assert set_openmp is torch.set_num_threads
    # Threads of PyTorch's own pool are not MKL's.
    assert set_mkl(3) == (13 if has == ("omp", "mkl") else 0)


def test_the_tracker_keeps_to_it(
    frames: Frames, few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    observed: list[int] = []
    trained: list[int] = []
    began, end = threading.Event(), threading.Event()
    observe, train = SharedFeatures.observe, Trainer.train

    def watched_observe(self: SharedFeatures, *args: Any) -> None:
        observed.append(torch.get_num_threads())
        observe(self, *args)

    def watched_train(self: Trainer, *args: Any, **kwargs: Any) -> None:
        trained.append(torch.get_num_threads())
        if len(trained) > 1:
            began.set()
            assert end.wait(60)
        train(self, *args, **kwargs)

    monkeypatch.setattr(SharedFeatures, "observe", watched_observe)
    monkeypatch.setattr(Trainer, "train", watched_train)
    settings = few | {"threads": 3, "update_mode": "background", "update_interval": 1}
    with Tracker(make_config("default", **settings)) as tracker:
        tracker.init(*frames[0])
        observed.clear()
        tracker.track(frames[1][0])  # starts an update, which waits
        tracker.track(frames[2][0])
        assert began.wait(60)
        end.set()
    assert observed == [3, 2]
    assert trained == [3, 1]
    assert torch.get_num_threads() == 4
