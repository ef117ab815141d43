# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When something is said about what comes in, and when it no longer holds. The clock is made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.ros.watching.input_watch import InputWatch
from rlt_ros.ros.worker.tracking_worker import State


class Bench:
    """A watch over made counts, looked after once a second."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.warnings: list[tuple[float, str]] = []
        self.infos: list[tuple[float, str]] = []
        self.wrong: list[str] = []
        self.state = State.IDLE
        self.images = SimpleNamespace(topic="/image_raw", received=0, lost=0, last_received=0.0)
        module = "rlt_ros.ros.watching.input_watch."
        monkeypatch.setattr(module + "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(module + "why_no_image", lambda node, images: "WHY")
        monkeypatch.setattr(module + "remedy_for_loss", lambda images: "REMEDY")
        monkeypatch.setattr(module + "misconnections", self._misconnections)
        logger = SimpleNamespace(
            info=lambda text: self.infos.append((self.now, text)),
            warning=lambda text: self.warnings.append((self.now, text)),
        )
        node: Any = SimpleNamespace(get_logger=lambda: logger)
        images: Any = self.images
        self.watch = InputWatch(node, images, "/init_box")

    def _misconnections(self, node: Any, boxes_topic: str, *, idle: bool) -> list[str]:
        assert (boxes_topic, idle) == ("/init_box", self.state == State.IDLE)
        return self.wrong

    def seconds(self, number: int, *, received: int = 0, lost: int = 0) -> None:
        """Let seconds pass in each of which so many images arrive and are lost."""
        for _ in range(number):
            self.now += 1
            self.images.received += received
            self.images.lost += lost
            if received:
                self.images.last_received = self.now
            self.watch.look(self.state)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


NEVER = "no image on /image_raw yet: WHY"
NO_LONGER = "no image on /image_raw for 5 s: WHY"


def test_without_box_and_images_it_is_told_once(bench: Bench) -> None:
    assert bench.watch.notice == ""
    bench.seconds(4)
    assert bench.watch.notice == ""
    bench.seconds(100)
    assert bench.watch.notice == NEVER
    assert bench.infos == [(5.0, NEVER)]
    assert bench.warnings == []


def test_a_box_that_waits_is_told_after_5_s_and_every_30(bench: Bench) -> None:
    bench.seconds(20)
    bench.state = State.INITIALIZING
    bench.seconds(70)
    assert bench.warnings == [(26.0, NEVER), (56.0, NEVER), (86.0, NEVER)]
    bench.images.received += 1  # at once, not only at the next look
    assert bench.watch.notice == ""


def test_a_target_whose_images_end_is_told_once(bench: Bench) -> None:
    bench.state = State.TRACKING
    bench.seconds(10, received=30)
    assert bench.watch.notice == ""
    bench.seconds(100)
    assert bench.watch.notice == NO_LONGER
    assert bench.warnings == [(15.0, NO_LONGER)]
    bench.seconds(1, received=30)
    assert bench.watch.notice == ""
    bench.seconds(5)
    assert bench.warnings[1:] == [(116.0, NO_LONGER)]


def test_once_the_target_is_gone_nobody_waits_for_images(bench: Bench) -> None:
    bench.state = State.TRACKING
    bench.seconds(10, received=30)
    bench.state = State.IDLE
    bench.seconds(20)
    assert bench.warnings == []
    bench.state = State.INITIALIZING
    bench.seconds(10)
    assert bench.warnings == [(36.0, NO_LONGER)]


def test_who_wants_nothing_is_not_told_that_images_have_ended(bench: Bench) -> None:
    bench.seconds(10, received=30)
    bench.seconds(100)
    assert bench.infos == bench.warnings == []


def test_lost_images_are_told_every_30_s(bench: Bench) -> None:
    bench.state = State.TRACKING
    bench.seconds(10, received=30)
    bench.seconds(40, received=10, lost=20)
    assert bench.watch.notice == (
        "200 of 300 images on /image_raw were lost on the way in the last 10 s: REMEDY"
    )
    assert [at for at, _ in bench.warnings] == [13.0, 43.0]
    assert "60 of 300" in bench.warnings[0][1]  # the first share of a fifth
    bench.seconds(11, received=30)
    assert bench.watch.notice == ""


def test_images_that_are_all_lost_are_lost_and_not_missing(bench: Bench) -> None:
    bench.state = State.INITIALIZING
    bench.seconds(20, lost=30)
    assert bench.watch.notice.startswith("300 of 300 images on /image_raw were lost")
    assert [at for at, _ in bench.warnings] == [1.0]


@pytest.mark.parametrize("received, told", [(20, True), (21, False)])
def test_five_images_and_a_fifth_of_those_sent_are_worth_a_word(
    bench: Bench, received: int, told: bool
) -> None:
    bench.state = State.TRACKING
    bench.seconds(1, received=received, lost=5)
    assert bench.watch.notice.startswith("5 of 25 images") is told
    assert bool(bench.warnings) is told


def test_images_that_turn_out_lost_are_not_missing_any_more(bench: Bench) -> None:
    bench.state = State.INITIALIZING
    bench.seconds(10)
    assert bench.watch.notice == NEVER
    bench.seconds(1, lost=30)
    assert bench.watch.notice == (
        "30 of 30 images on /image_raw were lost on the way in the last 10 s: REMEDY"
    )


def test_a_small_share_is_not_worth_a_word(bench: Bench) -> None:
    bench.state = State.TRACKING
    bench.seconds(30, received=30, lost=7)
    assert bench.watch.notice == ""
    assert bench.warnings == []


def test_a_few_lost_images_are_not_worth_a_word(bench: Bench) -> None:
    bench.state = State.TRACKING
    bench.seconds(4, received=1, lost=1)
    bench.seconds(10, received=1)
    assert bench.watch.notice == ""
    assert bench.warnings == []


def test_a_misconnection_has_to_last(bench: Bench) -> None:
    bench.wrong = ["WRONG"]
    bench.seconds(3, received=30)
    bench.wrong = []
    bench.seconds(10, received=30)
    assert bench.warnings == []
    bench.wrong = ["WRONG"]
    bench.seconds(60, received=30)
    assert bench.watch.notice == "WRONG"
    assert bench.warnings == [(19.0, "WRONG")]
    bench.wrong = []
    bench.seconds(1, received=30)
    assert bench.watch.notice == ""
    bench.wrong = ["WRONG"]
    bench.seconds(10, received=30)
    assert bench.warnings[1:] == [(80.0, "WRONG")]
