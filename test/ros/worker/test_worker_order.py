# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which frame goes to which target, and that every frame is accounted for, whatever the timing."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable

import numpy as np
import pytest
from worker_bench import BOX, TIMEOUT, Bench, Log

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.worker.tracking_worker import State, Status

MakeBench = Callable[..., Bench]
TOO_THIN = (0.0, 0.0, 0.5, 5.0)


def hold(bench: Bench) -> threading.Event:
    """Let the tracker be busy with the next frame until the event is set."""
    busy, go_on = threading.Event(), threading.Event()

    def wait(image: np.ndarray) -> None:
        busy.set()
        assert go_on.wait(TIMEOUT)

    bench.tracker.in_track = wait
    bench.send(2)
    assert busy.wait(TIMEOUT)
    return go_on


def accounted_for(status: Status) -> bool:
    return status.frames_received == (
        status.frames_tracked
        + status.frames_dropped
        + status.frames_untargeted
        + status.frames_waiting
    )


def test_a_box_for_a_frame_to_come_is_there_when_its_turn_comes(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True, loaded=False)
    bench.send(1)
    bench.worker.submit_init(BOX, 5)
    bench.send(*range(2, 101))
    bench.loaded.set()
    bench.heard.wait(bench.settled)
    assert bench.targets() == [list(range(5, 101))]
    status = bench.worker.status()
    assert (status.frames_tracked, status.frames_untargeted) == (96, 4)


def test_a_box_for_a_frame_that_waits_is_taken_though_the_buffer_has_lost_it(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(1)
    go_on = hold(bench)
    bench.send(*range(3, 61))
    bench.worker.submit_init(BOX, 10)
    go_on.set()
    bench.heard.wait(bench.settled)
    assert bench.targets() == [list(range(1, 61)), list(range(10, 61))]
    assert bench.worker.status().frames_tracked == 60


@pytest.mark.parametrize("busy", [False, True])
def test_a_box_keeps_its_place_between_the_frames(make_bench: MakeBench, busy: bool) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(1)
    go_on = hold(bench)
    if not busy:
        go_on.set()
        bench.heard.wait(bench.settled)
    bench.worker.submit_init(BOX, 10)  # ahead of its frame
    for stamp in range(3, 16):
        bench.send(stamp)
        if stamp == 12:
            bench.worker.submit_init(BOX)  # the next one
        if not busy:
            bench.heard.wait(bench.settled)
    go_on.set()
    bench.heard.wait(bench.settled)
    assert bench.targets() == [list(range(1, 10)), [10, 11, 12], [13, 14, 15]]


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_newer_box_that_is_learned_ends_the_wait_of_older_ones(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(keep_all=keep_all)
    bench.worker.submit_init(BOX, 20)
    bench.worker.submit_init(BOX)
    for stamp in (13, 20, 21):
        bench.send(stamp)
        bench.heard.wait(bench.settled)
        assert bench.worker.status().message == ""
    assert bench.targets() == [[13, 20, 21]]


@pytest.mark.parametrize("stamp", [0, 2])
def test_a_refused_box_costs_the_old_target_no_frame(make_bench: MakeBench, stamp: int) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(1)
    bench.worker.submit_init(TOO_THIN, stamp)
    bench.send(2, 3, 4)
    bench.heard.wait(bench.settled)
    assert bench.targets() == [[1, 2, 3, 4]]
    status = bench.worker.status()
    assert (status.frames_tracked, status.state) == (4, State.TRACKING)


def test_boxes_for_frames_that_never_come_keep_out_no_other(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True, queue_size=5)
    bench.send(1)
    for stamp in range(10, 16):
        bench.worker.submit_init(BOX, stamp)
    bench.worker.submit_init(BOX)
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert bench.targets() == [[2]]


def test_a_refused_box_does_not_take_the_place_of_one_that_waits(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    bench.send(10, 11, 12)
    bench.heard.wait(bench.settled)
    bench.worker.submit_init(BOX, 20)
    bench.worker.submit_init(BOX, 5)  # there is no such frame
    assert any("init box refused" in message for message in bench.heard.messages())
    status = bench.worker.status()
    assert status.state == State.INITIALIZING
    assert "waits for the frame stamped 0.000000020" in status.message
    bench.send(13, 20, 21)
    bench.heard.wait(bench.settled)
    assert bench.targets() == [[20, 21]]
    assert bench.worker.status().message == ""


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_box_of_another_camera_is_refused_in_words(
    make_bench: MakeBench, keep_all: bool, caplog: Log
) -> None:
    bench = make_bench(keep_all=keep_all)
    bench.follow(1)
    for stamp in (0, 2):
        bench.worker.submit_init(BOX, stamp, "left")
        bench.worker.submit_frame(np.zeros((32, 32, 3), np.uint8), 2, "right")
        bench.heard.wait(bench.settled)
    assert bench.targets() == [[1, 2, 2]]
    refusals = [message for message in bench.heard.messages() if "refused" in message]
    assert len(refusals) == 2
    assert "the target is kept: its frame_id is 'left' but the image's is 'right'" in refusals[0]
    assert caplog.text.count("init box refused") == 1
    bench.worker.submit_init(BOX, 0, "right")
    bench.worker.submit_frame(np.zeros((32, 32, 3), np.uint8), 3, "right")
    bench.heard.wait(bench.settled)
    assert bench.targets() == [[1, 2, 2], [3]]


@pytest.mark.parametrize("keep_all", [False, True])
def test_an_error_while_learning_leaves_every_frame_counted(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(keep_all=keep_all)
    bench.follow(1)

    def fail(image: np.ndarray) -> None:
        raise MemoryError("no memory left")

    bench.tracker.in_init = fail
    bench.worker.submit_init(BOX)
    for stamp in (2, 3, 4):
        bench.send(stamp)
        bench.heard.wait(bench.settled)
    status = bench.worker.status()
    assert (status.state, status.target_id) == (State.IDLE, "")
    with bench.worker._wake:
        assert bench.worker._stream.wait_for(BOX, 10.0, 10.0) == 0, "a box that no target bars"
    assert (status.frames_tracked, status.frames_dropped, status.frames_untargeted) == (1, 1, 2)
    with bench.worker._wake:  # the worker gets to none but the last of them
        bench.send(5, 6, 7)
    bench.heard.wait(bench.settled)
    status = bench.worker.status()
    assert (status.frames_tracked, status.frames_dropped, status.frames_untargeted) == (1, 1, 5)


def test_a_frame_that_cannot_be_converted_costs_no_target(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    target = bench.follow(1)
    convert = bench.worker._to_rgb

    def surprise(
        message: np.ndarray | None, intensity: IntensityRange | None
    ) -> tuple[np.ndarray, IntensityRange | None]:
        if message is None:
            raise ZeroDivisionError
        return convert(message, intensity)

    bench.worker._to_rgb = surprise
    bench.worker.submit_init(BOX, 2)
    bench.send(2, good=False)
    bench.send(3)
    bench.heard.wait(bench.settled)
    assert bench.heard.results[-1][:2] == (3, target)
    refusal = next(message for message in bench.heard.messages() if "refused" in message)
    assert "the target is kept: its frame cannot be used: ZeroDivisionError" in refusal
    status = bench.worker.status()
    assert (status.frames_tracked, status.frames_dropped) == (2, 1)
    assert status.state == State.TRACKING


def test_the_message_is_of_the_present(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)

    def message() -> str:
        return bench.worker.status().message

    bench.worker.submit_init(TOO_THIN)
    bench.send(1)
    bench.heard.wait(bench.settled)
    assert "init box refused, nothing is tracked" in message()
    bench.worker.submit_init(BOX)  # a good one waits
    assert message() == "" and bench.worker.status().state == State.INITIALIZING
    bench.send(2, good=False)
    bench.heard.wait(lambda: "the init box waits for the next frame" in message())
    bench.send(3)
    bench.heard.wait(bench.settled)
    assert message() == ""
    bench.send(4, size=16)
    bench.heard.wait(bench.settled)
    assert "the image size changed" in message()
    bench.send(5)
    bench.heard.wait(bench.settled)
    assert message() == ""
    bench.worker.submit_init(BOX, 4000)
    bench.worker.refuse(ValueError("nan"))
    assert "waits for the frame stamped 0.000004000; the last one has 0.000000005" in message()
    bench.send(6)
    bench.heard.wait(bench.settled)
    assert "waits for the frame" in message(), "it still does"
    bench.send(5000)
    bench.heard.wait(bench.settled)
    assert message() == ""


Event = Callable[[Bench], None]


def some_events(seed: int) -> list[Event]:
    """Return frames and boxes in an order as a robot would hardly send them."""
    rng = random.Random(seed)
    stamp = 100
    events: list[Event] = []
    for _ in range(rng.randrange(10, 30)):
        if rng.random() < 0.4:
            box = TOO_THIN if rng.random() < 0.2 else BOX
            name = rng.choice([0, stamp, stamp + rng.randrange(-6, 6)])
            frame_id = rng.choice(["", "", "left", "right"])
            events.append(lambda b, x=(box, name, frame_id): b.worker.submit_init(*x))  # type: ignore[misc]
        else:
            stamp += rng.choice([0, 1, 1, 1, 1, 2, -5])
            image = None if rng.random() < 0.1 else np.zeros((32, 32, 3), np.uint8)
            values = (image, rng.choice([stamp] * 9 + [0]), rng.choice(["", "left", "left"]), 3072)
            events.append(lambda b, x=values: b.worker.submit_frame(*x))  # type: ignore[misc]
    return events


@pytest.mark.parametrize("seed", range(40))
def test_results_are_the_same_whether_the_tracker_is_busy_or_not(
    make_bench: MakeBench, seed: int
) -> None:
    events = some_events(seed)
    outcomes = []
    for busy in (False, True):
        bench = make_bench(keep_all=True, loaded=not busy)
        for event in events:
            event(bench)
            if not busy:
                bench.heard.wait(bench.settled)
        bench.loaded.set()
        bench.heard.wait(bench.settled)
        numbers: dict[str, int] = {}
        results = [
            (stamp, numbers.setdefault(target, len(numbers)))
            for stamp, target, _ in bench.heard.results
        ]
        last = bench.worker.status()
        counts = (last.frames_tracked, last.frames_dropped, last.frames_untargeted)
        outcomes.append((results, counts))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("keep_all, seed", list(itertools.product([False, True], range(20))))
def test_every_frame_is_accounted_for_in_every_status(
    make_bench: MakeBench, keep_all: bool, seed: int
) -> None:
    bench = make_bench(keep_all=keep_all, queue_size=5, buffer_size=4)
    for event in some_events(1000 + seed):
        event(bench)
        assert accounted_for(bench.worker.status())
    bench.heard.wait(bench.settled)
    told = [*bench.heard.statuses, *(status for _, _, status in bench.heard.results)]
    assert told and all(map(accounted_for, told))
    last = bench.worker.status()
    assert accounted_for(last) and last.frames_waiting == 0
    tracked = {status.frames_tracked for _, _, status in bench.heard.results}
    assert last.frames_tracked == max(tracked, default=0)
