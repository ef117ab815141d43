# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is queued in which stream, and who waits for whom; on a GPU also that it works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, make_config
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.compute.cuda_streams import CudaStreams

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]


class WrittenStream:
    """Writes down what is asked of it."""

    def __init__(self, log: list[str], name: str) -> None:
        self.log, self.name = log, name

    def wait_stream(self, other: WrittenStream) -> None:
        self.log.append(f"{self.name} waits for {other.name}")

    def record_event(self) -> str:
        self.log.append(f"{self.name} marked")
        return f"the mark in {self.name}"

    def wait_event(self, event: str) -> None:
        self.log.append(f"{self.name} waits for {event}")

    def synchronize(self) -> None:
        self.log.append(f"host waits for {self.name}")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens to streams of a pretended torch.cuda."""
    result: list[str] = []
    current = [WrittenStream(result, "default")]

    def stream(device: torch.device, priority: int) -> WrittenStream:
        assert device.type == "cuda"
        return WrittenStream(result, {-1: "high", 0: "low"}[priority])

    @contextmanager
    def chosen(one: WrittenStream) -> Iterator[None]:
        current.append(one)
        result.append(f"into {one.name}")
        yield
        result.append(f"out of {current.pop().name}")

    monkeypatch.setattr(torch.cuda, "Stream", stream)
    monkeypatch.setattr(torch.cuda, "stream", chosen)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: current[-1])
    return result


def test_tracking_goes_on_where_the_caller_was(log: list[str]) -> None:
    streams = CudaStreams(torch.device("cuda"))
    with streams.for_tracking():
        log.append("a frame")
    assert log == ["high waits for default", "into high", "a frame", "out of high"]


def test_fine_tuning_waits_for_its_samples_and_is_done_when_it_says_so(log: list[str]) -> None:
    streams = CudaStreams(torch.device("cuda:0"))
    job = streams.beside_tracking(lambda: log.append("an update"))
    log.append("a frame")
    job()
    assert log == [
        "high marked",
        "a frame",  # which the update does not wait for
        "low waits for the mark in high",
        "into low",
        "an update",
        "out of low",
        "host waits for low",
    ]


def test_a_failed_update_is_done_with_the_device_too(log: list[str]) -> None:
    def fails() -> None:
        raise ValueError("no update")

    with pytest.raises(ValueError, match="no update"):
        CudaStreams(torch.device("cuda")).beside_tracking(fails)()
    assert log[-1] == "host waits for low"


def test_a_cpu_has_no_streams(log: list[str]) -> None:
    streams = CudaStreams(torch.device("cpu"))
    with streams.for_tracking():
        assert streams.beside_tracking(lambda: 5)() == 5
    assert not log


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("mode", ["lockstep", "background"])
def test_a_gpu_tracks_with_updates_beside(frames: Frames, quick: dict[str, Any], mode: str) -> None:
    settings = {**quick, "device": "cuda", "update_mode": mode, "update_interval": 2}
    with Tracker(make_config(**settings)) as tracker:
        tracker.init(*frames[0])
        for image, box in frames[1:]:
            assert iou(tracker.track(image).box, box) > 0.4
        assert tracker.updates_done >= 1
        assert tracker.attention_map().any()
