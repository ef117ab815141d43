# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Following the targets from frame to frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.error_texts import in_words, place
from rlt_ros.ros.worker.books import Books
from rlt_ros.ros.worker.box_stream import Box
from rlt_ros.ros.worker.frames import Fate, Frame
from rlt_ros.ros.worker.init_requests import Problem, seconds
from rlt_ros.ros.worker.reporting import Reporter
from rlt_ros.ros.worker.status import State, Status, TrackedFrame
from rlt_ros.ros.worker.suggestions import without_targets
from rlt_ros.ros.worker.target_keeper import TargetKeeper
from rlt_ros.ros.worker.targets import Target, Targets
from rlt_ros.tracking import TrackerStoppedError

JUMP_SECONDS = 1.0
"""Stamps that go back by more than this have jumped; by less, a frame is out of order."""

ToRgb = Callable[[Any, IntensityRange | None], tuple[np.ndarray, IntensityRange | None]]


class Follower:
    """Looks for all targets in a frame, and hands out what was found. For the worker's thread.

    A frame is converted once, with `intensity`, which all targets share.
    """

    def __init__(
        self,
        books: Books,
        reporter: Reporter,
        keeper: TargetKeeper,
        to_rgb: ToRgb,
        forget_on_jump: bool,
    ) -> None:
        self._books = books
        self._reporter = reporter
        self._keeper = keeper
        self.to_rgb = to_rgb
        self._forget_on_jump = forget_on_jump
        self.intensity: IntensityRange | None = None
        self._last_stamp_ns, self._last_sequence = 0, -1
        # Of the last frame:
        self._refused: Sequence[Box] = ()  # boxes suggested for it, see TrackedFrame
        self._skipped: Problem | None = None  # what costs a target that frame, and not all of them

    def note_time(self, targets: Targets, frame: Frame) -> None:
        """Count a frame whose stamp is before that of the last one."""
        is_new = frame.sequence > self._last_sequence  # else it has waited in the buffer for a box
        self._last_sequence = max(self._last_sequence, frame.sequence)
        last, stamp = self._last_stamp_ns, frame.stamp_ns
        if not stamp:
            return
        if not is_new or not last or stamp >= last:
            self._last_stamp_ns = stamp
            return
        if last - stamp <= JUMP_SECONDS * 1e9:
            with self._books.wake:
                self._books.out_of_order += 1
            return
        self._last_stamp_ns = stamp
        with self._books.wake:
            self._books.jumps += 1
        if self._forget_on_jump and len(targets):
            forgotten = "the target is" if len(targets) == 1 else "all targets are"
            for target in targets:
                self.forget(targets, target)
            self._reporter.tell_problem(
                "forgotten",
                f"the images' time went back from {seconds(last)} to {seconds(stamp)}:"
                f" {forgotten} forgotten, as on_time_jump asks; send a new init box",
                frame,
            )

    def follow(self, targets: Targets, frame: Frame) -> None:
        """Look for the targets in a frame; raises what keeps all of them from it."""
        if not len(targets) or self._books.disabled:
            self._books.settle(frame, Fate.UNTARGETED)
            return
        image, used = self.to_rgb(frame.message, self.intensity)
        self.intensity = self.intensity or used  # kept from the first deep image on
        start = time.perf_counter()
        found, error = self.look_for(targets, frame, image)
        if found:
            self.deliver(targets, frame, image, found, time.perf_counter() - start)
        elif error is not None:
            raise error
        else:  # all have seen it, and it came again for one that has gone meanwhile
            self._books.settle(frame, Fate.DROPPED)

    def follow_if_new(self, targets: Targets, frame: Frame) -> None:
        """Follow in a frame whose init box was refused, unless the box went back to it."""
        if frame.fate is Fate.WAITING:
            self.follow(targets, frame)

    def look_for(
        self, targets: Targets, frame: Frame, image: np.ndarray
    ) -> tuple[list[Target], Exception | None]:
        """Look for the targets that have not seen a frame.

        Returns those for which that went well, and the first error of the others.
        """
        found, first_error = [], None
        with self._books.wake:
            suggested = self._books.suggestions.take(frame)
        any_lost, self._skipped = False, None
        for target in targets:
            if target.seen >= frame.sequence:
                continue
            was_lost = target.state == State.LOST
            any_lost = any_lost or was_lost
            try:
                target.track(image, frame.sequence, suggested if was_lost else ())
            except TrackerStoppedError:
                raise
            except Exception as error:  # no other target is lost to it
                first_error = first_error or error
                with self._books.wake:
                    self._books.streams.see_target(target.target_id, None)
                if len(targets) > 1:
                    text = f"target {target.target_id} skips a frame: {in_words(error)}"
                    skipped = Problem(f"target skips: {place(error)}", text)
                    self._skipped = self._skipped or skipped
                    self._reporter.warn(skipped.kind, skipped.text)
            else:
                found.append(target)
                if was_lost and target.state != State.LOST:
                    suggested = without_targets(suggested, [target.box])
        self._refused = suggested if any_lost else ()
        return found, first_error

    def deliver(
        self,
        targets: Targets,
        frame: Frame,
        image: np.ndarray,
        found: Sequence[Target],
        tracking_time: float,
        also: Callable[[], None] = lambda: None,
    ) -> None:
        """Hand out what was found in a frame; `also` is done while that is noted."""
        books = self._books
        tracked = tuple(target.tracked() for target in targets if target in found)
        with books.wake:
            also()
            self.count(targets)
            oldest = books.last.targets[0]
            for one in tracked:
                box = None if one.state == State.LOST else one.result.box
                books.streams.see_target(one.target_id, box)
            books.queue.settle(frame, Fate.TRACKED)
            books.problem = self._skipped
            errors = [target.tracker.last_update_error for target in found]
            failure = _update_failure(next((error for error in errors if error), ""))
            is_new, books.update_failure = failure != books.update_failure, failure
            books.last = Status(
                target_id=oldest.target_id,
                score=oldest.score,
                latency=time.monotonic() - frame.received,
                tracking_time=tracking_time,
                updates_done=oldest.updates_done,
                last_update_time=oldest.last_update_time,
                model_version=oldest.model_version,
                targets=books.last.targets,
            )
        if failure and is_new:
            self._reporter.warn("update failed", failure)
        self._reporter.deliver(TrackedFrame(frame, image, tracked, self._is_late, self._refused))
        self._keeper.autosave(found, self.intensity)

    def keep(self, targets: Targets, target: Target) -> None:
        """Track a target from now on, and the one no more whose tracker it has."""
        for gone in targets.keep(target):
            self._keeper.remove(gone)

    def forget(self, targets: Targets, target: Target) -> None:
        """Track a target no more."""
        targets.forget(target)
        self._keeper.remove(target.target_id)
        self.count(targets)

    def count(self, targets: Targets) -> None:
        """Take note of which targets there are now."""
        with self._books.wake:
            self._books.there_are(tuple(target.status() for target in targets))

    def _is_late(self) -> bool:
        with self._books.wake:
            return not self._books.keep_all and self._books.queue.frame_waits


def _update_failure(error: str) -> str:
    """Return what to say of an update's error, nothing if there is none."""
    return f"an update failed, tracking goes on without it: {error}" if error else ""
