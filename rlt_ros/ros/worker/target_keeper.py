# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which targets have files, and when they are written: on request, and by themselves."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.worker.status import State
from rlt_ros.ros.worker.target_files import SUFFIX, TargetFiles, file_of
from rlt_ros.ros.worker.targets import Target
from rlt_ros.tracking import SavedTarget

Ended = Callable[[Exception | None], None]


class TargetKeeper:
    """Keeps targets in files, for the worker's thread.

    In `folder`, if there is one, each target has a file of its own: written when it is tracked
    first and again after so many `seconds`, removed when it is forgotten. `failed` is told what
    goes wrong, in the thread of the files.
    """

    def __init__(
        self,
        files: TargetFiles,
        folder: Path | None,
        seconds: float,
        failed: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._folder = folder
        self._seconds = seconds
        self._failed = failed
        self._clock = clock
        self._written: dict[str, float] = {}  # when, by target

    def save(
        self, path: Path, target: Target, intensity: IntensityRange | None, ended: Ended
    ) -> None:
        """Copy a target now, and write it later; `ended` is told what went wrong, or None."""
        notes = {} if intensity is None else {"low": intensity.low, "high": intensity.high}
        saved = target.tracker.saved_target(target.target_id, notes)
        self._files.save(path, saved, ended)

    def autosave(self, targets: Iterable[Target], intensity: IntensityRange | None) -> None:
        """Write those that are due, as long as they are tracked: one that is lost has its file."""
        for target in targets:
            last = self._written.get(target.target_id, -math.inf)
            due = self._clock() - last >= self._seconds
            if self._folder and due and target.state == State.TRACKING and not self._files.saving:
                self._written[target.target_id] = self._clock()
                path = file_of(self._folder, target.target_id)
                try:
                    self.save(path, target, intensity, self._told)
                except Exception as error:  # the frame has been tracked all the same
                    self._failed(error)

    def remove(self, target_id: str) -> None:
        """Remove what `autosave` has written of a target that is no more."""
        self._written.pop(target_id, None)
        if self._folder is not None:
            self._files.remove(file_of(self._folder, target_id))

    def kept(self) -> Iterator[Path]:
        """Yield the files of an earlier run, the newest first."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):  # saving will say what is wrong with it
            self._folder.mkdir(parents=True, exist_ok=True)
        files = [path for path in self._folder.glob(f"*{SUFFIX}") if path.is_file()]
        yield from sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)

    def _told(self, error: Exception | None) -> None:
        if error is not None:
            self._failed(error)


def intensity_of(saved: SavedTarget) -> IntensityRange | None:
    """Return the range of intensities that a target was saved with, see `TargetKeeper.save`."""
    low, high = (saved.notes.get(name) for name in ("low", "high"))
    if isinstance(low, float) and isinstance(high, float) and -math.inf < low < high < math.inf:
        return IntensityRange(low, high)
    return None
