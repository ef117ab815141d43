# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The worker without ROS, around trackers that do at will what real ones do seldom."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from scripted_tracker import ScriptedTracker
from worker_bench import BOX, TIMEOUT, Bench, Log, Recorder, to_rgb

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.ros.worker.tracking_worker import State, Status, TrackedFrame, TrackingWorker
from rlt_ros.tracking import InvalidBoxError, Tracker, TrackResult, TrackState

MakeBench = Callable[..., Bench]


def test_a_target_keeps_the_intensity_range_of_its_first_frame() -> None:
    asked: list[tuple[int, IntensityRange | None]] = []

    def numbered(
        number: int, intensity: IntensityRange | None
    ) -> tuple[np.ndarray, IntensityRange | None]:
        asked.append((number, intensity))
        used = intensity or IntensityRange(number, number + 1)
        return np.zeros((32, 32, 3), np.uint8), used

    heard = Recorder()
    worker = TrackingWorker(
        ScriptedTracker, numbered, heard, logging.getLogger("worker"), keep_all=True
    )
    worker.start()
    try:
        worker.submit_init(BOX, 1)
        for number in (1, 2):
            worker.submit_frame(number, number)
        heard.wait(lambda: heard.stamps() == [1, 2])
        worker.submit_init((4.0, 4.0, 0.0, 8.0), 3)  # refused: the old range stays
        for number in (3, 4):
            worker.submit_frame(number, number)
        heard.wait(lambda: 4 in heard.stamps())
        worker.submit_init(BOX, 5)
        for number in (5, 6):
            worker.submit_frame(number, number)
        heard.wait(lambda: heard.stamps()[-2:] == [5, 6])
    finally:
        worker.close()
    first, second = IntensityRange(1, 2), IntensityRange(5, 6)
    assert asked[:2] == [(1, None), (2, first)]
    assert (3, None) in asked
    assert asked[-3:] == [(4, first), (5, None), (6, second)]


def test_a_camera_that_turns_to_more_bits_keeps_the_range_of_the_first_such_frame() -> None:
    """Frames 1, 2 and 5 are of 8 bits; in the last one a second target is learned."""
    asked: list[tuple[int, IntensityRange | None]] = []

    def convert(
        number: int, intensity: IntensityRange | None
    ) -> tuple[np.ndarray, IntensityRange | None]:
        asked.append((number, intensity))
        used = None if number in (1, 2, 5) else intensity or IntensityRange(number, number + 1)
        return np.zeros((32, 32, 3), np.uint8), used

    heard = Recorder()
    worker = TrackingWorker(
        ScriptedTracker, convert, heard, logging.getLogger("worker"), keep_all=True, max_targets=2
    )
    worker.start()
    try:
        worker.submit_init(BOX, 1, target_id="a")
        for number in (1, 2, 3, 4):
            worker.submit_frame(number, number)
        worker.submit_init(BOX, 5, target_id="b")
        for number in (5, 6):
            worker.submit_frame(number, number)
        heard.wait(lambda: heard.stamps()[-1:] == [6])
    finally:
        worker.close()
    kept = IntensityRange(3, 4)
    assert asked == [(1, None), (2, None), (3, None), (4, kept), (5, kept), (6, kept)]


@pytest.mark.parametrize("keep_all", [False, True])
def test_it_is_late_when_a_newer_frame_would_be_dropped(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(keep_all=keep_all)
    late: list[bool] = []
    tell = bench.heard.on_result

    def on_result(tracked: TrackedFrame, status: Status) -> None:
        late.append(tracked.is_late())
        if tracked.frame.stamp_ns == 2:
            bench.send(3)
            late.append(tracked.is_late())
        tell(tracked, status)

    bench.heard.on_result = on_result  # type: ignore[method-assign]
    bench.follow(stamp=1)
    bench.send(2)
    bench.heard.wait(lambda: len(bench.heard.results) == 3)
    assert late == [False, False, not keep_all, False]


def test_every_frame_is_tracked_in_order_when_all_are_kept(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(stamp=1)
    bench.send(*range(2, 52))
    bench.heard.wait(lambda: len(bench.heard.results) == 51)
    assert bench.heard.stamps() == list(range(1, 52))
    last = bench.heard.results[-1][2]
    assert (last.frames_received, last.frames_tracked, last.frames_dropped) == (51, 51, 0)
    assert last.state == State.TRACKING


def test_only_the_newest_frame_waits_and_the_others_count_as_dropped(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.follow(stamp=1)
    busy, go_on = threading.Event(), threading.Event()

    def block(image: np.ndarray) -> None:
        busy.set()
        assert go_on.wait(TIMEOUT)

    bench.tracker.in_track = block
    bench.send(2)
    assert busy.wait(TIMEOUT)
    bench.send(3, 4, 5)  # would hang here if handing over waited for the tracker
    assert bench.worker.status().frames_received == 5
    go_on.set()
    bench.heard.wait(lambda: bench.heard.stamps() == [1, 2, 5])
    last = bench.heard.results[-1][2]
    assert (last.frames_received, last.frames_tracked, last.frames_dropped) == (5, 3, 2)


def test_a_full_queue_drops_new_frames_and_says_what_to_do(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(keep_all=True, queue_size=3)
    busy, go_on = threading.Event(), threading.Event()

    def block(image: np.ndarray) -> None:
        busy.set()
        assert go_on.wait(TIMEOUT)

    bench.follow(stamp=1)
    bench.tracker.in_track = block
    bench.send(2)
    assert busy.wait(TIMEOUT)
    bench.send(3, 4, 5, 6, 7)
    go_on.set()
    bench.heard.wait(lambda: bench.heard.stamps() == [1, 2, 3, 4, 5])
    assert bench.heard.results[-1][2].frames_dropped == 2
    assert caplog.text.count("raise queue_size") == 1


def test_boxes_and_frames_wait_while_the_tracker_loads(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True, loaded=False)
    bench.worker.submit_init(BOX, 2)
    bench.send(1, 2, 3)
    status = bench.worker.status()
    assert (status.state, status.message) == (State.INITIALIZING, "loading the tracker")
    bench.loaded.set()
    bench.heard.wait(lambda: bench.heard.stamps() == [2, 3])
    assert bench.worker.status().message == ""


def test_at_first_there_is_nothing(make_bench: MakeBench) -> None:
    bench = make_bench(loaded=False)
    status = bench.worker.status()
    assert (status.state, status.target_id) == (State.IDLE, "")
    numbers = asdict(status)
    for name in ("state", "target_id", "message", "targets"):
        del numbers[name]
    assert set(numbers.values()) == {0}


def test_learning_is_told_when_it_begins_and_when_it_has_ended(
    make_bench: MakeBench, caplog: Log
) -> None:
    caplog.set_level(logging.INFO)
    bench = make_bench(keep_all=True)
    told: list[tuple[State, int]] = []
    tell = bench.heard.on_status

    def on_status(status: Status, frame: Frame | None) -> None:
        if frame is not None:
            told.append((status.state, frame.stamp_ns))
        tell(status, frame)

    bench.heard.on_status = on_status  # type: ignore[method-assign]
    told_before: list[int] = []
    bench.tracker.in_init = lambda image: told_before.append(len(told))
    target = bench.follow(stamp=7)
    assert told == [(State.INITIALIZING, 7)]
    assert told_before == [1]
    bench.heard.wait(bench.settled)
    assert caplog.messages == [
        "the tracker is ready",
        f"new target {target}: x=4.0 y=4.0 w=8.0 h=8.0",
    ]


def test_the_numbers_are_those_of_the_frame(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    target = bench.follow(stamp=1)
    bench.tracker.updates_done, bench.tracker.last_update_seconds = 3, 1.5
    bench.tracker.model_version = 4
    bench.send(2)
    bench.heard.wait(lambda: len(bench.heard.results) == 2)
    first, second = (status for _, _, status in bench.heard.results)
    assert (first.target_id, first.score, first.model_version) == (target, 1.0, 1)
    assert (second.target_id, second.score, second.model_version) == (target, 0.5, 4)
    assert (first.updates_done, first.last_update_time) == (0, 0)
    assert (second.updates_done, second.last_update_time) == (3, 1.5)
    for _, _, status in bench.heard.results:
        assert 0 < status.tracking_time < TIMEOUT
        assert 0 < status.latency < TIMEOUT


def test_a_box_that_could_not_be_handed_over_is_refused_in_words(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(keep_all=True)
    bench.heard.wait(bench.settled)
    bench.worker.refuse(InvalidBoxError("size 0x5 must be above zero"))
    said = "init box refused, nothing is tracked: size 0x5 must be above zero"
    assert bench.heard.messages()[-1] == bench.worker.status().message == said
    assert caplog.messages == [said]


def test_without_a_stamp_the_next_frame_is_taken(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.send(1, 2)
    bench.wait_taken()
    bench.worker.submit_init(BOX)
    bench.wait_taken()
    assert bench.worker.status().state == State.INITIALIZING
    bench.send(3)
    bench.heard.wait(lambda: bench.heard.stamps() == [3])
    status = bench.heard.results[0][2]
    # Frames before anything was to be followed are neither tracked nor dropped.
    assert (status.frames_received, status.frames_tracked, status.frames_dropped) == (3, 1, 0)


def test_a_stamp_names_a_buffered_frame_and_all_later_ones_are_tracked(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(keep_all=True)
    bench.send(*range(10, 20))
    bench.wait_taken()
    bench.worker.submit_init(BOX, 14)
    bench.send(20)
    bench.heard.wait(lambda: len(bench.heard.results) == 7)
    assert bench.heard.stamps() == [14, 15, 16, 17, 18, 19, 20]
    assert bench.heard.results[-1][2].frames_tracked == 7


def test_a_stamp_names_a_buffered_frame_and_the_newest_one_is_next(make_bench: MakeBench) -> None:
    bench = make_bench()
    for stamp in range(10, 20):
        bench.send(stamp)
        bench.wait_taken()
    bench.worker.submit_init(BOX, 14)
    bench.heard.wait(lambda: len(bench.heard.results) == 2)
    assert bench.heard.stamps() == [14, 19]
    last = bench.heard.results[-1][2]
    assert (last.frames_tracked, last.frames_dropped) == (2, 4)


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_box_that_comes_before_its_frame_waits_for_it(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(keep_all=keep_all)
    bench.worker.submit_init(BOX, 3)
    for stamp in (1, 2, 3, 4):
        bench.wait_taken()
        bench.send(stamp)
    bench.heard.wait(lambda: bench.heard.stamps() == [3, 4])


def test_a_stamp_that_no_frame_has_is_refused_with_the_nearest(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(buffer_size=3, keep_all=True)
    second = 1_000_000_000
    bench.send(1 * second, 2 * second, 3 * second, 4 * second)
    bench.wait_taken()
    bench.worker.submit_init(BOX, 1 * second)
    bench.heard.wait(lambda: any(bench.heard.messages()[1:]))
    refusal = bench.heard.messages()[-1]
    assert "1.000000000" in refusal and "2.000000000" in refusal
    assert bench.worker.status().state == State.IDLE
    assert caplog.text.count("init box refused") == 1

    # One that is ahead of the stream is refused when the stream has passed it.
    bench.worker.submit_init(BOX, 5 * second)
    bench.send(6 * second)
    bench.heard.wait(lambda: "5.000000000" in bench.heard.messages()[-1])
    assert bench.heard.results == []


def test_a_second_box_replaces_the_target_and_an_invalid_one_does_not(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(keep_all=True)
    first = bench.follow(stamp=1)
    bench.worker.submit_init((0.0, 0.0, 0.0, 5.0))
    bench.send(2, 3)
    bench.heard.wait(lambda: len(bench.heard.results) == 3)
    assert bench.heard.stamps() == [1, 2, 3], "the old target lost a frame to a refused box"
    assert bench.heard.results[-1][1] == first
    assert "target is kept" in caplog.text and "narrower" in caplog.text
    second = bench.follow(stamp=4)
    bench.send(5)
    bench.heard.wait(lambda: bench.heard.stamps()[-1] == 5)
    assert bench.heard.results[-1][1] == second != first


def test_unreadable_frames_and_errors_are_skipped_and_reported(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(stamp=1)

    def fail_once(image: np.ndarray) -> None:
        bench.tracker.in_track = lambda image: None
        raise ZeroDivisionError("surprise")

    bench.tracker.in_track = fail_once
    bench.send(2)
    bench.send(3, 4, good=False)
    bench.send(5)
    bench.heard.wait(lambda: bench.heard.stamps() == [1, 5])
    last = bench.heard.results[-1][2]
    assert (last.frames_received, last.frames_tracked, last.frames_dropped) == (5, 2, 3)
    assert last.message == ""
    said = [message for message in bench.heard.messages() if message]
    unexpected = rf"frame skipped: ZeroDivisionError: surprise \({re.escape(__file__)}:\d+\)"
    assert re.fullmatch(unexpected, said[-3])
    assert said[-2:] == ["frame skipped: the data is truncated"] * 2
    assert caplog.text.count("truncated") == 1, "the same complaint again and again"


def test_a_result_that_nobody_expected_does_not_end_the_worker(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(keep_all=True)
    bad: Any = TrackResult(np.array(BOX), "no number", TrackState.TRACKING)  # type: ignore[arg-type]
    with monkeypatch.context() as broken:
        broken.setattr(bench.tracker, "init", lambda image, box: bad)
        bench.worker.submit_init(BOX, 1)
        bench.send(1)
        refused = "init box refused, nothing is tracked: ValueError"
        bench.heard.wait(lambda: refused in bench.worker.status().message)
    bench.follow(stamp=2)
    assert bench.heard.stamps() == [2]


def test_a_box_for_the_next_frame_waits_past_an_unreadable_one(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    bench.worker.submit_init(BOX)
    bench.send(1, good=False)
    bench.send(2)
    bench.heard.wait(lambda: bench.heard.stamps() == [2])


def test_frames_of_another_size_are_skipped_until_the_old_size_is_back(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(keep_all=True)
    target = bench.follow(stamp=1)
    bench.send(2, 3, size=16)
    bench.send(4)
    bench.heard.wait(lambda: bench.heard.stamps() == [1, 4])
    assert bench.heard.results[-1][1] == target
    assert bench.heard.results[-1][2].frames_dropped == 2
    assert "from 32x32 to 16x16" in bench.heard.messages()[-1]


def test_a_frame_turned_on_its_side_has_another_size(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    bench.worker.submit_init(BOX)
    for stamp, shape in enumerate([(24, 32, 3), (24, 32, 3), (32, 24, 3)], start=1):
        bench.worker.submit_frame(np.zeros(shape, np.uint8), stamp)
    bench.heard.wait(bench.settled)
    assert bench.heard.stamps() == [1, 2]
    assert "the image size changed from 32x24 to 24x32" in bench.worker.status().message


def test_an_init_that_breaks_midway_leaves_no_half_learned_target(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(stamp=1)

    def fail(image: np.ndarray) -> None:
        raise MemoryError("no memory left")

    bench.tracker.in_init = fail
    bench.worker.submit_init(BOX)
    bench.send(2, 3)
    bench.heard.wait(lambda: "no memory left" in bench.heard.messages()[-1])
    bench.tracker.in_init = lambda image: None
    bench.follow(stamp=4)
    assert bench.heard.stamps() == [1, 4]


def test_results_flow_while_an_update_runs_and_lost_is_told(make_bench: MakeBench) -> None:
    """An update that never ends in the tracker's own thread must hold up no frame."""
    bench = make_bench(keep_all=True)
    end_update = threading.Event()
    update = threading.Thread(target=lambda: end_update.wait(TIMEOUT))
    bench.tracker.in_init = lambda image: update.start()
    bench.follow(stamp=1)
    bench.tracker.state = TrackState.LOST
    bench.send(*range(2, 30))
    bench.heard.wait(lambda: len(bench.heard.results) == 29)
    assert update.is_alive()
    assert bench.heard.results[-1][2].state == State.LOST
    end_update.set()
    update.join()


def test_a_listener_that_raises_does_not_end_the_worker(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, caplog: Log
) -> None:
    bench = make_bench(keep_all=True)
    with monkeypatch.context() as broken:
        broken.setattr(bench.heard, "on_result", None)
        bench.worker.submit_init(BOX, 1)
        bench.send(1)
        bench.heard.wait(lambda: "could not be published" in caplog.text)
    bench.send(2)
    bench.heard.wait(lambda: bench.heard.stamps() == [2])


def test_closing_frees_the_tracker_and_leaves_no_thread(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    before = set(threading.enumerate()) - {bench.worker._thread}
    bench.follow()
    assert bench.worker.close(TIMEOUT)
    assert bench.tracker.closed
    assert set(threading.enumerate()) <= before


def test_a_tracker_that_cannot_be_made_is_fatal() -> None:
    heard = Recorder()

    def make() -> Tracker:
        raise RuntimeError("no such weight file")

    worker = TrackingWorker(make, to_rgb, heard, logging.getLogger("worker"))
    worker.start()
    heard.wait(lambda: heard.fatal)
    assert "no such weight file" in str(heard.fatal)
    worker.close()


def test_an_update_that_failed_is_said_and_costs_nothing(
    make_bench: MakeBench, caplog: Log
) -> None:
    bench = make_bench(keep_all=True)
    target = bench.follow(1)
    bench.tracker.last_update_error = "MemoryError: no room"
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert "MemoryError: no room" in caplog.text
    bench.send(3)
    bench.heard.wait(lambda: bench.heard.stamps() == [1, 2, 3])
    assert {found for _, found, _ in bench.heard.results} == {target}
    said = "an update failed, tracking goes on without it: MemoryError: no room"
    assert bench.worker.status().message == said
    assert caplog.messages.count(said) == 1
    bench.tracker.last_update_error = ""
    bench.send(4)
    bench.heard.wait(lambda: bench.heard.stamps()[-1] == 4)
    assert bench.worker.status().message == ""
    bench.worker.close()  # and says what was left out
    assert caplog.messages == [said]
