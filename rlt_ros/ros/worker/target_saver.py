# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Targets that go to files and come back from them: when asked, by themselves, at the start."""

from __future__ import annotations

from pathlib import Path

from rlt_ros.complaints import Log
from rlt_ros.ros.error_texts import in_words
from rlt_ros.ros.worker.following import Follower
from rlt_ros.ros.worker.open_requests import OpenRequests
from rlt_ros.ros.worker.replies import Reply
from rlt_ros.ros.worker.reporting import Reporter
from rlt_ros.ros.worker.target_files import TargetFiles
from rlt_ros.ros.worker.target_keeper import TargetKeeper, intensity_of
from rlt_ros.ros.worker.targets import NoSuchTargetError, Targets
from rlt_ros.tracking import InvalidTargetError, SavedTarget
from rlt_ros.tracking.target_file import load_target


class TargetSaver:
    """Saves targets and takes them up, in the worker's thread; the files have their own."""

    def __init__(
        self,
        reporter: Reporter,
        requests: OpenRequests,
        follower: Follower,
        files: TargetFiles,
        keeper: TargetKeeper,
        log: Log,
    ) -> None:
        self._reporter = reporter
        self._requests = requests
        self._follower = follower
        self._files = files
        self._keeper = keeper
        self._log = log

    def save(self, targets: Targets, path: Path, target_id: str, reply: Reply) -> None:
        """Copy a target now, and answer when it is written."""
        target = targets.named(target_id)

        def ended(error: Exception | None) -> None:
            if error is None:
                reply.accept(target.target_id)
            else:
                warn_not_saved(self._reporter, error)
                reply.refuse(in_words(error))

        self._keeper.save(path, target, self._follower.intensity, ended)

    def load(self, path: Path, reply: Reply) -> None:
        """Read a file, then take up its target between two frames, and answer."""

        def ended(read: SavedTarget | Exception) -> None:
            self._requests.end_reading(reply)
            if isinstance(read, SavedTarget):
                self._requests.add_job(lambda targets: self._take_up(targets, read, reply), reply)
            else:
                self._not_loaded(read, reply)

        self._requests.begin_reading(reply)
        self._files.load(path, ended)

    def restore(self, targets: Targets, most: int) -> None:
        """Go on with the targets that an earlier run has kept, so many at most."""
        for path in list(self._keeper.kept())[:most]:
            try:
                self._take_up(targets, load_target(path), Reply())
            except InvalidTargetError as error:
                self._not_loaded(error, Reply())

    def _take_up(self, targets: Targets, saved: SavedTarget, reply: Reply) -> None:
        try:
            target = targets.take_up(saved)
        except (InvalidTargetError, NoSuchTargetError) as error:
            self._not_loaded(error, reply)
            return
        self._follower.keep(targets, target)
        if len(targets) == 1:
            self._follower.intensity = intensity_of(saved)
        self._follower.count(targets)
        self._log.info(f"target {target.target_id} was taken up from {saved.source}")
        reply.accept(target.target_id)
        self._reporter.announce()

    def _not_loaded(self, error: Exception, reply: Reply) -> None:
        text = in_words(error)
        self._reporter.warn("target not loaded", f"no target was loaded: {text}")
        reply.refuse(text)


def warn_not_saved(reporter: Reporter, error: Exception) -> None:
    """Log that a target was not written, and why."""
    reporter.warn("target not saved", f"a target was not saved: {in_words(error)}")
