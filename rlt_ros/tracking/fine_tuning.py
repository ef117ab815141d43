# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning on a copy of the classifier, in a thread of its own or in lockstep."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import torch

from rlt_ros.tracking.classifier import Classifier
from rlt_ros.tracking.cpu_threads import FINE_TUNING_THREADS

BACKGROUND_NICENESS = 5


class FineTuned(NamedTuple):
    """A finished update.

    Attributes:
        classifier: the trained copy.
        seconds: how long training took.
    """

    classifier: Classifier
    seconds: float


class FineTuner:
    """Runs one update at a time.

    Args:
        background: train in the executor thread; otherwise in the caller's.
    """

    def __init__(self, background: bool) -> None:
        self._executor = (
            ThreadPoolExecutor(
                max_workers=1,
                thread_name_prefix="fine_tuning",
                initializer=_prepare_thread,
            )
            if background
            else None
        )
        self._running: Future[FineTuned] | None = None

    @property
    def busy(self) -> bool:
        """Whether an update is running or waits to be taken."""
        return self._running is not None

    def start(self, job: Callable[[], Classifier]) -> None:
        """Run ``job``, which returns the trained copy; only when not ``busy``."""
        if self._executor is not None:
            self._running = self._executor.submit(_timed, job)
        else:
            finished: Future[FineTuned] = Future()
            finished.set_result(_timed(job))
            self._running = finished

    def take(self) -> FineTuned | None:
        """Return a finished update once, or None; never waits.

        Raises whatever the job raised.
        """
        if self._running is None or not self._running.done():
            return None
        finished, self._running = self._running, None
        return finished.result()

    def discard(self) -> None:
        """Wait for a running update and forget it."""
        if self._running is not None:
            self._running.exception()
            self._running = None

    def close(self) -> None:
        """Wait for a running update and end the thread."""
        self.discard()
        if self._executor is not None:
            self._executor.shutdown()


def _prepare_thread() -> None:
    torch.set_num_threads(FINE_TUNING_THREADS)  # PyTorch keeps this number per thread
    if sys.platform == "linux":
        # Only there has each thread a priority of its own; frames come first.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND_NICENESS)


def _timed(job: Callable[[], Classifier]) -> FineTuned:
    start = time.perf_counter()
    classifier = job()
    return FineTuned(classifier, time.perf_counter() - start)
