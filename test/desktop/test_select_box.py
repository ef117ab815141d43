# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Picking a live target in a window: the box goes out with the stamp of the frame it is on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from panel_bench import until
from pretend_tracker import PretendTracker
from pretend_window import PretendWindow
from ros_domains import in_own_domain

from rlt_ros.demo.panel import VideoCamera
from rlt_ros.desktop.select_box import main
from rlt_ros.media.windows import ENTER, ESCAPE, SPACE
from rlt_ros.messages.detections import box_of

TOPIC = "/pretend/image_raw"
NUMBERED = [np.full((48, 64, 3), 10 * number, np.uint8) for number in range(20)]


@pytest.fixture(scope="module", autouse=True)
def _domain() -> Iterator[None]:
    with in_own_domain():
        yield


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> PretendWindow:
    return PretendWindow(monkeypatch)


def test_a_box_goes_out_with_its_frames_stamp(screen: PretendWindow) -> None:
    def draw() -> None:
        if len(screen.shown) == 5:
            screen.drag((80, 96), (240, 224))  # the picture is shown eight times as large
        if len(screen.shown) == 40:  # the picture stays while others come
            screen.keys = [ENTER[1]]

    screen.before_key = draw
    with VideoCamera(NUMBERED, 30.0, TOPIC), PretendTracker("pretend", TOPIC) as tracker:
        assert main([]) == 0
        until(lambda: tracker.boxes)
    (box,) = tracker.boxes
    assert box_of(box) == (10.0, 12.0, 20.0, 16.0)
    assert box.header.stamp.sec > 0
    frames = {int(image[0, 0, 0]) for image in screen.shown[5:]}
    assert len(frames) == 1


def test_escape_forgets_the_box_and_then_leaves(screen: PretendWindow) -> None:
    screen.keys = [SPACE, SPACE, -1, ESCAPE]
    with VideoCamera(NUMBERED, 30.0, TOPIC), PretendTracker("pretend", TOPIC) as tracker:
        assert main(["--tracker", "/pretend"]) == 1
    assert tracker.boxes == []


def test_a_tracker_that_is_not_there_is_named(
    screen: PretendWindow, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlt_ros.desktop.select_box.FIND_SECONDS", 0.1)
    assert main(["--tracker", "/nobody"]) == 2
    assert "there is no tracker /nobody: does it run" in capsys.readouterr().err


def test_without_a_display_it_says_what_to_do_instead(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 2
    assert "use the panel in a browser (rlt-panel)" in capsys.readouterr().err
