# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings

import pytest

from rlt_ros.ros.worker.box_stream import Box, BoxStream

HERE = (100.0, 100.0, 50.0, 50.0)
BESIDE = (104.0, 100.0, 50.0, 50.0)  # IoU .85 with HERE
NEAR = (110.0, 100.0, 50.0, 50.0)  # IoU .67
ELSEWHERE = (300.0, 100.0, 50.0, 50.0)


def learned(box: Box = HERE, seconds: float = 0.7, at: float = 10.0) -> BoxStream:
    """Return a stream in which one box has been learned."""
    stream = BoxStream()
    assert stream.add(box, at - seconds) == (False, False)
    stream.begin_learning(box)
    stream.end_learning(at, seconds)
    stream.see_target(box)
    return stream


@pytest.mark.parametrize("box", [HERE, BESIDE, NEAR, ELSEWHERE])
def test_a_box_that_comes_alone_is_learned_at_once(box: Box) -> None:
    stream = learned()
    assert stream.add(box, 10.01) == (False, False)


@pytest.mark.parametrize(
    "box, left_out", [(HERE, True), (BESIDE, True), (NEAR, False), (ELSEWHERE, False)]
)
def test_while_one_is_learned_the_same_place_is_left_out(box: Box, left_out: bool) -> None:
    stream = BoxStream()
    stream.add(HERE, 1.0)
    stream.begin_learning(HERE)
    assert stream.add(box, 1.4) == (True, left_out)
    assert bool(stream.message(1.5)) == left_out


@pytest.mark.parametrize("side, left_out", [(7.0, False), (7.5, True)])
def test_the_same_place_is_an_iou_above_seven_tenths(side: float, left_out: bool) -> None:
    stream = BoxStream()
    stream.begin_learning((0.0, 0.0, 10.0, 10.0))
    assert stream.add((0.0, 0.0, side, 10.0), 1.0) == (True, left_out)


def test_numbers_that_nobody_has_looked_at_cause_no_warning() -> None:
    stream = BoxStream()
    stream.begin_learning(HERE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for box in ((0.0, 0.0, 1e300, 1e300), (0.0, 0.0, float("nan"), 1.0)):
            assert stream.add(box, 1.0) == (True, False)


def test_before_anything_was_learned_boxes_are_no_stream() -> None:
    stream = BoxStream()
    for number in range(3):
        assert stream.add(HERE, 1.0 + number / 1000) == (False, False)


def test_a_pause_as_long_as_learning_ends_a_stream() -> None:
    stream = learned(seconds=0.5, at=10.0)
    stream.add(HERE, 10.25)
    stream.leave_out()
    assert stream.message(10.5) != ""
    assert stream.message(10.75) == ""
    assert stream.add(HERE, 10.75) == (False, False)


def test_a_streams_box_waits_until_none_has_come_for_as_long_as_learning_takes() -> None:
    stream = learned()
    stream.add(BESIDE, 10.0 + 1.0)
    in_stream, left_out = stream.add(BESIDE, 10.0 + 1.5)
    assert (in_stream, left_out) == (True, False)
    assert stream.wait_for(BESIDE, came=11.5, now=11.5) == pytest.approx(0.7)
    assert stream.wait_for(BESIDE, came=11.5, now=12.0) == pytest.approx(0.2)
    assert stream.wait_for(BESIDE, came=11.5, now=12.2) == 0.0


def test_however_long_learning_takes_five_seconds_end_a_stream() -> None:
    stream = learned(seconds=31.0, at=40.0)
    stream.add(HERE, 41.0)
    assert stream.add(HERE, 45.9)[0]
    assert stream.wait_for(HERE, came=45.9, now=45.9) == pytest.approx(5.0)
    assert not stream.add(HERE, 51.0)[0]


@pytest.mark.parametrize("box", [HERE, BESIDE, ELSEWHERE])
def test_while_the_target_is_out_of_sight_too_tracking_has_its_time_first(box: Box) -> None:
    """Three times as long as learning took; or the stream ends."""
    stream = learned()
    stream.see_target(None)
    assert stream.wait_for(box, came=12.0, now=12.0) == pytest.approx(0.1)
    assert stream.wait_for(box, came=12.1, now=12.1) == 0.0
    assert stream.wait_for(box, came=10.1, now=10.8) == 0.0
    stream.see_target(HERE)
    assert stream.wait_for(HERE, came=12.1, now=12.1) == pytest.approx(0.7)


def test_without_a_target_no_box_waits() -> None:
    assert BoxStream().wait_for(HERE, came=10.1, now=10.1) == 0.0
    stream = learned()
    stream.forget_target()
    assert stream.wait_for(HERE, came=10.1, now=10.1) == 0.0


def test_a_streams_box_of_another_place_waits_until_tracking_had_its_time() -> None:
    stream = learned()
    assert stream.wait_for(ELSEWHERE, came=12.0, now=12.0) == pytest.approx(0.1)
    assert stream.wait_for(NEAR, came=12.1, now=12.1) == 0.0
    assert stream.wait_for(BESIDE, came=12.1, now=12.1) > 0


def test_the_message_counts_and_ends_with_the_stream() -> None:
    stream = learned()
    assert stream.message(10.0) == ""
    for number in range(3):
        stream.add(HERE, 10.1 + number / 30)
        stream.leave_out()
    assert "send one, let it be tracked" in stream.message(10.3)
    assert "(3 left out so far)" in stream.message(10.3)
    assert stream.message(11.0) == ""
    stream.add(HERE, 20.0)
    assert stream.message(20.0) == ""
