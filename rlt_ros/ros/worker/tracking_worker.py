# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one thread that owns the trackers: frames and init boxes in, results and status out.

No ROS here. Whoever receives frames only hands them over (`submit_frame`, `submit_init` return at
once); images are converted, tracked and handed to the listener in the worker's own thread. A bad
frame, a bad box or an unexpected error is reported and skipped; the thread lives on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rlt_ros.complaints import Complaints, Log
from rlt_ros.ros.error_texts import in_words
from rlt_ros.ros.worker.books import BOXES_IN_TURN, Books
from rlt_ros.ros.worker.books import DISABLED as DISABLED
from rlt_ros.ros.worker.box_stream import TOO_FAST, Box
from rlt_ros.ros.worker.box_streams import BoxStreams
from rlt_ros.ros.worker.following import Follower, ToRgb
from rlt_ros.ros.worker.frame_queue import FrameQueue
from rlt_ros.ros.worker.frames import MIB, Frame
from rlt_ros.ros.worker.init_requests import REPLACED, InitRequest, Learning, Problem
from rlt_ros.ros.worker.learning import TargetLearner
from rlt_ros.ros.worker.open_requests import Job, OpenRequests, with_reasons
from rlt_ros.ros.worker.replies import CLOSED, Answered, Reply
from rlt_ros.ros.worker.reporting import Reporter, refusal
from rlt_ros.ros.worker.status import Listener as Listener
from rlt_ros.ros.worker.status import State as State
from rlt_ros.ros.worker.status import Status as Status
from rlt_ros.ros.worker.status import TrackedFrame as TrackedFrame
from rlt_ros.ros.worker.status import TrackedTarget as TrackedTarget
from rlt_ros.ros.worker.suggestions import Suggestion
from rlt_ros.ros.worker.target_files import TargetFiles
from rlt_ros.ros.worker.target_keeper import TargetKeeper
from rlt_ros.ros.worker.target_saver import TargetSaver, warn_not_saved
from rlt_ros.ros.worker.targets import Targets
from rlt_ros.tracking import Tracker, TrackerStoppedError

CLOSE_SECONDS = 1.5
"""Closing waits for the threads no longer than this."""

STALE_SECONDS = 1.0
"""A frame that is older than this when it comes is stale."""


class TrackingWorker:
    """Runs trackers in a thread of its own.

    `make_tracker` is called in that thread, because loading a backbone takes seconds; boxes and
    frames that come meanwhile wait. It is called once for each of the targets that there are at a
    time: they should share `Networks`. `to_rgb` turns a frame's message into H x W x 3 uint8 RGB
    and raises `InvalidImageError` with a clear text where it cannot. It is given the intensity
    range of the targets, None for a new one alone, and returns what it used.

    With `keep_all` false, only the newest frame and the newest init box of a target wait for the
    worker; the frame that a newer one replaces is dropped and counted, and boxes that come faster
    than they can be learned are left out (see `BoxStream`). With `keep_all`, frames and boxes keep
    their order and every box is learned, so that results depend on that order and not on time; up
    to `queue_size` frames of `queue_bytes` in all may wait. The last `buffer_size` messages, of
    `buffer_bytes` in all, are kept for init boxes that name an earlier frame (see `FrameQueue`).

    Up to `max_targets` are tracked, see `Targets`. With `forget_on_jump`, they are forgotten where
    the frames' time goes back, as a bag's does that starts again; otherwise they are looked for as
    ever. `clock` tells the time of the frames' stamps in nanoseconds, to count stale ones.

    With `autosave_folder`, each target has a file there, which is written anew after so many
    seconds while it is tracked, and goes when the target is forgotten; what lies there at the start
    is tracked again.

    Whoever asks for something may give `answered`. It is called exactly once, in whichever thread
    knows the answer, must return at once, and must not call the worker.
    """

    def __init__(
        self,
        make_tracker: Callable[[], Tracker],
        to_rgb: ToRgb,
        listener: Listener,
        log: Log,
        *,
        keep_all: bool = False,
        queue_size: int = 1000,
        queue_bytes: int = 2048 * MIB,
        buffer_size: int = 30,
        buffer_bytes: int = 128 * MIB,
        complaints: Complaints | None = None,
        max_targets: int = 1,
        forget_on_jump: bool = False,
        clock: Callable[[], int] | None = None,
        autosave_folder: Path | None = None,
        autosave_seconds: float = 60.0,
    ) -> None:
        self._make_tracker = make_tracker
        self._log = log
        self._complaints = complaints or Complaints(log)
        self._keep_all = keep_all
        self._max_targets = max_targets
        self._clock = clock
        self._queue = FrameQueue(
            keep_all=keep_all,
            queue_size=queue_size,
            queue_bytes=queue_bytes,
            buffer_size=buffer_size,
            buffer_bytes=buffer_bytes,
        )
        self._books = books = Books(self._queue, BoxStreams(max_targets > 1), keep_all)
        self._wake = books.wake
        self._requests = OpenRequests(books)
        self._reporter = Reporter(books, listener, self._complaints)
        self._targets: Targets | None = None  # None: not loaded yet

        # The worker thread's own.
        self._files = files = TargetFiles()
        failed = partial(warn_not_saved, self._reporter)
        keeper = TargetKeeper(files, autosave_folder, autosave_seconds, failed)
        self._follower = Follower(books, self._reporter, keeper, to_rgb, forget_on_jump)
        self._learner = TargetLearner(books, self._reporter, self._follower, log)
        self._saver = TargetSaver(
            self._reporter, self._requests, self._follower, files, keeper, log
        )
        # A daemon: a native call that never returns must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="tracking_worker", daemon=True)

    # ---- called from other threads; these never wait for the tracker ---------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, timeout: float = CLOSE_SECONDS) -> bool:
        """Stop the trackers, whatever they do, end the threads and free the trackers.

        Waits for that, `timeout` seconds at most. Returns false where the thread has not ended by
        then, because a native call goes on (loading a network is one); it then ends when that
        call does, or with the process. So does a file that is being written.
        """
        deadline = time.monotonic() + timeout
        with self._wake:
            self._books.stopping = True
            targets = self._targets
            self._wake.notify()
        if targets is not None:
            targets.stop()
        self._requests.end(CLOSED)
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._files.close(max(0.0, deadline - time.monotonic()))
        self._complaints.catch_up(everything=True)
        return not self._thread.is_alive()

    def status(self) -> Status:
        """The status as of now."""
        return self._books.status()

    def submit_frame(self, message: Any, stamp_ns: int, frame_id: str = "", size: int = 0) -> None:
        """Hand over a frame as it was received; `size` of its message in bytes."""
        age = self._clock() - stamp_ns if stamp_ns and self._clock is not None else 0
        with self._wake:
            problems = with_reasons(self._queue.add_frame(message, stamp_ns, frame_id, size))
            self._books.stale += age > STALE_SECONDS * 1e9
            self._wake.notify()
        self._reporter.tell_problems(problems)
        self._requests.answer_the_replaced()

    def submit_init(
        self,
        box: Box,
        stamp_ns: int = 0,
        frame_id: str = "",
        target_id: str = "",
        answered: Answered | None = None,
    ) -> None:
        """Ask for a new target. A stamped frame that has not come yet is waited for.

        `target_id`: what to call it, see `Targets`. The answer comes when the target is learned,
        or cannot be.
        """
        books, reply = self._books, Reply(answered)
        with self._wake:
            now = time.monotonic()
            place = books.streams.place(target_id, books.target_ids)
            stream = books.streams.of(place, now)
            in_stream, left_out = (False, False) if self._keep_all else stream.add(box, now)
            request = InitRequest(box, stamp_ns, frame_id, in_stream, now, target_id, place, reply)
            problems = []
            not_now = self._requests.ended or (DISABLED if books.disabled else "")
            refused = TOO_FAST if left_out else not_now
            if not_now:
                problems = [Problem("init box refused: not now", not_now, True, request)]
            elif not left_out:
                if answered is not None:
                    self._requests.add_box(reply)
                problems = with_reasons(self._queue.add_request(request))
                if books.problem and books.problem.box_refused:
                    books.problem = None  # of the box before
                if in_stream and REPLACED in [problem.kind for problem in problems]:
                    stream.leave_out()
                    left_out = True  # the one before
            too_fast = left_out or (self._keep_all and books.boxes_in_turn > BOXES_IN_TURN)
            self._wake.notify()
        if too_fast:
            self._complaints.warn("init boxes too fast", TOO_FAST)
            problems = [problem for problem in problems if problem.kind != REPLACED]
        elif not any(problem.box_refused for problem in problems):
            self._reporter.announce()
        self._reporter.tell_problems(problems)
        if refused:
            reply.refuse(refused)
        self._requests.answer_the_replaced()

    def suggest(self, boxes: Sequence[Box], stamp_ns: int = 0, frame_id: str = "") -> None:
        """Have targets that are lost looked for where a detector sees something, the best first.

        In the next frame that comes; see `Suggestions`. `stamp_ns`: of the image they are from.
        """
        with self._wake:
            after = self._queue.received
            self._books.suggestions.add(Suggestion(tuple(boxes), stamp_ns, frame_id, after))

    def refuse(self, error: Exception) -> None:
        """Report an init box that could not even be handed over; what is tracked stays tracked."""
        self._reporter.reject(refusal(error))

    def reset(self, target_id: str = "", answered: Answered | None = None) -> None:
        """Forget a target, or with an empty id all of them and the boxes that wait.

        Done before the next frame is looked at; a target that is being learned is learned first.
        """

        def job(targets: Targets) -> None:
            for target in [targets.named(target_id)] if target_id else targets:
                self._follower.forget(targets, target)
            reply.accept(target_id)
            self._reporter.announce()

        reply = Reply(answered)
        if not target_id:
            with self._wake:
                self._queue.give_up_boxes()
            self._requests.answer_the_replaced("all targets were reset")
        self._requests.add_job(job, reply)

    def enable(self, enabled: bool) -> None:
        """Go on tracking, or leave out all frames until then, which count as untargeted.

        The targets are kept. When tracking goes on they are looked for where they were, and then
        in the whole frame. Boxes that wait are refused, and so are new ones meanwhile.
        """
        with self._wake:
            if enabled != self._books.disabled:
                return
            self._books.disabled = not enabled
            self._queue.target_wanted = enabled and bool(self._books.last.targets)
            if not enabled:
                self._queue.give_up_boxes()
        self._requests.answer_the_replaced(DISABLED)
        if enabled:
            self._requests.add_job(Targets.search_anew, Reply())
        self._reporter.announce()

    def save_target(
        self, path: Path, target_id: str = "", answered: Answered | None = None
    ) -> None:
        """Write a target to a file, whole or not at all; an empty id means the only one.

        It is copied between two frames, and written while tracking goes on.
        """
        reply = Reply(answered)
        self._requests.add_job(
            lambda targets: self._saver.save(targets, path, target_id, reply), reply
        )

    def load_target(self, path: Path, answered: Answered | None = None) -> None:
        """Track the target of a file, under its id; see `Targets` for what it replaces.

        It is read while tracking goes on. Where it is refused, nothing has changed.
        """
        reply = Reply(answered)
        # After the files that were to be written before.
        self._requests.add_job(lambda targets: self._saver.load(path, reply), reply)

    # ---- the worker's thread -------------------------------------------------------------------

    def _run(self) -> None:
        try:
            targets = Targets(self._make_tracker, self._max_targets)
        except Exception as error:  # whatever it is, the node must hear of it
            self._requests.end(f"no tracker: {in_words(error)}")
            if not self._books.stopping:
                self._reporter.listener.on_fatal(error)
            return
        try:
            with self._wake:
                self._targets, self._books.loaded = targets, True
                stopping = self._books.stopping
            if not stopping:
                self._log.info("the tracker is ready")
                self._reporter.announce()
                self._saver.restore(targets, self._max_targets)
            while (item := self._next()) is not None:
                self._work(targets, item)
                with self._wake:
                    self._requests.in_hand = ()
                self._requests.answer_the_replaced()
        except TrackerStoppedError:
            pass
        finally:
            targets.close()
            self._requests.end(CLOSED)

    def _work(self, targets: Targets, item: Frame | Learning | Job) -> None:
        """Do what comes next; no error but `TrackerStoppedError` leaves."""
        if isinstance(item, Job):
            try:
                item.run(targets)
            except TrackerStoppedError:
                raise
            except Exception as error:
                item.reply.refuse(in_words(error))
            return
        frame = item.frame if isinstance(item, Learning) else item
        try:
            self._follower.note_time(targets, frame)
            if isinstance(item, Learning):
                self._learner.learn(targets, item)
            else:
                self._follower.follow(targets, frame)
        except TrackerStoppedError:
            raise
        except Exception as error:  # a running tracker must never be lost to one frame
            if isinstance(item, Learning):
                self._learner.break_off(targets)
                for request in item.requests:
                    request.reply.refuse(in_words(error))
            self._reporter.skip(frame, error)

    def _next(self) -> Frame | Learning | Job | None:
        with self._wake:
            while not self._books.stopping:
                if (job := self._requests.next_job()) is not None:
                    return job
                now = time.monotonic()
                waits = {box.place: self._books.wait_of(box, now) for box in self._queue.next_boxes}
                held = {place: wait for place, wait in waits.items() if wait > 0}
                item = self._queue.take(held)
                if item is not None:
                    self._requests.in_hand = item.requests if isinstance(item, Learning) else ()
                    return item
                self._wake.wait(min(held.values(), default=None))
            return None
