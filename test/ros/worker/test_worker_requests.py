# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the worker is asked beside frames: exactly one answer to each, and what it does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import Asked, Blocked
from scripted_tracker import ScriptedTracker
from worker_bench import BOX, TIMEOUT, Bench, Log, Recorder, to_rgb

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.worker.frame_queue import BOXES_AHEAD
from rlt_ros.ros.worker.init_requests import Problem
from rlt_ros.ros.worker.replies import Answer
from rlt_ros.ros.worker.status import State, Status, TrackedFrame
from rlt_ros.ros.worker.target_files import file_of
from rlt_ros.ros.worker.tracking_worker import DISABLED, TrackingWorker
from rlt_ros.tracking import SavedTarget, Tracker, TrackState
from rlt_ros.tracking.target_file import load_target, save_target

MakeBench = Callable[..., Bench]
SECOND = 1_000_000_000


def ask(bench: Bench, stamp: int = 0, **options: Any) -> Asked:
    asked = Asked()
    box = options.pop("box", BOX)
    bench.worker.submit_init(box, stamp, answered=asked, **options)
    return asked


# ---- init boxes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_box_that_is_learned_is_accepted_with_its_id(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(keep_all=keep_all)
    asked = ask(bench)
    bench.send(1)
    answer = asked.answer()
    assert answer == Answer(True, bench.heard.results[0][1], "")
    assert len(answer.target_id) == 32
    named = ask(bench, target_id="the cup")
    bench.send(2)
    assert named.answer() == Answer(True, "the cup")
    assert bench.heard.results[-1][1] == bench.worker.status().target_id == "the cup"


def test_a_box_that_cannot_be_learned_is_refused_with_the_reason(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    narrow = ask(bench, box=(4.0, 4.0, 0.0, 8.0))
    bench.send(5 * SECOND)
    narrow.refused("the box is narrower than a pixel")
    ask(bench, 3 * SECOND).refused("no frame is stamped 3.000000000; the nearest")
    other = ask(bench, 6 * SECOND, frame_id="left")
    bench.worker.submit_frame(np.zeros((32, 32, 3), np.uint8), 6 * SECOND, "right")
    other.refused("its frame_id is 'left' but the image's is 'right'")
    passed = ask(bench, 7 * SECOND)
    bench.send(8 * SECOND)
    passed.refused("no frame is stamped 7.000000000")
    unreadable = ask(bench, 9 * SECOND)
    bench.send(9 * SECOND, good=False)
    unreadable.refused("its frame cannot be used: the data is truncated")

    def fail(image: np.ndarray) -> None:
        raise MemoryError("no memory left")

    bench.tracker.in_init = fail
    midway = ask(bench)
    bench.send(10 * SECOND)
    midway.refused("MemoryError: no memory left")


def test_the_reason_is_told_also_where_the_workers_thread_answers_first(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench()
    bench.send(5 * SECOND)
    tell = bench.worker._reporter.tell_problems

    def answered_before(problems: list[Problem]) -> None:
        bench.worker._requests.answer_the_replaced()
        tell(problems)

    monkeypatch.setattr(bench.worker._reporter, "tell_problems", answered_before)
    ask(bench, 3 * SECOND).refused("no frame is stamped 3.000000000; the nearest")


def test_requests_that_were_answered_are_not_kept(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    bench.heard.wait(bench.settled)
    first, second, loaded = ask(bench), ask(bench), Asked()
    first.refused("a newer init box took its place")
    bench.send(1)
    assert second.answer().accepted
    bench.worker.load_target(tmp_path / "missing", loaded)
    loaded.refused("does not exist")
    requests = bench.worker._requests
    bench.heard.wait(lambda: requests._boxes == requests._reading == [])


def test_the_oldest_of_too_many_boxes_ahead_is_refused(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.send(1)
    asked = [ask(bench, 2 + number) for number in range(BOXES_AHEAD + 1)]
    asked[0].refused("newer boxes wait for theirs")
    bench.worker.close()
    for one in asked[1:]:
        one.refused("the worker is closed")


def test_a_box_that_a_newer_one_replaces_is_refused(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.heard.wait(bench.settled)
    first, second = ask(bench), ask(bench)
    first.refused("a newer init box took its place")
    bench.send(1)
    assert second.answer().accepted
    ahead, same = ask(bench, 5), ask(bench, 5)
    ahead.refused("a newer init box took its place")
    newer = ask(bench)

    def accepted() -> bool:
        bench.send(4)  # a stream's box lets some pass
        return bool(newer.answers)

    bench.heard.wait(accepted)
    assert newer.answer().accepted
    same.refused("a newer init box took its place")  # for a target that is no more


def test_a_box_of_a_stream_is_refused_when_it_is_left_out(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.tracker.in_init = learning = Blocked()
    learned = ask(bench)
    bench.send(1)
    assert learning.busy.wait(TIMEOUT)
    ask(bench).refused("init boxes come faster than they can be learned")
    elsewhere = ask(bench, box=(20.0, 20.0, 8.0, 8.0))
    ask(bench, box=(20.0, 2.0, 8.0, 8.0))
    elsewhere.refused("a newer init box took its place")
    assert not learned.answers
    learning.go_on.set()
    assert learned.answer().accepted


def test_too_many_boxes_in_line_are_refused(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True, queue_size=2, loaded=False)
    waiting = [ask(bench), ask(bench)]
    ask(bench).refused("2 init boxes wait already: send them more slowly")
    assert not any(asked.answers for asked in waiting)


def test_closing_answers_what_waits_and_what_comes_later(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.tracker.in_init = learning = Blocked()
    learned, waiting, ahead = ask(bench, 1), ask(bench, 7), ask(bench, 9)
    bench.send(1)
    assert learning.busy.wait(TIMEOUT)
    bench.worker.close(0.0)
    for asked in (learned, waiting, ahead, ask(bench)):
        asked.refused("the worker is closed")
    later = Asked()
    bench.worker.reset(answered=later)
    later.refused("the worker is closed")
    learning.go_on.set()
    assert bench.worker.close(TIMEOUT)
    assert len(learned.answers) == 1


def test_without_a_tracker_everything_is_refused() -> None:
    go_on = threading.Event()

    def make() -> Tracker:
        assert go_on.wait(TIMEOUT)
        raise RuntimeError("no weights")

    heard = Recorder()
    worker = TrackingWorker(make, to_rgb, heard, logging.getLogger("worker"))
    worker.start()
    asked, later = Asked(), Asked()
    worker.submit_init(BOX, answered=asked)
    worker.reset("it", later)
    go_on.set()
    for one in (asked, later):
        one.refused("no tracker: RuntimeError: no weights")
    worker.close()


# ---- reset ---------------------------------------------------------------------------------------


def test_a_target_that_is_reset_is_forgotten(make_bench: MakeBench) -> None:
    bench = make_bench()
    target = bench.follow(1)
    unknown = Asked()
    bench.worker.reset("another", answered=unknown)
    unknown.refused(f"there is no target 'another', only {target}")
    asked, again = Asked(), Asked()
    bench.worker.reset(target, answered=asked)
    assert asked.answer() == Answer(True, target)
    assert not hasattr(bench.tracker, "box"), "the tracker keeps its memory"
    bench.send(2, 3)
    bench.heard.wait(bench.settled)
    status = bench.worker.status()
    assert (status.state, status.target_id, status.targets) == (State.IDLE, "", ())
    assert (status.frames_tracked, status.frames_untargeted, status.frames_dropped) == (1, 2, 0)
    bench.worker.reset(target, answered=again)
    again.refused("there is no target")
    assert bench.follow(4) != target


def test_a_reset_of_all_gives_up_the_boxes_that_wait(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    bench.follow(1)
    next_frame, ahead, asked = ask(bench), ask(bench, 9), Asked()
    bench.worker.reset(answered=asked)
    assert asked.answer() == Answer(True)
    for one in (next_frame, ahead):
        one.refused("all targets were reset")
    bench.send(2, 9)
    bench.heard.wait(bench.settled)
    assert bench.heard.stamps() == [1]
    assert bench.worker.status().state == State.IDLE


def test_a_target_that_is_being_learned_is_learned_before_it_is_reset(
    make_bench: MakeBench,
) -> None:
    bench = make_bench()
    bench.tracker.in_init = learning = Blocked()
    learned, asked = ask(bench), Asked()
    bench.send(1)
    assert learning.busy.wait(TIMEOUT)
    bench.worker.reset(answered=asked)
    learning.go_on.set()
    assert learned.answer().accepted
    assert asked.answer().accepted
    assert bench.worker.status().target_id == ""


# ---- enable --------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_target_is_kept_while_tracking_is_disabled_and_searched_then(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(keep_all=keep_all)
    target = bench.follow(1)
    bench.worker.enable(False)
    bench.worker.enable(False)
    ask(bench).refused(DISABLED)
    for stamp in (2, 3, 4):
        bench.send(stamp)
        bench.heard.wait(bench.settled)
    status = bench.worker.status()
    assert (status.state, status.target_id, status.disabled) == (State.IDLE, target, True)
    assert status.message == DISABLED or "init box refused" in status.message
    assert (status.frames_tracked, status.frames_untargeted, status.frames_dropped) == (1, 3, 0)
    bench.worker.enable(True)
    bench.send(5)
    bench.heard.wait(lambda: bench.heard.stamps() == [1, 5])
    assert bench.tracker.searched_anew == 1
    last = bench.heard.results[-1][2]
    assert (last.target_id, last.state, last.disabled) == (target, State.TRACKING, False)
    assert last.message == ""


def test_boxes_that_wait_are_refused_when_tracking_is_disabled(make_bench: MakeBench) -> None:
    bench = make_bench()
    asked = ask(bench)
    bench.worker.enable(False)
    asked.refused(DISABLED)
    bench.send(1)
    bench.heard.wait(bench.settled)
    bench.worker.enable(True)
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert bench.heard.results == []
    assert bench.worker.status().frames_untargeted == 2


# ---- files ---------------------------------------------------------------------------------------


def test_a_target_goes_through_a_file_with_its_id_and_intensity(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = tmp_path / "target"
    used: list[IntensityRange | None] = []
    first = IntensityRange(3.0, 700.5)

    def convert(
        message: Any, intensity: IntensityRange | None
    ) -> tuple[np.ndarray, IntensityRange | None]:
        used.append(intensity)
        return message, intensity or first

    bench = make_bench()
    bench.worker._follower.to_rgb = convert
    saved = Asked()
    bench.worker.save_target(path, answered=saved)
    saved.refused("there is no target")
    assert not path.exists()
    asked, saved = ask(bench, target_id="it"), Asked()
    bench.send(1)
    assert asked.answer().accepted
    bench.worker.save_target(path, "it", saved)
    assert saved.answer() == Answer(True, "it")

    other = make_bench()
    other.worker._follower.to_rgb = convert
    first = IntensityRange(0.0, 9.0)
    other.follow(1)
    loaded = Asked()
    other.worker.load_target(path, loaded)
    assert loaded.answer() == Answer(True, "it")
    status = other.worker.status()
    assert (status.target_id, status.state) == ("it", State.LOST)
    other.heard.wait(lambda: other.heard.statuses[-1].target_id == "it")
    other.send(2)
    other.heard.wait(lambda: other.heard.stamps() == [1, 2])
    assert other.heard.results[-1][1] == "it"
    assert other.heard.results[-1][2].state == State.TRACKING
    assert used[-1] == IntensityRange(3.0, 700.5)
    other.send(3, size=16)
    other.heard.wait(lambda: "from 32x32 to 16x16" in other.worker.status().message)


def test_a_target_that_is_refused_leaves_the_other(
    make_bench: MakeBench, tmp_path: Path, caplog: Log
) -> None:
    bench = make_bench()
    target = bench.follow(1)
    missing, other = tmp_path / "missing", tmp_path / "other"
    save_target(other, SavedTarget({"circle": np.zeros(3)}))
    for path, words in ((missing, "does not exist"), (other, "box is missing")):
        asked = Asked()
        bench.worker.load_target(path, asked)
        asked.refused(words)
        asked.refused(str(path))
    bench.send(2)
    bench.heard.wait(lambda: bench.heard.stamps() == [1, 2])
    assert bench.heard.results[-1][1] == target
    assert "no target was loaded: target file" in caplog.text


def test_a_target_that_cannot_be_written_is_told(
    make_bench: MakeBench, tmp_path: Path, caplog: Log
) -> None:
    bench = make_bench()
    bench.follow(1)
    asked = Asked()
    path = tmp_path / "none" / "target"
    bench.worker.save_target(path, answered=asked)
    asked.refused(f"cannot write {path}: No such file or directory")
    assert f"a target was not saved: cannot write {path}" in caplog.text


def test_no_frame_waits_for_a_disk_and_closing_neither(
    make_bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, go_on = threading.Event(), threading.Event()

    def slow(path: Path, target: SavedTarget) -> None:
        busy.set()
        assert go_on.wait(TIMEOUT)

    monkeypatch.setattr("rlt_ros.ros.worker.target_files.save_target", slow)
    bench = make_bench(keep_all=True)
    bench.follow(1)
    saving, loading = Asked(), Asked()
    bench.worker.save_target(tmp_path / "target", answered=saving)
    bench.worker.load_target(tmp_path / "target", loading)
    assert busy.wait(TIMEOUT)
    bench.send(*range(2, 20))
    bench.heard.wait(lambda: bench.heard.stamps() == list(range(1, 20)))
    assert not saving.answers
    assert bench.worker._files._thread.daemon, "it would keep the process alive"
    bench.worker.close(0.2)
    loading.refused("the worker is closed")
    go_on.set()
    assert saving.answer().accepted, "it is written all the same"


def test_closing_gives_a_file_that_is_being_written_its_time(
    make_bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = threading.Event()

    def slow(path: Path, target: SavedTarget) -> None:
        assert closing.wait(TIMEOUT)
        time.sleep(0.3)
        save_target(path, target)

    monkeypatch.setattr("rlt_ros.ros.worker.target_files.save_target", slow)
    bench = make_bench()
    bench.follow(1)
    saving = Asked()
    bench.worker.save_target(tmp_path / "target", answered=saving)
    bench.heard.wait(lambda: bench.worker._files.saving)
    closing.set()
    bench.worker.close(TIMEOUT)
    assert (tmp_path / "target").is_file()
    assert saving.answer().accepted


def test_targets_are_kept_by_themselves(make_bench: MakeBench, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "kept"
    bench = make_bench(autosave_folder=folder, autosave_seconds=0.0, keep_all=True)
    asked = ask(bench, target_id="a/b")
    bench.send(1)
    assert asked.answer().accepted
    path = file_of(folder, "a/b")
    bench.heard.wait(path.is_file)
    assert path.parent == folder
    bench.heard.wait(lambda: not bench.worker._files.saving)
    path.unlink()
    bench.tracker.state = TrackState.LOST
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert not path.exists(), "a lost target was saved"
    bench.tracker.state = TrackState.TRACKING
    bench.send(3)
    bench.heard.wait(path.is_file)
    bench.worker.close()

    again = make_bench(autosave_folder=folder, keep_all=True)
    again.send(9)
    again.heard.wait(lambda: again.heard.stamps() == [9])
    assert again.heard.results[0][1] == "a/b"
    reset = Asked()
    again.worker.reset(answered=reset)
    assert reset.answer().accepted
    again.heard.wait(lambda: not path.exists())


def test_a_kept_target_goes_when_another_takes_its_place(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(autosave_folder=tmp_path, autosave_seconds=1000.0)
    for stamp, name in enumerate(("first", "second"), start=1):
        asked = ask(bench, target_id=name)
        bench.send(stamp)
        assert asked.answer().accepted
        bench.heard.wait(file_of(tmp_path, name).is_file)
    bench.heard.wait(lambda: not file_of(tmp_path, "first").exists())
    assert load_target(file_of(tmp_path, "second")).target_id == "second"


def test_a_target_that_starts_anew_under_its_id_is_kept_at_once(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(autosave_folder=tmp_path, autosave_seconds=1000.0)
    path = file_of(tmp_path, "it")
    for stamp in (1, 20):
        asked, reset = ask(bench, target_id="it"), Asked()
        bench.send(stamp)
        assert asked.answer().accepted
        bench.heard.wait(path.is_file)
        bench.heard.wait(lambda: not bench.worker._files.saving)
        path.unlink()
        bench.send(10 + stamp)
        bench.heard.wait(bench.settled)
        bench.heard.wait(lambda: not bench.worker._files.saving)
        assert not path.exists(), "it was written again before it was time"
        path.touch()
        bench.worker.reset(answered=reset)
        assert reset.answer().accepted
        bench.heard.wait(lambda: not path.exists())


def test_a_damaged_kept_target_is_told_and_left(
    make_bench: MakeBench, tmp_path: Path, caplog: Log
) -> None:
    path = file_of(tmp_path, "it")
    path.write_bytes(b"damaged")
    bench = make_bench(autosave_folder=tmp_path)
    bench.heard.wait(bench.settled)
    assert f"no target was loaded: target file {path} is damaged" in caplog.text
    assert path.read_bytes() == b"damaged"
    bench.follow(1)


# ---- time ----------------------------------------------------------------------------------------


def test_frames_out_of_order_are_counted_and_tracked(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True, forget_on_jump=True)
    target = bench.follow(10 * SECOND)
    stamps = [11, 13, 12, 12.5, 14]
    bench.send(*(int(stamp * SECOND) for stamp in stamps))
    bench.heard.wait(lambda: len(bench.heard.results) == 6)
    status = bench.worker.status()
    assert (status.frames_out_of_order, status.time_jumps) == (2, 0)
    assert (status.frames_tracked, status.target_id) == (6, target)


@pytest.mark.parametrize("keep_all", [False, True])
@pytest.mark.parametrize("forget", [False, True])
def test_time_that_goes_back_is_counted_and_may_end_a_target(
    make_bench: MakeBench, forget: bool, keep_all: bool, caplog: Log
) -> None:
    bench = make_bench(forget_on_jump=forget, keep_all=keep_all)
    target = bench.follow(100 * SECOND)
    for stamp in (101, 50, 51):
        bench.send(stamp * SECOND)
        bench.heard.wait(bench.settled)
    status = bench.worker.status()
    assert (status.time_jumps, status.frames_out_of_order) == (1, 0)
    assert status.target_id == ("" if forget else target)
    tracked = 2 if forget else 4
    assert (status.frames_tracked, status.frames_untargeted) == (tracked, 4 - tracked)
    said = "time went back from 101.000000000 to 50.000000000: the target is forgotten"
    assert (said in caplog.text) == forget
    assert (said in status.message) == forget
    assert bench.follow(52 * SECOND) != target


def test_a_frame_of_the_past_that_a_box_names_is_not_out_of_order(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True, forget_on_jump=True)
    bench.send(*(second * SECOND for second in range(10, 20)))
    bench.heard.wait(bench.settled)
    asked = ask(bench, 12 * SECOND)
    bench.send(20 * SECOND)
    assert asked.answer().accepted
    bench.heard.wait(lambda: len(bench.heard.results) == 9)
    status = bench.worker.status()
    assert (status.frames_out_of_order, status.time_jumps, status.frames_tracked) == (0, 0, 9)


def test_stale_frames_are_counted(make_bench: MakeBench) -> None:
    now = 100 * SECOND
    bench = make_bench(clock=lambda: now, keep_all=True)
    for age in (0.0, 0.9, 1.1, 50.0, -5.0):
        bench.send(now - int(age * SECOND))
    bench.send(0)  # no stamp, no age
    assert bench.worker.status().frames_stale == 2


def test_what_is_told_of_a_frame_is_that_of_its_targets(make_bench: MakeBench) -> None:
    bench = make_bench()
    frames: list[TrackedFrame] = []
    tell = bench.heard.on_result

    def on_result(tracked: TrackedFrame, status: Status) -> None:
        frames.append(tracked)
        assert [one.target_id for one in status.targets] == [
            one.target_id for one in tracked.targets
        ]
        tell(tracked, status)

    bench.heard.on_result = on_result  # type: ignore[method-assign]
    target = bench.follow(1)
    (one,) = frames[0].targets
    assert (one.target_id, frames[0].target_id) == (target, target)
    assert frames[0].result is one.result
    assert frames[0].attention_map().shape == one.attention_map().shape == (1, 1)


def test_the_hooks_of_the_tracker_are_those_of_a_tracker() -> None:
    """Else the tests above show nothing."""
    public = {name for name in vars(ScriptedTracker) if not name.startswith("_")}
    own = {"in_init", "in_track", "stopped", "closed", "state", "searched_anew", "box"}
    assert all(hasattr(Tracker, name) for name in public - own)
