# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Init boxes that come faster than they can be learned."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from worker_bench import BOX, TIMEOUT, Bench, Log

from rlt_ros.ros.worker.tracking_worker import State
from rlt_ros.tracking import TrackState

MakeBench = Callable[..., Bench]
ELSEWHERE = (20.0, 20.0, 8.0, 8.0)
LEARNING = 0.3
PERIOD = 1 / 30


class Learner:
    """Lets learning take as long as the test wants, and counts it."""

    def __init__(self, bench: Bench) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.count = 0
        bench.tracker.in_init = self

    def __call__(self, image: np.ndarray) -> None:
        self.count += 1
        self.begun.release()
        assert self.go_on.acquire(timeout=TIMEOUT)


def test_while_a_box_is_learned_the_same_place_is_left_out(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench()
    learner = Learner(bench)
    bench.worker.submit_init(BOX)
    bench.send(1)
    assert learner.begun.acquire(timeout=TIMEOUT)
    for stamp in range(2, 32):
        bench.worker.submit_init(BOX, stamp - 1)
        bench.send(stamp)
    status = bench.worker.status()
    assert status.state == State.INITIALIZING
    assert "init boxes come faster than they can be learned: send one" in status.message
    assert "30 left out" in status.message
    learner.go_on.release()
    bench.heard.wait(bench.settled)
    assert learner.count == 1
    assert bench.targets() == [[1, 31]]
    assert caplog.text.count("faster than they can be learned") == 1

    # One that comes alone starts anew, though it names the same place.
    learner.go_on.release()
    bench.worker.submit_init(BOX)
    bench.heard.wait(lambda: bench.worker.status().message == "")
    bench.send(32)
    bench.heard.wait(lambda: len(bench.targets()) == 2)


def test_while_a_box_is_learned_the_newest_of_another_place_waits(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench()
    learner = Learner(bench)
    bench.worker.submit_init(BOX)
    bench.send(1)
    assert learner.begun.acquire(timeout=TIMEOUT)
    x, y, w, h = ELSEWHERE
    for stamp in range(2, 12):
        bench.send(stamp)
        bench.worker.submit_init((x - stamp, y, w, h), stamp)
        bench.worker.submit_init(BOX, stamp)  # the one that is being learned
    assert "(19 left out so far)" in bench.worker.status().message
    learner.go_on.release(2)
    bench.heard.wait(lambda: len(bench.targets()) == 2 and bench.settled())
    assert learner.count == 2
    assert bench.targets()[1][0] == 11
    assert bench.tracker.box[0] == x - 11
    assert len(caplog.messages) == 1 and "faster than they can be learned" in caplog.text


def test_boxes_while_loading_are_no_stream(make_bench: MakeBench) -> None:
    """However many come, the newest is learned at once."""
    bench = make_bench(loaded=False)
    for stamp in range(1, 10):
        bench.send(stamp)
        bench.worker.submit_init(BOX, stamp)
    bench.loaded.set()
    bench.heard.wait(bench.settled)
    assert bench.targets() == [[9]]
    assert bench.worker.status().message == ""


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize(
    ("places", "state"),
    [
        ([BOX], TrackState.TRACKING),
        ([BOX, ELSEWHERE], TrackState.TRACKING),
        ([BOX], TrackState.LOST),
    ],
)
def test_most_frames_are_tracked_beside_a_stream_of_boxes(
    make_bench: MakeBench,
    monkeypatch: pytest.MonkeyPatch,
    stamped: bool,
    places: list[tuple[float, float, float, float]],
    state: TrackState,
) -> None:
    """Three seconds of a clock of the test's own, which goes on where a frame comes."""
    now, stamp, frames = 1000.0, 0, 90
    clock = SimpleNamespace(monotonic=lambda: now, perf_counter=lambda: now)
    for module in ("tracking_worker", "learning", "books"):
        monkeypatch.setattr(f"rlt_ros.ros.worker.{module}.time", clock)
    bench = make_bench()
    bench.tracker.state = state
    learned = []

    def one_more() -> None:
        nonlocal now, stamp
        stamp += 1
        now += PERIOD
        bench.send(stamp)
        bench.worker.submit_init(places[stamp % len(places)], stamp if stamped else 0)

    def learn(image: np.ndarray) -> None:
        learned.append(stamp)
        for _ in range(round(LEARNING / PERIOD)):
            one_more()

    bench.tracker.in_init = learn
    while stamp < frames:
        one_more()
        bench.wait_until_idle()
    status = bench.worker.status()
    assert status.frames_tracked > 0.6 * stamp
    assert 1 <= len(learned) <= (3 if places == [BOX] and state is TrackState.TRACKING else 5)


def test_a_target_that_is_lost_is_learned_anew_from_a_stream(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.tracker.in_init = lambda image: time.sleep(LEARNING)
    bench.follow(1)
    bench.tracker.state = TrackState.LOST
    stamp = 1

    def one_more() -> bool:
        nonlocal stamp
        stamp += 1
        bench.send(stamp)
        bench.worker.submit_init(BOX, stamp)
        return len(bench.targets()) > 2

    bench.heard.wait(one_more)


def test_a_target_of_another_image_size_is_learned_anew_from_a_stream(
    make_bench: MakeBench,
) -> None:
    """It cannot be followed any more, though the boxes name the place where it was seen last."""
    bench = make_bench()
    bench.tracker.in_init = lambda image: time.sleep(LEARNING)
    stamp, size = 0, 32

    def tracked(targets: int) -> bool:
        nonlocal stamp
        stamp += 1
        bench.send(stamp, size=size)
        bench.worker.submit_init(BOX, stamp)
        return len(bench.targets()) >= targets and len(bench.targets()[-1]) > 2

    bench.heard.wait(lambda: tracked(1))
    size, before = 16, len(bench.targets())
    bench.heard.wait(lambda: tracked(before + 1))


def test_with_all_frames_kept_every_box_is_learned(make_bench: MakeBench, caplog: Log) -> None:
    bench = make_bench(keep_all=True)
    learner = Learner(bench)
    for stamp in range(1, 12):
        bench.send(stamp)
        bench.worker.submit_init(BOX, stamp)
    assert learner.begun.acquire(timeout=TIMEOUT)
    assert "10 init boxes wait: init boxes come faster" in bench.worker.status().message
    learner.go_on.release(11)
    bench.heard.wait(bench.settled)
    assert [target[0] for target in bench.targets()] == list(range(1, 12))
    assert bench.worker.status().message == ""
    assert caplog.messages[0].startswith("init boxes come faster than they can be learned")


def test_with_all_frames_kept_more_than_three_boxes_that_wait_are_too_many(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(keep_all=True)
    learner = Learner(bench)
    bench.worker.submit_init(BOX)
    bench.send(1)
    assert learner.begun.acquire(timeout=TIMEOUT)
    for _ in range(3):
        bench.worker.submit_init(BOX)
    assert (bench.worker.status().message, caplog.messages) == ("", [])
    bench.worker.submit_init(BOX)
    assert "4 init boxes wait: init boxes come faster" in bench.worker.status().message
    assert len(caplog.messages) == 1
    learner.go_on.release()


def test_with_all_frames_kept_a_box_of_the_same_place_is_learned_too(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(keep_all=True)
    learner = Learner(bench)
    bench.worker.submit_init(BOX)
    bench.send(1)
    assert learner.begun.acquire(timeout=TIMEOUT)
    bench.worker.submit_init(BOX)
    bench.send(2)
    learner.go_on.release(2)
    bench.heard.wait(bench.settled)
    assert bench.targets() == [[1], [2]]


def test_with_all_frames_kept_no_box_is_held_back(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    bench.tracker.in_init = lambda image: time.sleep(LEARNING)
    bench.follow(1)
    bench.worker.submit_init(BOX)
    bench.heard.wait(bench.settled)
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert bench.targets() == [[1], [2]]


def test_boxes_whose_frames_have_not_come_are_not_too_fast(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(1)
    for stamp in range(10, 20):
        bench.worker.submit_init(BOX, stamp)
    assert "waits for the frame stamped 0.000000019" in bench.worker.status().message
    assert caplog.messages == []


def test_a_box_is_told_at_once(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True, loaded=False)
    bench.send(1)
    bench.worker.submit_init(BOX)
    assert [status.state for status in bench.heard.statuses] == [State.INITIALIZING]
    bench.worker.submit_init(BOX, -1)
    assert ["refused" in message for message in bench.heard.messages()] == [False, True]


def test_refused_boxes_are_logged_once_in_a_while(make_bench: MakeBench, caplog: Log) -> None:
    bench = make_bench()
    bench.follow(1)
    for stamp in range(2, 202):
        bench.send(stamp)
        bench.worker.submit_init((100.0 + stamp, 0.0, 0.5, 5.0), stamp)
        bench.worker.submit_init(BOX, 10**9 + stamp)
        bench.worker.submit_init(BOX, -stamp)
    bench.heard.wait(bench.settled)
    assert caplog.text.count("init box refused") <= 3
    bench.worker.close()
    assert "more like it in" in caplog.text
