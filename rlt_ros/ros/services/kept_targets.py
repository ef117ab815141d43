# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Targets of a node that is inactive: they wait in files, as its tracker and memory are gone."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rlt_ros.ros.worker.replies import Answer
from rlt_ros.ros.worker.tracking_worker import TrackingWorker

SECONDS = 5.0
"""Saving the targets takes no longer than this; the others are forgotten."""


class KeptTargets:
    """Takes targets from one worker and gives them to the next.

    Args:
        warn: logs what could not be kept.
    """

    def __init__(self, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self._folder: Path | None = None
        self._files: list[Path] = []

    def take(self, worker: TrackingWorker, goes_on: Callable[[], bool]) -> None:
        """Keep the targets that a worker has; waits for that."""
        self.forget()
        names = [target.target_id for target in worker.status().targets]
        if not names:
            return
        self._folder = Path(tempfile.mkdtemp(prefix="rlt_ros_"))
        waiting = []
        for number, name in enumerate(names):
            path = self._folder / f"{number}.safetensors"
            waiting.append((path, _Wait()))
            worker.save_target(path, name, answered=waiting[-1][1])
        deadline = time.monotonic() + SECONDS
        for (path, wait), name in zip(waiting, names, strict=True):
            reason = wait.reason(deadline, goes_on)
            if reason:
                self._warn(f"target {name} is not kept while the node is inactive: {reason}")
            else:
                self._files.append(path)

    def give(self, worker: TrackingWorker) -> None:
        """Let a worker go on with them; they are in its hands from then on."""
        left = len(self._files)
        lock = threading.Lock()

        def answered(reply: Answer) -> None:
            nonlocal left
            with lock:
                left -= 1
                done = left == 0
            if not reply.accepted:
                self._warn(f"a target is not tracked any more: {reply.reason}")
            if done and folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

        files, folder = self._files, self._folder
        self._files, self._folder = [], None
        for path in files:
            worker.load_target(path, answered=answered)

    def forget(self) -> None:
        """Keep nothing."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._files, self._folder = [], None


class _Wait:
    """Waits for an answer."""

    def __init__(self) -> None:
        self._answer: Answer | None = None
        self._given = threading.Event()

    def __call__(self, answer: Answer) -> None:
        self._answer = answer
        self._given.set()

    def reason(self, deadline: float, goes_on: Callable[[], bool]) -> str:
        """Return why it was not done; empty if it was."""
        while not self._given.wait(0.1):
            if time.monotonic() > deadline or not goes_on():
                return f"it could not be saved within {SECONDS:g} s"
        assert self._answer is not None
        return self._answer.reason
