# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Closing the worker, whatever it is doing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from scripted_tracker import ScriptedTracker
from worker_bench import BOX, TIMEOUT, Bench, Log, Recorder, to_rgb

from rlt_ros.ros.worker.tracking_worker import CLOSE_SECONDS, TrackingWorker
from rlt_ros.tracking import Tracker, TrackerStoppedError

MakeBench = Callable[..., Bench]


@pytest.mark.parametrize("keep_all", [False, True])
@pytest.mark.parametrize("what", ["in_init", "in_track"])
def test_closing_ends_what_the_tracker_does(
    make_bench: MakeBench, what: str, keep_all: bool, caplog: Log
) -> None:
    bench = make_bench(keep_all=keep_all)
    bench.follow(1)
    busy = threading.Event()

    def until_stopped(image: np.ndarray) -> None:
        busy.set()
        assert bench.tracker.stopped.wait(TIMEOUT)
        raise TrackerStoppedError("stopped")

    setattr(bench.tracker, what, until_stopped)
    if what == "in_init":
        bench.worker.submit_init(BOX)
    bench.send(2)
    assert busy.wait(TIMEOUT)
    bench.send(*range(3, 100))  # a backlog
    told = len(bench.heard.statuses)
    assert bench.worker.close(TIMEOUT)
    assert bench.tracker.closed
    assert bench.heard.stamps() == [1]
    assert len(bench.heard.statuses) == told
    assert not caplog.records


def test_closing_leaves_time_for_the_rest_of_a_nodes_end() -> None:
    assert CLOSE_SECONDS <= 2, "a node ends within 3 s"


def test_closing_waits_no_longer_than_its_limit(caplog: Log) -> None:
    tracker, loading, go_on = ScriptedTracker(), threading.Event(), threading.Event()

    def make() -> Tracker:
        loading.set()
        assert go_on.wait(TIMEOUT)
        return tracker

    heard = Recorder()
    worker = TrackingWorker(make, to_rgb, heard, logging.getLogger("worker"))
    worker.submit_init(BOX)
    worker.submit_frame(np.zeros((32, 32, 3), np.uint8), 1)
    worker.start()
    assert loading.wait(TIMEOUT)
    start = time.monotonic()
    assert not worker.close(0.1)
    assert time.monotonic() - start < TIMEOUT / 2
    assert not worker.close(0.1), "a second time likewise"
    (thread,) = [t for t in threading.enumerate() if t.name == "tracking_worker"]
    assert thread.daemon, "it would keep the process alive"
    go_on.set()
    thread.join(TIMEOUT)
    assert not thread.is_alive()
    assert tracker.closed
    assert heard.results == [], "it began to learn although it was closed"
    assert worker.close(0.1)


def test_a_failure_to_load_after_closing_is_nobodys_concern() -> None:
    loading, go_on = threading.Event(), threading.Event()

    def make() -> Tracker:
        loading.set()
        assert go_on.wait(TIMEOUT)
        raise RuntimeError("interrupted")

    heard = Recorder()
    worker = TrackingWorker(make, to_rgb, heard, logging.getLogger("worker"))
    worker.start()
    assert loading.wait(TIMEOUT)
    worker.close(0.0)
    go_on.set()
    assert worker.close(TIMEOUT)
    assert heard.fatal is None
