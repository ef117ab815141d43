# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning on a copy of the classifier, in a thread of its own or in lockstep."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from rlt_ros.tracking.compute.cpu_threads import FINE_TUNING_THREADS, threads_here
from rlt_ros.tracking.compute.stopping import StopSignal, check_stop
from rlt_ros.tracking.compute.turns import Turns
from rlt_ros.tracking.learning.classifier import Classifier

BACKGROUND_NICENESS = 5


class FineTuned(NamedTuple):
    """A finished update.

    Attributes:
        classifier: the trained copy.
        seconds: how long training took, without the wait for its turn.
    """

    classifier: Classifier
    seconds: float


class FineTuner:
    """Runs one update at a time, and none while another target of the same ``turns`` trains.

    Args:
        background: train in the executor thread; otherwise in the caller's.
        stop: ends a running update at its next step.
        turns: to train.
    """

    def __init__(self, background: bool, stop: StopSignal, turns: Turns) -> None:
        self._executor = (
            ThreadPoolExecutor(
                max_workers=1, thread_name_prefix="fine_tuning", initializer=_give_way
            )
            if background
            else None
        )
        self._stop = stop
        self._turns = turns
        self._unwanted = StopSignal()  # ends the running update alone
        self._running: Future[FineTuned] | None = None

    @property
    def busy(self) -> bool:
        """Whether an update is running or waits to be taken."""
        return self._running is not None

    def start(self, job: Callable[[], Classifier]) -> None:
        """Run ``job``, which returns the trained copy; only when not ``busy``."""
        unwanted = self._unwanted = StopSignal()

        def run() -> FineTuned:
            with self._stop.heeded(), unwanted.heeded(), self._turns.one():
                check_stop()
                start = time.perf_counter()
                classifier = job()
                return FineTuned(classifier, time.perf_counter() - start)

        if self._executor is None:
            self._running = _finished(run)
            return

        def run_beside_tracking() -> FineTuned:
            with threads_here(FINE_TUNING_THREADS):
                return run()

        try:
            self._running = self._executor.submit(run_beside_tracking)
        except RuntimeError as error:  # no thread can be started
            unwanted.set()  # it stays in the executor's queue
            self._running = Future()
            self._running.set_exception(error)

    def take(self) -> FineTuned | None:
        """Return a finished update once, or None; never waits.

        Raises whatever the job raised.
        """
        if self._running is None or not self._running.done():
            return None
        finished, self._running = self._running, None
        return finished.result()

    def discard(self) -> None:
        """Have a running update end at its next step, and forget it."""
        self._unwanted.set()
        if self._running is not None:
            wait([self._running])
            self._running = None

    def close(self, limit: float) -> None:
        """Have a running update end at its next step, and end the thread.

        Waits ``limit`` seconds at most; a thread that takes longer ends by itself.
        """
        self._unwanted.set()
        running, self._running = self._running, None
        executor, self._executor = self._executor, None
        late = wait([running], limit).not_done if running is not None else set()
        if executor is not None:
            executor.shutdown(wait=not late)


def _give_way() -> None:
    """Lower the thread's priority, where each has its own (Linux): frames come first."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):  # then it is as urgent as the frames
            if os.getpriority(os.PRIO_PROCESS, thread) < BACKGROUND_NICENESS:
                os.setpriority(os.PRIO_PROCESS, thread, BACKGROUND_NICENESS)


def _finished(run: Callable[[], FineTuned]) -> Future[FineTuned]:
    future: Future[FineTuned] = Future()
    try:
        future.set_result(run())
    except Exception as error:
        future.set_exception(error)
    return future
