# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Levels and numbers of the diagnostics, at their thresholds."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from rlt_ros.ros.outputs.diagnostics import (
    ERROR,
    OK,
    STALE,
    WARN,
    Diagnostics,
    Inputs,
    Memory,
    Sample,
)
from rlt_ros.ros.worker.tracking_worker import State, Status

ON_CPU = Memory(300 << 20, None)
QUIET = Inputs("/rlt/image_raw", "raw", "reliable", "")


class Second:
    """What a node sees in each second."""

    def __init__(self) -> None:
        self._diagnostics = Diagnostics("/rlt/tracker", "cuda:0")
        self._time = 100.0
        self._counts = dict.fromkeys(("received", "tracked", "dropped", "lost"), 0)
        self._device: int | None = None

    def pass_by(
        self,
        received: int = 0,
        tracked: int = 0,
        dropped: int = 0,
        lost: int = 0,
        *,
        inputs: Inputs = QUIET,
        memory: Memory = ON_CPU,
        state: State = State.TRACKING,
        latency: float = 0.02,
        message: str = "",
        disabled: bool = False,
    ) -> DiagnosticArray:
        given = {"received": received, "tracked": tracked, "dropped": dropped, "lost": lost}
        for name, count in given.items():
            self._counts[name] += count
        self._time += 1
        status = Status(
            state=state,
            target_id="" if state == State.IDLE else "a",
            latency=latency,
            frames_received=self._counts["received"],
            frames_tracked=self._counts["tracked"],
            frames_dropped=self._counts["dropped"],
            message=message,
            disabled=disabled,
        )
        sample = Sample(self._time, status, self._counts["received"], self._counts["lost"])
        return self._diagnostics.message(sample, inputs, memory, Time(sec=int(self._time)))

    def run(self, seconds: int, *counts: int, **state: object) -> DiagnosticArray:
        for _ in range(seconds):
            array = self.pass_by(*counts, **state)  # type: ignore[arg-type]
        return array


def parts(array: DiagnosticArray) -> tuple[DiagnosticStatus, DiagnosticStatus]:
    images, tracker = array.status
    assert images.name == "rlt/tracker: images"
    assert tracker.name == "rlt/tracker: tracker"
    assert images.hardware_id == tracker.hardware_id == "cuda:0"
    return images, tracker


def value(part: DiagnosticStatus, key: str) -> str:
    (found,) = [each.value for each in part.values if each.key == key]
    return str(found)


def test_a_healthy_node_is_ok_and_tells_its_rates() -> None:
    seconds = Second()
    images, tracker = parts(seconds.run(8, 30, 27, 3, memory=Memory(300 << 20, 512 << 20)))
    assert (images.level, images.message) == (OK, "images come")
    assert (tracker.level, tracker.message) == (OK, "tracking")
    assert (value(tracker, "state"), value(tracker, "disabled")) == ("TRACKING", "false")
    assert value(images, "rate [Hz]") == "30.0"
    assert value(tracker, "rate [Hz]") == "27.0"
    assert value(tracker, "latency [s]") == "0.020"
    assert value(tracker, "memory [MiB]") == "300"
    assert value(tracker, "device memory [MiB]") == "512"
    assert (value(tracker, "frames received"), value(tracker, "frames dropped")) == ("240", "24")


def test_images_are_stale_after_a_window_without_any() -> None:
    seconds = Second()
    images, _ = parts(seconds.pass_by(state=State.IDLE))
    assert (images.level, images.message) == (OK, "waiting for images")
    images, tracker = parts(seconds.run(6, state=State.IDLE))
    assert (images.level, images.message) == (STALE, "no image for 5 s")
    assert (tracker.level, tracker.message) == (OK, "idle")
    told = QUIET._replace(notice="no image on /rlt/image_raw yet: it has no publisher")
    assert parts(seconds.pass_by(inputs=told))[0].message == told.notice
    assert parts(seconds.pass_by(1, 1))[0].level == OK


def test_a_disabled_tracker_is_told_from_an_idle_one() -> None:
    told = "init box refused: x"  # the message may be about something else
    _, tracker = parts(Second().run(8, 30, state=State.IDLE, message=told, disabled=True))
    assert (tracker.level, tracker.message) == (WARN, told)
    assert (value(tracker, "state"), value(tracker, "disabled")) == ("IDLE", "true")


def test_what_is_wrong_around_it_is_a_warning() -> None:
    told = QUIET._replace(notice="40 of 100 images were lost on the way")
    images, _ = parts(Second().run(3, 12, 12, 0, 8, inputs=told))
    assert (images.level, images.message) == (WARN, told.notice)
    assert value(images, "lost on the way in the window") == "16"


@pytest.mark.parametrize(
    ("counts", "state", "level", "said"),
    [
        ((30, 15, 15), {}, OK, "tracking"),
        ((30, 14, 16), {}, WARN, "80 of 150 frames dropped in 5 s"),
        ((30, 30), {"latency": 0.25}, OK, "tracking"),
        ((30, 30), {"latency": 0.26}, WARN, "results come 0.26 s after their images"),
        ((30, 30), {"state": State.LOST}, WARN, "the target is lost"),
        ((30, 30), {"state": State.UNCERTAIN}, OK, "uncertain"),
        ((30, 30), {"message": "an update failed"}, WARN, "an update failed"),
        ((30, 20, 10), {"message": "an update failed"}, WARN, "an update failed"),
        ((30, 0, 30), {"message": "size"}, ERROR, "no frame is tracked: size"),
        ((30, 0, 30), {"state": State.IDLE, "message": "size"}, WARN, "80 of"),
    ],
)
def test_levels_of_the_tracker(
    counts: tuple[int, ...], state: dict[str, object], level: bytes, said: str
) -> None:
    _, tracker = parts(Second().run(8, *counts, **state))
    if said != "80 of":
        assert tracker.message == said
    assert tracker.level == level
