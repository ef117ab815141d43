# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What tracking computes with, whatever its caller has switched in PyTorch."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from rlt_ros.tracking import make_config
from rlt_ros.tracking.compute import resources as module
from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.resources import Resources

CPU = torch.device("cpu")
PLAIN = (False, True, False, "cpu")


def modes() -> tuple[bool, bool, bool, str]:
    """Return inference mode, gradients, autocast and the default device here."""
    return (
        torch.is_inference_mode_enabled(),
        torch.is_grad_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.empty(0).device.type,
    )


@pytest.fixture
def three_threads() -> Iterator[None]:
    own = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(own)


def test_no_mode_of_the_caller_is_seen_and_each_comes_back() -> None:
    with plain_pytorch(CPU):
        assert modes() == PLAIN
    with torch.inference_mode():
        with plain_pytorch(CPU):
            assert modes() == PLAIN
        assert modes() == (True, False, False, "cpu")
    with torch.no_grad():
        with plain_pytorch(CPU):
            assert modes() == PLAIN
        assert modes() == (False, False, False, "cpu")
    with torch.autocast("cpu"):
        with plain_pytorch(CPU):
            assert modes() == PLAIN
        assert modes() == (False, True, True, "cpu")
    with torch.device("meta"):
        with plain_pytorch(CPU):
            assert modes() == PLAIN
        assert modes() == (False, True, False, "meta")


def test_modes_come_back_after_an_error() -> None:
    with torch.no_grad(), torch.autocast("cpu"):
        with pytest.raises(ValueError, match="lost"), plain_pytorch(CPU):
            raise ValueError("lost")
        assert modes() == (False, False, True, "cpu")


def test_devices_without_an_autocast_of_their_own_are_welcome() -> None:
    with plain_pytorch(torch.device("meta")):
        assert modes() == PLAIN


def test_autocast_of_a_gpu_is_off_where_the_tracker_computes_on_it() -> None:
    torch.set_autocast_enabled("cuda", True)
    try:
        with plain_pytorch(torch.device("cuda")):
            assert not torch.is_autocast_enabled("cuda")
        assert torch.is_autocast_enabled("cuda")
    finally:
        torch.set_autocast_enabled("cuda", False)


@pytest.mark.parametrize("pays", [True, False])
def test_half_precision_is_for_where_it_pays(monkeypatch: pytest.MonkeyPatch, pays: bool) -> None:
    asked: list[tuple[str, torch.device]] = []

    def chosen(precision: str, device: torch.device) -> bool:
        asked.append((precision, device))
        return pays

    monkeypatch.setattr(module, "bfloat16_chosen", chosen)
    assert Resources(make_config(device="cpu", precision="auto")).bfloat16 is pays
    assert asked == [("auto", CPU)]


@pytest.mark.usefixtures("three_threads")
def test_tracking_has_its_threads_and_plain_pytorch() -> None:
    resources = Resources(make_config(device="cpu", threads=2, precision="float32"))
    assert resources.device == CPU
    assert resources.bfloat16 is False
    with torch.no_grad():
        for updating, threads in ((False, 2), (True, 1)):
            with resources.for_tracking(updating):
                assert torch.get_num_threads() == threads
                assert modes() == PLAIN
            assert torch.get_num_threads() == 3
            assert modes() == (False, False, False, "cpu")


@pytest.mark.usefixtures("three_threads")
def test_while_another_target_is_trained_tracking_leaves_it_a_thread() -> None:
    resources = Resources(make_config(device="cpu", threads=2, precision="float32"))
    trains, may_end = threading.Event(), threading.Event()

    def train() -> None:
        with resources.trainings.one():
            trains.set()
            assert may_end.wait(60.0)

    thread = threading.Thread(target=train)
    thread.start()
    assert trains.wait(60.0)
    with resources.for_tracking(updating=False):
        assert torch.get_num_threads() == 1
    may_end.set()
    thread.join()
    with resources.for_tracking(updating=False):
        assert torch.get_num_threads() == 2
