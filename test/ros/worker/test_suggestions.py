# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes of a detector, for targets that are lost."""

from __future__ import annotations

from typing import Any

import pytest
from asked import Asked
from worker_bench import BOX, Bench, MakeBench

from rlt_ros.ros.worker.frames import Frame
from rlt_ros.ros.worker.suggestions import MOST_BOXES, Suggestion, Suggestions, without_targets
from rlt_ros.tracking import TrackState

LEFT, RIGHT = (1.0, 1.0, 8.0, 8.0), (20.0, 20.0, 8.0, 8.0)
OUTSIDE = (100.0, 100.0, 8.0, 8.0)
SECOND = 1_000_000_000


def frame(sequence: int, stamp_ns: int = 0, frame_id: str = "") -> Frame:
    return Frame(None, stamp_ns=stamp_ns, sequence=sequence, frame_id=frame_id)


def suggestion(box: Any = LEFT, after: int = 0, stamp: int = 0, frame_id: str = "") -> Suggestion:
    return Suggestion((box,), stamp, frame_id, after)


def test_they_count_for_the_next_frame_and_once() -> None:
    waiting = Suggestions()
    waiting.add(suggestion(LEFT, after=2))
    assert waiting.take(frame(1)) == ()
    waiting.add(suggestion(RIGHT, after=4))
    assert waiting.take(frame(2)) == (LEFT,)
    assert waiting.take(frame(3)) == ()
    assert waiting.take(frame(4)) == (RIGHT,)
    assert waiting.take(frame(5)) == ()


def test_of_several_the_newest_counts() -> None:
    waiting = Suggestions()
    waiting.add(suggestion(LEFT, after=1))
    waiting.add(suggestion(RIGHT, after=2))
    assert waiting.take(frame(3)) == (RIGHT,)
    assert waiting.take(frame(4)) == ()


@pytest.mark.parametrize(
    ("stamp", "frame_id", "counts"),
    [
        (10 * SECOND, "camera", True),
        (9 * SECOND, "", True),
        (9 * SECOND - 1, "", False),
        (11 * SECOND + 1, "", False),
        (0, "", True),
        (10 * SECOND, "other", False),
    ],
)
def test_they_are_of_the_same_camera_and_of_about_now(
    stamp: int, frame_id: str, counts: bool
) -> None:
    waiting = Suggestions()
    waiting.add(suggestion(stamp=stamp, frame_id=frame_id))
    assert waiting.take(frame(0, 10 * SECOND, "camera")) == ((LEFT,) if counts else ())


def test_they_count_for_a_frame_without_stamp() -> None:
    waiting = Suggestions()
    waiting.add(suggestion(stamp=10 * SECOND))
    assert waiting.take(frame(0)) == (LEFT,)


def test_no_more_are_looked_at_than_can_be_afforded() -> None:
    waiting = Suggestions()
    boxes = tuple((float(x), 0.0, 5.0, 5.0) for x in range(20))
    waiting.add(Suggestion(boxes, 0, "", 0))
    assert waiting.take(frame(0)) == boxes[:MOST_BOXES]


def test_what_is_a_target_already_is_left_out() -> None:
    boxes = [(0.0, 0.0, 10.0, 10.0), (50.0, 0.0, 10.0, 10.0)]
    assert without_targets(boxes, [(2.0, 2.0, 10.0, 10.0)]) == boxes[1:]
    assert without_targets(boxes, [(7.0, 0.0, 10.0, 10.0)]) == boxes
    assert without_targets(boxes, []) == boxes
    assert without_targets(boxes, [(0.0, 0.0, 3.0, 10.0)]) == boxes, "an IoU of .3 is not above it"


def start(bench: Bench, *target_ids: str) -> None:
    for stamp, target_id in enumerate(target_ids, 1):
        asked = Asked()
        bench.worker.submit_init(BOX, stamp, target_id=target_id, answered=asked)
        bench.send(stamp)
        assert asked.answer().target_id == target_id
    bench.heard.wait(bench.settled)


def send(bench: Bench, stamp: int) -> None:
    bench.send(stamp)
    bench.heard.wait(lambda: stamp in bench.heard.stamps())


def test_lost_targets_alone_are_looked_for_there(make_bench: MakeBench) -> None:
    bench = make_bench(max_targets=3, keep_all=True)
    start(bench, "a", "b", "c")
    trackers = bench.trackers
    trackers[1].state = trackers[2].state = TrackState.LOST
    send(bench, 4)
    for tracker in trackers:
        tracker.suggested.clear()
        tracker.believes = True
    bench.worker.suggest([OUTSIDE, LEFT, RIGHT])
    send(bench, 5)
    # What is outside is left out, and what one has found is not for the other.
    assert [tracker.suggested for tracker in trackers] == [[[]], [[LEFT, RIGHT]], [[RIGHT]]]
    assert [target.target_id for target in bench.worker.status().targets] == ["a", "b", "c"]
    assert bench.heard.refused[-1] == [OUTSIDE]
    send(bench, 6)
    assert [tracker.suggested[1:] for tracker in trackers] == [[[]]] * 3
    assert bench.heard.refused[-1] == []


def test_boxes_that_hold_no_lost_target_are_told(make_bench: MakeBench) -> None:
    bench = make_bench(keep_all=True)
    start(bench, "a")
    bench.worker.suggest([LEFT])
    send(bench, 2)
    assert bench.heard.refused[-1] == [], "nobody was lost, and nothing compared"
    bench.tracker.state = TrackState.LOST
    send(bench, 3)
    bench.worker.suggest([LEFT, RIGHT])
    send(bench, 4)
    assert bench.heard.refused[-1] == [LEFT, RIGHT]
