# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several targets at a time: which box is for which, and that none harms another."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import Asked, Blocked
from worker_bench import BOX, TIMEOUT, Bench, Log

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.ros.worker.replies import Answer
from rlt_ros.ros.worker.status import State, Status, TrackedFrame, TrackedTarget
from rlt_ros.ros.worker.target_files import file_of
from rlt_ros.tracking import InvalidImageError, SavedTarget, TrackResult, TrackState
from rlt_ros.tracking.target_file import load_target, save_target

MakeBench = Callable[..., Bench]
ELSEWHERE = (20.0, 20.0, 8.0, 8.0)
TOO_THIN = (0.0, 0.0, 0.5, 5.0)


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A worker that may have three targets and keeps all frames."""
    return make_bench(max_targets=3, keep_all=True)


def ask(bench: Bench, target_id: str = "", stamp: int = 0, box: Any = BOX) -> Asked:
    asked = Asked()
    bench.worker.submit_init(box, stamp, target_id=target_id, answered=asked)
    return asked


def start(bench: Bench, *target_ids: str, stamp: int = 1) -> None:
    """Start targets on one frame."""
    asked = [ask(bench, target_id, stamp) for target_id in target_ids]
    bench.send(stamp)
    assert [one.answer().target_id for one in asked] == list(target_ids)
    bench.heard.wait(bench.settled)


def ids(bench: Bench) -> list[str]:
    return [target.target_id for target in bench.worker.status().targets]


def counts(status: Status) -> tuple[int, int, int, int]:
    return (
        status.frames_tracked,
        status.frames_dropped,
        status.frames_untargeted,
        status.frames_waiting,
    )


# ---- ids -----------------------------------------------------------------------------------------


def test_what_is_told_of_a_frame_alone_is_of_its_first_target() -> None:
    first, second = (
        TrackedTarget(
            name,
            TrackResult(np.array(box), 0.5, TrackState.TRACKING),
            State.TRACKING,
            partial(np.full, (1, 1), value),
        )
        for name, box, value in (("a", BOX, 1), ("b", ELSEWHERE, 2))
    )
    frame = Frame(None, stamp_ns=1, sequence=0)
    tracked = TrackedFrame(frame, np.zeros((32, 32, 3), np.uint8), (first, second), bool)
    assert (tracked.target_id, tracked.result.box.tolist()) == ("a", list(BOX))
    assert tracked.attention_map() == 1


def test_a_new_id_adds_a_target_and_a_known_one_starts_anew(bench: Bench) -> None:
    start(bench, "a")
    start(bench, "b", stamp=2)
    assert ids(bench) == ["a", "b"]
    first, second = bench.trackers
    start(bench, "a", stamp=3)
    assert ids(bench) == ["a", "b"], "it keeps its place"
    assert (first.model_version, second.model_version) == (2, 1)
    bench.send(4)
    bench.heard.wait(bench.settled)
    assert bench.heard.found == [(1, ["a"]), (2, ["a", "b"]), (3, ["a", "b"]), (4, ["a", "b"])]
    assert counts(bench.worker.status()) == (4, 0, 0, 0)


def test_an_empty_id_is_for_the_only_target_or_a_new_one(bench: Bench) -> None:
    first = ask(bench)
    bench.send(1)
    name = first.answer().target_id
    assert len(name) == 32
    again = ask(bench)
    bench.send(2)
    assert again.answer().target_id == name
    start(bench, "b", stamp=3)
    third = ask(bench)
    bench.send(4)
    assert third.answer().target_id not in (name, "b")
    assert ids(bench) == [name, "b", third.answer().target_id]


@pytest.mark.parametrize("target_id", ["d", ""])
def test_over_the_limit_the_answer_says_so_and_names_the_parameter(
    bench: Bench, target_id: str, caplog: Log
) -> None:
    start(bench, "a", "b", "c")
    refused = ask(bench, target_id)
    bench.send(2)
    refused.refused("there are 3 targets already, as many as max_targets allows (a, b, c): use")
    bench.heard.wait(bench.settled)
    assert "init box refused, the targets are kept: there are 3 targets already" in caplog.text
    assert bench.heard.found[-1] == (2, ["a", "b", "c"]), "its frame is tracked"
    assert len(bench.trackers) == 3


def test_boxes_for_one_frame_are_learned_together(bench: Bench) -> None:
    """And told in one result, however many wait for it and in whatever way they name it."""
    asked = [ask(bench, "a", 7), ask(bench, "b"), ask(bench, "c", 7)]
    bench.send(7)
    assert [one.answer().target_id for one in asked] == ["a", "b", "c"]
    bench.heard.wait(bench.settled)
    assert bench.heard.found == [(7, ["a", "b", "c"])]
    assert counts(bench.worker.status()) == (1, 0, 0, 0)


# ---- waiting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep_all", [False, True])
@pytest.mark.parametrize("stamps", list(itertools.product([0, 5], repeat=2)))
def test_a_box_takes_no_other_targets_place(
    make_bench: MakeBench, keep_all: bool, stamps: tuple[int, int]
) -> None:
    bench = make_bench(max_targets=2, keep_all=keep_all)
    bench.heard.wait(bench.settled)
    asked = [ask(bench, name, stamp) for name, stamp in zip("ab", stamps, strict=True)]
    bench.send(5)
    assert [one.answer().target_id for one in asked] == ["a", "b"]
    assert bench.heard.found == [(5, ["a", "b"])]


@pytest.mark.parametrize("keep_all", [False, True])
def test_of_one_targets_boxes_for_a_frame_the_newest_counts(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(max_targets=2, keep_all=keep_all)
    older, other, newer = (ask(bench, name, 5) for name in "aba")
    older.refused("a newer init box took its place")
    bench.send(5)
    assert newer.answer().accepted and other.answer().accepted
    assert bench.heard.found == [(5, ["b", "a"])]


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_target_that_was_learned_ends_no_other_ones_wait(
    make_bench: MakeBench, keep_all: bool
) -> None:
    bench = make_bench(max_targets=2, keep_all=keep_all)
    ahead, older = ask(bench, "b", 20), ask(bench, "a", 20)
    start(bench, "a", stamp=13)
    older.refused("a newer init box took its place")
    assert "waits for the frame stamped 0.000000020" in bench.worker.status().message
    bench.send(20)
    assert ahead.answer() == Answer(True, "b")
    assert bench.heard.found == [(13, ["a"]), (20, ["a", "b"])]


def test_frames_come_again_for_the_target_that_was_learned_in_one_before(bench: Bench) -> None:
    start(bench, "a")
    bench.send(2, 3, 4)
    bench.heard.wait(bench.settled)
    assert ask(bench, "b", 2).answer().accepted
    bench.heard.wait(bench.settled)
    bench.send(5)
    bench.heard.wait(bench.settled)
    assert bench.heard.found[4:] == [(2, ["b"]), (3, ["b"]), (4, ["b"]), (5, ["a", "b"])]
    assert counts(bench.worker.status()) == (5, 0, 0, 0), "each frame is counted once"


def test_frames_that_come_again_for_a_target_that_has_gone_are_dropped(bench: Bench) -> None:
    bench.send(1, 2, 3, 4)
    bench.heard.wait(bench.settled)
    assert ask(bench, "a", 4).answer().accepted
    bench.heard.wait(bench.settled)
    assert counts(bench.worker.status()) == (1, 0, 3, 0)
    on_result = bench.heard.on_result

    def forget_b(tracked: TrackedFrame, status: Status) -> None:
        bench.worker.reset("b")  # before the next frame is looked at
        on_result(tracked, status)

    bench.heard.on_result = forget_b  # type: ignore[method-assign]
    assert ask(bench, "b", 1).answer().accepted
    bench.heard.wait(bench.settled)
    assert bench.heard.found == [(4, ["a"]), (1, ["b"])]
    assert counts(bench.worker.status()) == (2, 2, 0, 0), "a has seen a newer frame than 2 and 3"


def test_a_stream_of_boxes_for_one_target_holds_back_no_other(make_bench: MakeBench) -> None:
    bench = make_bench(max_targets=2)
    start(bench, "a")
    bench.tracker.in_init = learning = Blocked()
    again = ask(bench, "a")
    bench.send(2)
    assert learning.busy.wait(TIMEOUT)
    ask(bench, "a").refused("init boxes come faster than they can be learned")
    other = ask(bench, "b")  # the same place in the image, and yet another target
    learning.go_on.set()
    assert again.answer().accepted
    bench.send(3)
    assert other.answer() == Answer(True, "b")


def test_a_stream_without_ids_is_that_of_the_only_target(make_bench: MakeBench) -> None:
    bench = make_bench(max_targets=2)
    bench.tracker.in_init = learning = Blocked()
    first = ask(bench)
    bench.send(1)
    assert learning.busy.wait(TIMEOUT)
    learning.go_on.set()
    name = first.answer().target_id
    learning.busy.clear()
    learning.go_on.clear()
    again = ask(bench)
    bench.heard.wait(bench.settled)
    bench.send(2)
    assert learning.busy.wait(TIMEOUT)
    ask(bench, name).refused("init boxes come faster than they can be learned")
    learning.go_on.set()
    assert again.answer().target_id == name


def test_ids_that_are_never_learned_fill_no_memory(make_bench: MakeBench) -> None:
    bench = make_bench(max_targets=2)
    start(bench, "a")
    for number in range(50):
        asked = ask(bench, f"new {number}", box=TOO_THIN)
        bench.send(2 + number)
        asked.refused("narrower than a pixel")
    assert set(bench.worker._books.streams._streams) <= {"a", "new 49"}
    assert set(bench.worker._queue._boxes) == set()


def test_boxes_of_several_targets_are_not_too_fast(make_bench: MakeBench, caplog: Log) -> None:
    bench = make_bench(max_targets=8, keep_all=True, loaded=False)
    names = [f"target {number}" for number in range(8)]
    asked = [ask(bench, name) for name in names]
    assert bench.worker.status().message == "loading the tracker"
    bench.send(1)
    bench.loaded.set()
    assert all(one.answer().accepted for one in asked)
    assert bench.heard.found == [(1, names)]
    assert caplog.messages == []


# ---- one of several ------------------------------------------------------------------------------


def test_one_is_reset_and_the_others_are_tracked_on(bench: Bench) -> None:
    start(bench, "a", "b", "c")
    asked, unnamed, unknown = Asked(), Asked(), Asked()
    bench.worker.reset("b", answered=asked)
    assert asked.answer() == Answer(True, "b")
    bench.worker.reset("b", answered=unknown)
    unknown.refused("there is no target 'b', only a, c")
    bench.worker.save_target(Path("anywhere"), answered=unnamed)
    unnamed.refused("there are several targets, name one of them: a, c")
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert bench.heard.found[-1] == (2, ["a", "c"])
    start(bench, "d", stamp=3)
    assert ids(bench) == ["a", "c", "d"]
    assert len(bench.trackers) == 3, "its tracker is used again"
    bench.worker.reset()
    bench.send(4)
    bench.heard.wait(lambda: bench.worker.status().frames_untargeted == 1)
    assert ids(bench) == []


def test_one_of_several_goes_through_a_file(bench: Bench, tmp_path: Path) -> None:
    start(bench, "a", "b")
    bench.trackers[1].box = np.array(ELSEWHERE)
    saved, loaded = Asked(), Asked()
    bench.worker.save_target(tmp_path / "b", "b", saved)
    assert saved.answer() == Answer(True, "b")
    assert load_target(tmp_path / "b").state["box"] == pytest.approx(ELSEWHERE)
    bench.trackers[1].box = np.array(BOX)
    bench.worker.load_target(tmp_path / "b", loaded)
    assert loaded.answer() == Answer(True, "b")
    assert ids(bench) == ["a", "b"]
    assert [one.state for one in bench.worker.status().targets] == [State.TRACKING, State.LOST]
    assert bench.trackers[0].box == pytest.approx(BOX)
    assert bench.trackers[1].box == pytest.approx(ELSEWHERE)
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert bench.heard.found[-1] == (2, ["a", "b"])


def test_a_file_adds_a_target_up_to_the_limit(bench: Bench, tmp_path: Path) -> None:
    for name in "abcd":
        save_target(tmp_path / name, SavedTarget({"box": np.array(BOX)}, name))
    for name in "abcd":
        loaded = Asked()
        bench.worker.load_target(tmp_path / name, loaded)
        if name == "d":
            loaded.refused("there are 3 targets already, as many as max_targets allows (a, b, c)")
        else:
            assert loaded.answer() == Answer(True, name)
    assert ids(bench) == ["a", "b", "c"]


def test_all_of_them_are_kept_by_themselves(make_bench: MakeBench, tmp_path: Path) -> None:
    options = {"max_targets": 2, "autosave_folder": tmp_path, "keep_all": True}
    bench = make_bench(**options, autosave_seconds=0.0)
    start(bench, "a", "b")
    stamps = itertools.count(2)

    def both() -> bool:
        bench.send(next(stamps))  # one is written at a time
        return all(file_of(tmp_path, name).is_file() for name in "ab")

    bench.heard.wait(both)
    bench.worker.close()
    again = make_bench(**options, autosave_seconds=1000.0)
    again.send(1)
    again.heard.wait(lambda: again.heard.stamps() == [1])
    assert sorted(again.heard.found[0][1]) == ["a", "b"]


def test_one_is_lost_while_another_is_tracked(bench: Bench) -> None:
    start(bench, "a", "b")
    bench.trackers[0].state = TrackState.LOST
    bench.send(2)
    bench.heard.wait(bench.settled)
    status = bench.worker.status()
    assert [(one.target_id, one.state) for one in status.targets] == [
        ("a", State.LOST),
        ("b", State.TRACKING),
    ]
    assert (status.target_id, status.state) == ("a", State.LOST)
    assert bench.heard.found[-1] == (2, ["a", "b"])


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_bad_box_harms_no_other_for_the_same_frame(bench: Bench, order: str) -> None:
    start(bench, "c")
    asked = {name: ask(bench, name, box=TOO_THIN if name == "b" else BOX) for name in order}
    bench.send(2)
    assert asked["a"].answer().accepted
    asked["b"].refused("narrower than a pixel")
    bench.heard.wait(bench.settled)
    assert bench.heard.found[-1] == (2, ["c", "a"])
    assert bench.worker.status().state == State.TRACKING
    assert counts(bench.worker.status()) == (2, 0, 0, 0)


def test_an_error_while_one_is_learned_costs_that_one_only(bench: Bench, caplog: Log) -> None:
    start(bench, "a", "b")

    def fail(image: np.ndarray) -> None:
        raise MemoryError("no memory left")

    bench.trackers[1].in_init = fail
    asked = ask(bench, "b")
    bench.send(2)
    asked.refused("MemoryError: no memory left")
    bench.heard.wait(bench.settled)
    assert bench.heard.found[-1] == (2, ["a"])
    assert ids(bench) == ["a"]
    assert "init box refused, the target is kept: MemoryError" in caplog.text


def test_an_error_while_one_is_tracked_costs_that_one_the_frame(bench: Bench, caplog: Log) -> None:
    start(bench, "a", "b")

    def fail(image: np.ndarray) -> None:
        raise MemoryError("no memory left")

    bench.trackers[0].in_track = fail
    bench.send(2)
    bench.heard.wait(bench.settled)
    assert bench.heard.found[-1] == (2, ["b"])
    said = "target a skips a frame: MemoryError: no memory left"
    assert said in caplog.text
    assert bench.worker.status().message.startswith(said)  # it is true of now
    bench.trackers[1].in_track = fail
    bench.send(3)
    bench.heard.wait(bench.settled)
    assert counts(bench.worker.status()) == (2, 1, 0, 0), "no target was looked for in frame 3"
    bench.trackers[0].in_track = bench.trackers[1].in_track = lambda image: None
    bench.send(4)
    bench.heard.wait(bench.settled)
    assert bench.heard.found[-1] == (4, ["a", "b"])
    assert bench.worker.status().message == ""


def test_an_image_that_no_target_can_be_learned_in_lets_all_boxes_wait(bench: Bench) -> None:
    start(bench, "c")
    asked = [ask(bench, "a"), ask(bench, "b"), ask(bench, "d", stamp=2)]
    bench.send(2, good=False)
    asked[2].refused("its frame cannot be used: the data is truncated")
    assert not asked[0].answers and not asked[1].answers
    bench.send(3)
    assert asked[0].answer().accepted and asked[1].answer().accepted
    assert bench.heard.found[-1] == (3, ["c", "a", "b"])
    assert counts(bench.worker.status()) == (2, 1, 0, 0)


def test_a_frame_is_converted_once_and_with_the_range_of_all(bench: Bench) -> None:
    asked: list[tuple[int, IntensityRange | None]] = []

    def convert(
        number: int | np.ndarray, intensity: IntensityRange | None
    ) -> tuple[np.ndarray, IntensityRange | None]:
        assert isinstance(number, int)
        asked.append((number, intensity))
        if number == 3:
            raise InvalidImageError("the data is truncated")
        return np.zeros((32, 32, 3), np.uint8), intensity or IntensityRange(number, number + 1)

    bench.worker._follower.to_rgb = convert

    def show(number: int) -> None:
        bench.worker.submit_frame(number, number)
        bench.heard.wait(bench.settled)

    ask(bench, "a")
    show(1)
    ask(bench, "b")
    show(2)
    ask(bench, "a")
    show(3)
    show(4)
    show(5)
    first = IntensityRange(1, 2)
    assert asked == [(1, None), (2, first), (3, first), (4, first), (5, first)]
    assert bench.heard.found[-1] == (5, ["a", "b"])


@pytest.mark.parametrize("keep_all", [False, True])
def test_every_frame_is_accounted_for(make_bench: MakeBench, keep_all: bool) -> None:
    bench = make_bench(max_targets=2, keep_all=keep_all, queue_size=5, buffer_size=4)
    generator = np.random.default_rng(1)
    asked = []
    for stamp in range(1, 150):
        bench.send(stamp, size=16 if generator.random() < 0.05 else 32)
        if generator.random() < 0.3:
            box = TOO_THIN if generator.random() < 0.2 else BOX
            at = int(generator.choice([0, stamp, stamp - 2, stamp + 2]))
            asked.append(ask(bench, str(generator.choice(["", "a", "b", "c"])), at, box))
        if generator.random() < 0.05:
            bench.worker.reset(str(generator.choice(["", "a", "b"])))
        if generator.random() < 0.3:
            bench.heard.wait(bench.settled)
        status = bench.worker.status()
        assert status.frames_received == sum(counts(status))
    bench.heard.wait(bench.settled)
    told = [*bench.heard.statuses, *(status for _, _, status in bench.heard.results)]
    assert all(status.frames_received == sum(counts(status)) for status in told)
    last = bench.worker.status()
    assert last.frames_waiting == 0
    assert last.frames_tracked == len({stamp for stamp, _ in bench.heard.found})
    bench.worker.close()
    assert all(len(one.answers) == 1 for one in asked)
    per_target: dict[str, list[int]] = {}
    for stamp, names in bench.heard.found:
        assert len(names) == len(set(names))
        for name in names:
            per_target.setdefault(name, []).append(stamp)
    assert len(per_target) > 2


def test_closing_ends_all_of_them(bench: Bench) -> None:
    start(bench, "a", "b")
    busy, go_on = threading.Event(), threading.Event()

    def wait(image: np.ndarray) -> None:
        busy.set()
        assert go_on.wait(TIMEOUT)

    bench.trackers[1].in_track = wait
    bench.send(2)
    assert busy.wait(TIMEOUT)
    assert not bench.worker.close(0.0)
    assert all(tracker.stopped.is_set() for tracker in bench.trackers)
    go_on.set()
    assert bench.worker.close(TIMEOUT)
    assert all(tracker.closed for tracker in bench.trackers)
