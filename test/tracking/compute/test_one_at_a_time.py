# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calls that would never end, or mix with others, are refused in words."""

from __future__ import annotations

import copy
import os
import pickle
import select
import signal
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, make_config

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]
LIMIT = 60.0  # seconds


def in_a_fork(call: Callable[[], object]) -> str:
    """Return what comes of a call in a fork of this process; nothing if it never ends."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of what is tested here
        child = os.fork()
    if child == 0:
        try:
            text = repr(call())
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 4096) if select.select([reader], [], [], LIMIT)[0] else b""
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said.decode()


def test_in_a_forked_process_nothing_waits_for_threads_that_are_not_there(
    frames: Frames, few: dict[str, Any]
) -> None:
    config = make_config(**{**few, "update_mode": "background"})
    with Tracker(config) as tracker:
        tracker.init(*frames[0])
        tracker.track(frames[1][0])
        calls: dict[str, Callable[[], object]] = {
            "init": lambda: tracker.init(*frames[0]),
            "track": lambda: tracker.track(frames[2][0]),
            "map": tracker.attention_map,
            "new": lambda: Tracker(config),
        }
        for name, call in calls.items():
            said = in_a_fork(call)
            assert said.startswith("RuntimeError: this process was forked"), (name, said)
            assert "get_context('spawn')" in said
        assert in_a_fork(tracker.close) == "None"
        assert tracker.track(frames[2][0]).box.shape == (4,)


def test_in_the_middle_of_a_call_there_is_no_other(frames: Frames, few: dict[str, Any]) -> None:
    config = make_config(**few)
    with Tracker(config) as tracker:
        expected = tracker.init(*frames[0])
        saved = tracker.saved_target()
        calls: dict[str, Callable[[], object]] = {
            "init": lambda: tracker.init(*frames[0]),
            "track": lambda: tracker.track(frames[1][0]),
            "forget": tracker.forget,
            "saved_target": tracker.saved_target,
            "take_up": lambda: tracker.take_up(saved),
        }
        refused: list[str] = []

        def call_all() -> None:
            for name, call in calls.items():
                with pytest.raises(RuntimeError, match="in the middle of another call"):
                    call()
                refused.append(name)

        def look(steps: int) -> None:
            if steps == 1:
                call_all()
                other = threading.Thread(target=call_all)
                other.start()
                other.join()
                assert tracker.attention_map().shape == frames[0][0].shape[:2]

        result = tracker.init(*frames[0], on_step=look)
        assert refused == 2 * list(calls)
        np.testing.assert_array_equal(result.box, expected.box)
        assert result.score == expected.score


def test_a_tracker_is_not_copied_but_its_target_is(frames: Frames, few: dict[str, Any]) -> None:
    with Tracker(make_config(**few)) as tracker, Tracker(make_config(**few)) as other:
        tracker.init(*frames[0])
        for copied in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match=r"saved_target\(\) can"):
                copied(tracker)
        other.take_up(pickle.loads(pickle.dumps(tracker.saved_target("head"))))
        tracker.search_anew()
        image = frames[1][0]
        np.testing.assert_array_equal(other.track(image).box, tracker.track(image).box)
