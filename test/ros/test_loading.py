# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The making of trackers, and who waits for the first."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from worker_bench import TIMEOUT

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.ros.inputs.cv_bridge_check import CvBridgeCheck
from rlt_ros.ros.loading import Loading, tracker_maker
from rlt_ros.tracking import TrackerStoppedError, WeightsError, make_config


@pytest.fixture
def may_end() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def begun(make: Callable[[], Any]) -> Loading:
    """Return the making of a tracker in a thread."""
    loading = Loading(make, awaited=True)

    def run() -> None:
        with contextlib.suppress(WeightsError):
            loading()

    threading.Thread(target=run, daemon=True).start()
    return loading


def test_the_first_tracker_is_waited_for(may_end: threading.Event) -> None:
    loading = begun(lambda: may_end.wait(TIMEOUT))
    asked: list[bool] = []

    def goes_on() -> bool:
        asked.append(may_end.is_set())
        if len(asked) == 2:
            may_end.set()
        return True

    loading.wait(goes_on)
    assert asked[:2] == [False, False], "asked while it waits"


def test_nobody_waits_once_ros_has_ended(may_end: threading.Event) -> None:
    loading = begun(lambda: may_end.wait(TIMEOUT))
    with pytest.raises(TrackerStoppedError, match="stopped while it loaded the tracker"):
        loading.wait(lambda: False)


def test_who_waits_is_told_the_error() -> None:
    def fail() -> None:
        raise WeightsError("weights.pth is missing")

    with pytest.raises(WeightsError, match=r"weights\.pth is missing"):
        begun(fail).wait(lambda: True)


def test_networks_are_loaded_and_cv_bridge_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    config = make_config()
    loaded: list[object] = []
    prepared: list[object] = []

    class Prepared:
        def __init__(self, networks: object) -> None:
            self.networks = networks

        def prepare_attention_map(self) -> None:
            prepared.append(self.networks)

    def load(config: object) -> str:
        loaded.append(config)
        return "networks"

    place = "rlt_ros.ros.loading."
    monkeypatch.setattr(place + "Networks", load)
    monkeypatch.setattr(place + "Tracker", Prepared)
    checked = CvBridgeCheck(frozenset(), "cv_bridge crashes")
    monkeypatch.setattr(place + "check_cv_bridge", lambda: checked)
    warnings: list[str] = []
    make = tracker_maker(config, warnings.append)
    assert make() is not make()
    assert (loaded, prepared, warnings) == ([config], ["networks"] * 2, ["cv_bridge crashes"])
