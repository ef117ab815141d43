# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever comes to the worker, in whatever order: every frame is accounted for, and it lives on.

See ``random_cases`` for runs with more cases.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import random_cases
from worker_bench import BOX, TIMEOUT, Bench, Recorder

from rlt_ros.ros.worker.replies import Answer
from rlt_ros.ros.worker.tracking_worker import State, Status, TrackedFrame
from rlt_ros.tracking import TrackState

SIZES = (32, 32, 32, 32, 16)
BOXES = (BOX, BOX, (20.0, 20.0, 8.0, 8.0), (0.0, 0.0, 0.5, 5.0), (float("nan"),) * 4)
FRAME_IDS = ("", "", "left", "right", "/left")
MOST_EVENTS = 40
STEPS = (1, 1, 1, 1, 1, 0, 2, -1, -5)


@dataclass(frozen=True)
class FrameComes:
    """`step`: from the last stamp, None for no stamp. `size`: of the image, 0: unreadable."""

    step: int | None
    size: int
    frame_id: str


@dataclass(frozen=True)
class BoxComes:
    """`ahead`: of the last frame's stamp, None for no stamp."""

    box: tuple[float, float, float, float]
    ahead: int | None
    frame_id: str


@dataclass(frozen=True)
class TrackerDoes:
    """From now on: `fails` for every image of that size, and the target is `state`."""

    fails: int
    state: TrackState


@dataclass(frozen=True)
class Pause:
    """Until the worker has done all that it can; only for those that wait."""


EVENTS = st.lists(
    st.one_of(
        *[st.builds(FrameComes, st.sampled_from(STEPS), st.sampled_from(SIZES), st.just(""))] * 2,
        st.builds(
            FrameComes,
            st.sampled_from(STEPS) | st.none(),
            st.sampled_from((*SIZES, 0)),
            st.sampled_from(FRAME_IDS),
        ),
        st.builds(BoxComes, st.sampled_from(BOXES), st.none(), st.sampled_from(FRAME_IDS)),
        st.builds(BoxComes, st.sampled_from(BOXES), st.integers(-6, 6), st.sampled_from(FRAME_IDS)),
        st.builds(TrackerDoes, st.sampled_from((0, 0, 16, 32)), st.sampled_from(list(TrackState))),
        st.builds(Pause),
    ),
    max_size=MOST_EVENTS,
)


@pytest.fixture(autouse=True)
def _no_log() -> Iterator[None]:
    """Thousands of cases would fill the memory with what they complain about."""
    log = logging.getLogger("worker")
    log.disabled = True
    yield
    log.disabled = False


class Listener(Recorder):
    """Also keeps which frames were tracked, in the order of their coming."""

    def __init__(self) -> None:
        super().__init__()
        self.tracked: list[tuple[int, str]] = []

    def on_result(self, tracked: TrackedFrame, status: Status) -> None:
        self.tracked.append((tracked.frame.sequence, tracked.target_id))
        super().on_result(tracked, status)


@dataclass
class Outcome:
    """What is told of a run, targets by number."""

    results: list[tuple[int, int]]
    counts: tuple[int, int, int]


class Robot:
    """Sends events to a worker."""

    def __init__(self, **options: Any) -> None:
        self.bench = Bench(**options)
        self.bench.heard = self.bench.worker._reporter.listener = Listener()
        self.stamp = 100
        self.accepted = 0
        self.answers: list[list[Answer]] = []
        self.fails = 0
        self.bench.tracker.in_init = self.count
        self.bench.tracker.in_track = self.maybe_fail

    def maybe_fail(self, image: np.ndarray) -> None:
        if len(image) == self.fails:
            raise MemoryError("no memory left")

    def count(self, image: np.ndarray) -> None:
        self.maybe_fail(image)
        self.accepted += 1

    def send(self, event: FrameComes | BoxComes | TrackerDoes | Pause) -> None:
        worker = self.bench.worker
        if isinstance(event, FrameComes):
            self.stamp += event.step or 0
            image = np.zeros((event.size, event.size, 3), np.uint8) if event.size else None
            stamp = 0 if event.step is None else self.stamp
            worker.submit_frame(image, stamp, event.frame_id, event.size * event.size * 3)
        elif isinstance(event, BoxComes):
            stamp = 0 if event.ahead is None else self.stamp + event.ahead
            self.answers.append([])
            answered = self.answers[-1].append
            worker.submit_init(event.box, stamp, event.frame_id, answered=answered)
        elif isinstance(event, TrackerDoes):
            self.fails = event.fails
            self.bench.tracker.state = event.state

    def settle(self) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not self.bench.settled():
            assert time.monotonic() < deadline, self.bench.worker.status()
            time.sleep(0.0005)

    def end(self) -> Outcome:
        """Show that the worker lives, close it and return what came of it all."""
        self.settle()
        heard = self.bench.heard
        assert isinstance(heard, Listener)
        outcome = self.outcome(heard)
        self.fails = 0
        self.send(BoxComes(BOX, None, ""))
        self.send(FrameComes(1, 32, ""))
        self.settle()
        last = self.bench.worker.status()
        assert last.frames_tracked == outcome.counts[0] + 1, "it follows no new target"
        assert last.target_id == heard.tracked[-1][1]
        assert self.bench.worker.close(TIMEOUT)
        assert self.bench.tracker.closed
        self.check_answers(heard)
        return outcome

    def check_answers(self, heard: Listener) -> None:
        """Every box has one, and an id only if it became a target."""
        assert all(len(answers) == 1 for answers in self.answers)
        accepted = [answer.target_id for (answer,) in self.answers if answer.accepted]
        assert set(accepted) == {target for _, target in heard.tracked}
        assert len(set(accepted)) == len(accepted)
        refused = [answer for (answer,) in self.answers if not answer.accepted]
        assert all(answer.reason and not answer.target_id for answer in refused)

    def outcome(self, heard: Listener) -> Outcome:
        last = self.bench.worker.status()
        assert last.frames_waiting == 0
        assert last.frames_tracked == len({sequence for sequence, _ in heard.tracked})
        targets: dict[str, list[int]] = {}
        for sequence, target in heard.tracked:
            targets.setdefault(target, []).append(sequence)
        assert len(targets) == self.accepted, "an id that no accepted box has brought"
        assert all(found == sorted(set(found)) for found in targets.values())
        if last.state == State.IDLE:
            assert last.target_id == ""
        elif last.state != State.INITIALIZING:
            assert last.target_id == heard.tracked[-1][1]
        statuses = [*heard.statuses, *(status for _, _, status in heard.results)]
        for status in statuses:
            check_status(status)
        numbers = {target: number for number, target in enumerate(targets)}
        return Outcome(
            [(sequence, numbers[target]) for sequence, target in heard.tracked],
            (last.frames_tracked, last.frames_dropped, last.frames_untargeted),
        )


def check_status(status: Status) -> None:
    counts = (
        status.frames_tracked,
        status.frames_dropped,
        status.frames_untargeted,
        status.frames_waiting,
    )
    assert min(counts) >= 0
    assert status.frames_received == sum(counts)
    assert status.message == "" or status.message.isprintable()
    assert (status.target_id == "") <= (status.state in (State.IDLE, State.INITIALIZING))


@random_cases(200)
@given(EVENTS, st.booleans())
def test_properties_of_any_input(events: list[Any], keep_all: bool) -> None:
    robot = Robot(keep_all=keep_all, queue_size=5, buffer_size=4, queue_bytes=9000)
    for event in events:
        robot.send(event)
        check_status(robot.bench.worker.status())
        if isinstance(event, Pause):
            robot.settle()
    robot.end()


@random_cases(100)
@given(EVENTS)
def test_properties_of_recordings_do_not_depend_on_time(events: list[Any]) -> None:
    """With `keep_all`, all comes at once, or each when the one before is dealt with.

    As far as boxes name frames that the buffer holds: one that only waits yet is found as well.
    """
    script = [event for event in events if not isinstance(event, TrackerDoes)]
    outcomes = []
    for busy in (False, True):
        robot = Robot(keep_all=True, loaded=not busy, buffer_size=MOST_EVENTS)
        for event in script:
            robot.send(event)
            if not busy:
                robot.settle()
        robot.bench.loaded.set()
        outcomes.append(robot.end())
    assert outcomes[0] == outcomes[1]


@random_cases(100)
@given(EVENTS, st.integers(0, MOST_EVENTS))
def test_properties_of_closing_at_any_moment(events: list[Any], busy_at: int) -> None:
    """Also where the tracker is in the middle of a frame and others send on."""
    robot = Robot(queue_size=5)

    def stuck(image: np.ndarray) -> None:
        robot.bench.tracker.stopped.wait(2 * TIMEOUT)

    def send_all() -> None:
        for event in events:
            robot.send(event)

    sender = threading.Thread(target=send_all)
    for event in events[:busy_at]:
        robot.send(event)
    robot.bench.tracker.in_init = robot.bench.tracker.in_track = stuck
    sender.start()
    assert robot.bench.worker.close(TIMEOUT)
    sender.join(TIMEOUT)
    assert not sender.is_alive()
    assert all(len(answers) == 1 for answers in robot.answers)
    check_status(robot.bench.worker.status())
