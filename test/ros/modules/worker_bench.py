# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the worker's tests share: a worker around a scripted tracker, and who listens to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pytest
from scripted_tracker import ScriptedTracker

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.ros.worker.init_requests import Learning
from rlt_ros.ros.worker.open_requests import Job
from rlt_ros.ros.worker.tracking_worker import Status, TrackedFrame, TrackingWorker
from rlt_ros.tracking import InvalidImageError, Tracker

TIMEOUT = 20.0
BOX = (4.0, 4.0, 8.0, 8.0)


class Recorder:
    """Keeps all that the worker tells; `wait` returns once a condition on it holds."""

    def __init__(self) -> None:
        self.results: list[tuple[int, str, Status]] = []
        self.found: list[tuple[int, list[str]]] = []  # a stamp, and the targets told for it
        self.refused: list[list[Any]] = []  # boxes that hold no lost target, of each result
        self.statuses: list[Status] = []
        self.fatal: Exception | None = None
        self.changed = threading.Condition()

    def on_result(self, tracked: TrackedFrame, status: Status) -> None:
        with self.changed:
            self.results.append((tracked.frame.stamp_ns, tracked.target_id, status))
            ids = [target.target_id for target in tracked.targets]
            self.found.append((tracked.frame.stamp_ns, ids))
            self.refused.append(list(tracked.refused))
            self.changed.notify_all()

    def on_status(self, status: Status, frame: Frame | None) -> None:
        with self.changed:
            self.statuses.append(status)
            self.changed.notify_all()

    def on_fatal(self, error: Exception) -> None:
        with self.changed:
            self.fatal = error
            self.changed.notify_all()

    def wait(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, (self.results, self.statuses)
            with self.changed:
                self.changed.wait(0.01)

    def stamps(self) -> list[int]:
        return [stamp for stamp, _, _ in self.results]

    def messages(self) -> list[str]:
        return [status.message for status in self.statuses]


class Bench:
    """A worker, its trackers and its recorder. A frame is its image, None if it is unreadable.

    `tracker` is the first of the `trackers`.
    """

    def __init__(self, loaded: bool = True, **options: Any) -> None:
        self.tracker = ScriptedTracker()
        self.trackers: list[ScriptedTracker] = []
        self.heard = Recorder()
        self.loaded = threading.Event()
        if loaded:
            self.loaded.set()
        self.worker = TrackingWorker(
            self._make,
            to_rgb,
            self.heard,
            logging.getLogger("worker"),
            **options,
        )
        self._idle = False
        self._take = self.worker._queue.take
        self.worker._queue.take = self._note_idleness  # type: ignore[method-assign]
        self._next_job = self.worker._requests.next_job
        self.worker._requests.next_job = self._note_job  # type: ignore[method-assign]
        self.worker.start()

    def _make(self) -> Tracker:
        assert self.loaded.wait(TIMEOUT)
        self.trackers.append(ScriptedTracker() if self.trackers else self.tracker)
        return self.trackers[-1]

    def send(self, *stamps: int, size: int = 32, good: bool = True) -> None:
        for stamp in stamps:
            self.worker.submit_frame(np.zeros((size, size, 3), np.uint8) if good else None, stamp)

    def follow(self, stamp: int = 1) -> str:
        """Start a target on a frame of its own and return the target's id."""
        before = len(self.heard.results)
        self.worker.submit_init(BOX, stamp)
        self.send(stamp)
        self.heard.wait(lambda: len(self.heard.results) > before)
        return self.heard.results[before][1]

    def _note_idleness(self, hold: Collection[str] = ()) -> Frame | Learning | None:
        item = self._take(hold)
        self._idle = item is None
        return item

    def _note_job(self) -> Job | None:
        job = self._next_job()
        self._idle = self._idle and job is None
        return job

    def settled(self) -> bool:
        """Whether the worker has dealt with all that can be dealt with."""
        with self.worker._wake:
            waits = self.worker._queue or self.worker._requests._jobs
            return self._idle and not waits

    def wait_until_idle(self) -> None:
        """Wait until no frame waits; a box that is held back may."""

        def is_idle() -> bool:
            with self.worker._wake:
                return self._idle and not self.worker._queue.frame_waits

        self.heard.wait(is_idle)

    def targets(self) -> list[list[int]]:
        """Return the stamps of the frames of each target, one after the other."""
        found: dict[str, list[int]] = {}
        for stamp, target, _ in self.heard.results:
            found.setdefault(target, []).append(stamp)
        return list(found.values())

    def wait_taken(self) -> None:
        """Wait until the worker has taken every frame and box handed over so far."""
        self.heard.wait(lambda: not self.worker._queue)


MakeBench = Callable[..., Bench]
Log = pytest.LogCaptureFixture


def to_rgb(
    message: np.ndarray | None, intensity: IntensityRange | None
) -> tuple[np.ndarray, IntensityRange | None]:
    if message is None:
        raise InvalidImageError("the data is truncated")
    return message, intensity
