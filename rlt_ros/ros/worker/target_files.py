# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A thread that reads and writes target files, so that no frame waits for a disk."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from rlt_ros.tracking import SavedTarget
from rlt_ros.tracking.target_file import load_target, save_target

SUFFIX = ".safetensors"


class TargetFiles:
    """Does one job after the other; each tells its end to a callback, in this thread.

    The thread starts with the first job. It is a daemon: a disk that hangs must not keep the
    process alive, and a file that is half written then has not got its name.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._saves = 0
        self._thread = threading.Thread(target=self._run, name="target_files", daemon=True)

    @property
    def saving(self) -> bool:
        """Whether a target is to be written yet."""
        with self._lock:
            return self._saves > 0

    def save(
        self, path: Path, target: SavedTarget, ended: Callable[[Exception | None], None]
    ) -> None:
        """Write a target; `ended` is told what went wrong, or None."""

        def job() -> None:
            try:
                try:
                    save_target(path, target)
                finally:
                    self._count_save(-1)
            except Exception as error:  # whatever it is, the target lives on without its file
                ended(error)
            else:
                ended(None)

        self._count_save(1)
        self._add(job)

    def load(self, path: Path, ended: Callable[[SavedTarget | Exception], None]) -> None:
        """Read a target; `ended` is told what was read, or what went wrong."""

        def job() -> None:
            read: SavedTarget | Exception
            try:
                read = load_target(path)
            except Exception as error:
                read = error
            ended(read)

        self._add(job)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there and can be removed."""

        def job() -> None:
            with contextlib.suppress(OSError):  # then it is taken up again after a restart
                path.unlink(missing_ok=True)

        self._add(job)

    def close(self, seconds: float) -> None:
        """End the thread after what waits; returns after so many seconds at the latest."""
        if self._thread.ident is not None:
            self._jobs.put(None)
            self._thread.join(seconds)

    def _count_save(self, change: int) -> None:
        with self._lock:
            self._saves += change

    def _add(self, job: Callable[[], None]) -> None:
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()
        self._jobs.put(job)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def file_of(folder: Path, target_id: str) -> Path:
    """Return the file of a target in a folder: one for each id, whatever characters it has."""
    return folder / f"{quote(target_id, safe='')}{SUFFIX}"
