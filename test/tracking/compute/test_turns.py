# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import pytest

from rlt_ros.tracking import TrackerStoppedError
from rlt_ros.tracking.compute.stopping import StopSignal
from rlt_ros.tracking.compute.turns import Turns

PATIENCE = 60.0


def taken(turns: Turns) -> bool:
    return turns.taken


def test_one_thread_at_a_time_has_its_turn() -> None:
    turns = Turns()
    order: list[str] = []
    first_in, first_may_end = threading.Event(), threading.Event()

    def first() -> None:
        with turns.one():
            first_in.set()
            assert first_may_end.wait(PATIENCE)
            order.append("first")

    def second() -> None:
        with turns.one():
            order.append("second")

    assert not taken(turns)
    threads = [threading.Thread(target=job) for job in (first, second)]
    threads[0].start()
    assert first_in.wait(PATIENCE)
    assert taken(turns)
    threads[1].start()
    first_may_end.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["first", "second"]
    assert not turns.taken


def test_ones_own_turn_is_no_others() -> None:
    turns = Turns()
    with turns.one():
        assert not turns.taken


def test_who_is_told_to_stop_waits_no_more() -> None:
    turns, stop = Turns(), StopSignal()
    with turns.one():
        ended = threading.Event()

        def wait() -> None:
            with stop.heeded(), pytest.raises(TrackerStoppedError), turns.one():
                pass
            ended.set()

        thread = threading.Thread(target=wait)
        thread.start()
        stop.set()
        assert ended.wait(PATIENCE)
        thread.join(PATIENCE)
    assert not turns.taken


def test_an_error_ends_a_turn() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="lost"), turns.one():
        raise ValueError("lost")
    with turns.one():
        pass
