# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one thread that owns the tracker: frames and init boxes in, results and status out.

No ROS here. Whoever receives frames only hands them over (`submit_frame`, `submit_init` return at
once); images are converted, tracked and handed to the listener in the worker's own thread. A bad
frame, a bad box or an unexpected error is reported and skipped; the thread lives on.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.complaints import Complaints, Log
from rlt_ros.ros.worker.box_stream import TOO_FAST, Box, BoxStream
from rlt_ros.ros.worker.frame_queue import (
    MIB,
    REPLACED,
    Fate,
    Frame,
    FrameQueue,
    InitRequest,
    Learning,
    Problem,
    fits,
    other_camera,
    seconds,
    waiting_ahead,
)
from rlt_ros.ros.worker.replies import CLOSED, REPLACED_BY_NEWER, Answered, Reply
from rlt_ros.ros.worker.status import Listener as Listener
from rlt_ros.ros.worker.status import State as State
from rlt_ros.ros.worker.status import Status as Status
from rlt_ros.ros.worker.status import TrackedFrame as TrackedFrame
from rlt_ros.ros.worker.target_files import TargetFiles
from rlt_ros.ros.worker.target_keeper import TargetKeeper, intensity_of
from rlt_ros.ros.worker.targets import NoSuchTargetError, Target, Targets
from rlt_ros.tracking import (
    InvalidBoxError,
    InvalidImageError,
    InvalidTargetError,
    SavedTarget,
    Tracker,
    TrackerStoppedError,
)
from rlt_ros.tracking.target_file import load_target
from rlt_ros.whole_files import NotWrittenError

CLOSE_SECONDS = 1.5
"""Closing waits for the threads no longer than this."""

BOXES_IN_TURN = 3
"""More init boxes than these that wait their turn come too fast."""

JUMP_SECONDS = 1.0
"""Stamps that go back by more than this have jumped; by less, a frame is out of order."""

STALE_SECONDS = 1.0
"""A frame that is older than this when it comes is stale."""

DISABLED = "tracking is disabled: enable it to go on"
"""What the status says while it is."""


class Job(NamedTuple):
    """Something to do between two frames, and whom to tell that it cannot be done."""

    run: Callable[[Targets], None]
    reply: Reply


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
        to_rgb: Callable[[Any, IntensityRange | None], tuple[np.ndarray, IntensityRange | None]],
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
        self._to_rgb = to_rgb
        self._listener = listener
        self._log = log
        self._complaints = complaints or Complaints(log)
        self._keep_all = keep_all
        self._max_targets = max_targets
        self._forget_on_jump = forget_on_jump
        self._clock = clock

        # Shared between threads, guarded by this condition's lock.
        self._wake = threading.Condition()
        self._queue = FrameQueue(
            keep_all=keep_all,
            queue_size=queue_size,
            queue_bytes=queue_bytes,
            buffer_size=buffer_size,
            buffer_bytes=buffer_bytes,
        )
        self._stream = BoxStream()
        self._targets: Targets | None = None  # None: not loaded yet
        self._last = Status()  # numbers of the last result
        self._learning = False
        self._in_hand: InitRequest | None = None  # of the worker's thread
        self._open: list[Reply] = []  # of init boxes
        self._reading: list[Reply] = []  # of files
        self._jobs: deque[Job] = deque()
        self._ended = ""  # why nothing can be asked any more
        self._problem: Problem | None = None
        self._update_failure = ""  # of a tracker's latest update
        self._disabled = False
        self._out_of_order = self._stale = self._jumps = 0
        self._stopping = False

        # The worker thread's own.
        self._intensity: IntensityRange | None = None
        self._last_stamp_ns, self._last_sequence = 0, -1  # of the frames that were taken
        self._files = TargetFiles()
        self._keeper = TargetKeeper(self._files, autosave_folder, autosave_seconds, self._not_saved)
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
            self._stopping = True
            targets = self._targets
            self._wake.notify()
        if targets is not None:
            targets.stop()
        self._end(CLOSED)
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._files.close(max(0.0, deadline - time.monotonic()))
        self._complaints.catch_up(everything=True)
        return not self._thread.is_alive()

    def status(self) -> Status:
        """The status as of now."""
        with self._wake:
            counts = self._queue.counts
            return replace(
                self._last,
                state=self._state(),
                message=self._message(),
                frames_received=self._queue.received,
                frames_tracked=counts[Fate.TRACKED],
                frames_dropped=counts[Fate.DROPPED],
                frames_untargeted=counts[Fate.UNTARGETED],
                frames_waiting=counts[Fate.WAITING],
                frames_out_of_order=self._out_of_order,
                frames_stale=self._stale,
                time_jumps=self._jumps,
                disabled=self._disabled,
            )

    def submit_frame(self, message: Any, stamp_ns: int, frame_id: str = "", size: int = 0) -> None:
        """Hand over a frame as it was received; `size` of its message in bytes."""
        age = self._clock() - stamp_ns if stamp_ns and self._clock is not None else 0
        with self._wake:
            problems = self._with_reasons(self._queue.add_frame(message, stamp_ns, frame_id, size))
            self._stale += age > STALE_SECONDS * 1e9
            self._wake.notify()
        self._tell_problems(problems)
        self._answer_the_replaced()

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
        reply = Reply(answered)
        with self._wake:
            now = time.monotonic()
            in_stream, left_out = (False, False) if self._keep_all else self._stream.add(box, now)
            request = InitRequest(box, stamp_ns, frame_id, in_stream, now, target_id, reply)
            problems = []
            not_now = self._ended or (DISABLED if self._disabled else "")
            refused = TOO_FAST if left_out else not_now
            if not_now:
                problems = [Problem("init box refused: not now", not_now, True, request)]
            elif not left_out:
                if answered is not None:
                    self._open.append(reply)
                problems = self._with_reasons(self._queue.add_request(request))
                if self._problem and self._problem.box_refused:
                    self._problem = None  # of the box before
                if in_stream and REPLACED in [problem.kind for problem in problems]:
                    self._stream.leave_out()
                    left_out = True  # the one before
            too_fast = left_out or (self._keep_all and self._boxes_in_turn() > BOXES_IN_TURN)
            self._wake.notify()
        if too_fast:
            self._complaints.warn("init boxes too fast", TOO_FAST)
            problems = [problem for problem in problems if problem.kind != REPLACED]
        elif not any(problem.box_refused for problem in problems):
            self._announce(None)
        self._tell_problems(problems)
        if refused:
            reply.refuse(refused)
        self._answer_the_replaced()

    def refuse(self, error: Exception) -> None:
        """Report an init box that could not even be handed over; what is tracked stays tracked."""
        self._reject(_refusal(error, _in_words(error)))

    def reset(self, target_id: str = "", answered: Answered | None = None) -> None:
        """Forget a target, or with an empty id all of them and the boxes that wait.

        Done before the next frame is looked at; a target that is being learned is learned first.
        """

        def job(targets: Targets) -> None:
            for target in [targets.named(target_id)] if target_id else targets:
                self._forget(targets, target)
            reply.accept(target_id)
            self._announce(None)

        reply = Reply(answered)
        if not target_id:
            with self._wake:
                self._queue.give_up_boxes()
            self._answer_the_replaced("all targets were reset")
        self._add_job(job, reply)

    def enable(self, enabled: bool) -> None:
        """Go on tracking, or leave out all frames until then, which count as untargeted.

        The targets are kept. When tracking goes on they are looked for where they were, and then
        in the whole frame. Boxes that wait are refused, and so are new ones meanwhile.
        """
        with self._wake:
            if enabled != self._disabled:
                return
            self._disabled = not enabled
            self._queue.target_wanted = enabled and bool(self._last.targets)
            if not enabled:
                self._queue.give_up_boxes()
        self._answer_the_replaced(DISABLED)
        if enabled:
            self._add_job(Targets.search_anew, Reply())
        self._announce(None)

    def save_target(
        self, path: Path, target_id: str = "", answered: Answered | None = None
    ) -> None:
        """Write a target to a file, whole or not at all; an empty id means the only one.

        It is copied between two frames, and written while tracking goes on.
        """

        def job(targets: Targets) -> None:
            target = targets.named(target_id)

            def ended(error: Exception | None) -> None:
                if error is None:
                    reply.accept(target.target_id)
                else:
                    self._not_saved(error)
                    reply.refuse(_in_words(error))

            self._keeper.save(path, target, self._intensity, ended)

        reply = Reply(answered)
        self._add_job(job, reply)

    def load_target(self, path: Path, answered: Answered | None = None) -> None:
        """Track the target of a file, under its id; see `Targets` for what it replaces.

        It is read while tracking goes on. Where it is refused, nothing has changed.
        """

        def ended(read: SavedTarget | Exception) -> None:
            with self._wake:
                self._reading = [other for other in self._reading if other is not reply]
            if isinstance(read, SavedTarget):
                self._add_job(lambda targets: self._take_up(targets, read, reply), reply)
            else:
                self._not_loaded(read, reply)

        def job(_: Targets) -> None:  # after the files that were to be written before
            with self._wake:
                self._reading.append(reply)
            self._files.load(path, ended)

        reply = Reply(answered)
        self._add_job(job, reply)

    def _add_job(self, job: Callable[[Targets], None], reply: Reply) -> None:
        with self._wake:
            ended_because = self._ended
            if not ended_because:
                self._jobs.append(Job(job, reply))
                self._wake.notify()
        if ended_because:
            reply.refuse(ended_because)

    def _end(self, reason: str) -> None:
        """Refuse all that was asked, and whatever will be."""
        with self._wake:
            self._ended = self._ended or reason
            replies = [*self._open, *self._reading, *(job.reply for job in self._jobs)]
            self._open, self._reading = [], []
            self._jobs.clear()
        for reply in replies:
            reply.refuse(self._ended)

    def _answer_the_replaced(self, reason: str = REPLACED_BY_NEWER) -> None:
        """Refuse the boxes that neither wait nor are being learned any more."""
        with self._wake:
            if not self._open:
                return
            boxes = [*self._queue.boxes, *([self._in_hand] if self._in_hand else [])]
            known = {id(box.reply) for box in boxes}
            lost = [reply for reply in self._open if id(reply) not in known]
            self._open = [reply for reply in self._open if id(reply) in known]
        for reply in lost:
            reply.refuse(reason)

    # ---- the worker's thread -------------------------------------------------------------------

    def _run(self) -> None:
        try:
            targets = Targets(self._make_tracker, self._max_targets)
        except Exception as error:  # whatever it is, the node must hear of it
            self._end(f"no tracker: {_in_words(error)}")
            if not self._stopping:
                self._listener.on_fatal(error)
            return
        try:
            with self._wake:
                self._targets = targets
                stopping = self._stopping
            if not stopping:
                self._log.info("the tracker is ready")
                self._announce(None)
                self._restore(targets)
            while (item := self._next()) is not None:
                self._work(targets, item)
                with self._wake:
                    self._in_hand = None
                self._answer_the_replaced()
        except TrackerStoppedError:
            pass
        finally:
            targets.close()
            self._end(CLOSED)

    def _work(self, targets: Targets, item: Frame | Learning | Job) -> None:
        """Do what comes next; no error but `TrackerStoppedError` leaves."""
        if isinstance(item, Job):
            try:
                item.run(targets)
            except TrackerStoppedError:
                raise
            except Exception as error:
                item.reply.refuse(_in_words(error))
            return
        frame = item.frame if isinstance(item, Learning) else item
        try:
            self._note_time(targets, frame)
            if isinstance(item, Learning):
                self._learn(targets, item)
            else:
                self._follow(targets, frame)
        except TrackerStoppedError:
            raise
        except Exception as error:  # a running tracker must never be lost to one frame
            if isinstance(item, Learning):
                self._end_learning(targets)
                item.request.reply.refuse(_in_words(error))
            self._skip(frame, error, _in_words(error))

    def _next(self) -> Frame | Learning | Job | None:
        with self._wake:
            while not self._stopping:
                if self._jobs:
                    return self._jobs.popleft()
                box = self._queue.box
                wait = 0.0
                if box is not None and box.in_stream:
                    wait = self._stream.wait_for(box.box, box.came, time.monotonic())
                item = self._queue.take(hold_box=wait > 0)
                if item is not None:
                    self._in_hand = item.request if isinstance(item, Learning) else None
                    return item
                self._wake.wait(wait or None)
            return None

    def _note_time(self, targets: Targets, frame: Frame) -> None:
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
            with self._wake:
                self._out_of_order += 1
            return
        self._last_stamp_ns = stamp
        with self._wake:
            self._jumps += 1
        if self._forget_on_jump and len(targets):
            for target in targets:
                self._forget(targets, target)
            self._tell_problem(
                "forgotten",
                f"the images' time went back from {seconds(last)} to {seconds(stamp)}: the target"
                " is forgotten, as on_time_jump asks; send a new init box",
                frame,
            )

    def _learn(self, targets: Targets, learning: Learning) -> None:
        request, frame = learning.request, learning.frame
        if not fits(request.frame_id, frame.frame_id):
            self._reject(other_camera(request, frame))
            self._follow_if_new(targets, frame)
            return
        with self._wake:
            self._learning = self._queue.target_wanted = True
            self._stream.begin_learning(request.box)
        self._announce(frame)
        start = time.perf_counter()
        image = target = None
        try:
            target = targets.for_init(request.target_id)
            self._check_open()
            alone = not any(other.tracker is not target.tracker for other in targets)
            image, intensity = self._to_rgb(frame.message, None if alone else self._intensity)
            result = target.tracker.init(image, request.box)
            target.take(result, image, frame.sequence)
        except TrackerStoppedError:
            raise
        except (InvalidBoxError, NoSuchTargetError) as error:
            self._end_learning(targets)
            self._reject(_refusal(error, _in_words(error), request))
            self._follow_if_new(targets, frame)
            return
        except Exception as error:
            if target is not None and (image is None or isinstance(error, InvalidImageError)):
                self._end_learning(targets)
                self._do_without(request, frame, error)
                return
            if target is not None:  # midway: the old target cannot be trusted any more
                self._forget(targets, target)
            self._end_learning(targets)
            self._reject(_refusal(error, _in_words(error), request))
            if len(targets):
                self._follow_if_new(targets, frame)
            else:
                self._settle(frame, Fate.DROPPED)
            return
        self._intensity = intensity
        self._keep(targets, target)
        others, _ = self._look_for(targets, frame, image)
        self._deliver(targets, frame, image, [target, *others], start, learning)
        x, y, w, h = (float(number) for number in result.box)
        self._log.info(f"new target {target.target_id}: x={x:.1f} y={y:.1f} w={w:.1f} h={h:.1f}")
        request.reply.accept(target.target_id)

    def _do_without(self, request: InitRequest, frame: Frame, error: Exception) -> None:
        """Leave out a frame in which nothing can be learned; its box may wait for the next."""
        if request.stamp_ns == 0:
            with self._wake:
                self._queue.wait_for_next(request)
            self._skip(frame, error, f"{_in_words(error)}; the init box waits for the next frame")
        else:
            self._settle(frame, Fate.DROPPED)
            text = f"its frame cannot be used: {_in_words(error)}"
            self._reject(_refusal(error, text, request))

    def _end_learning(self, targets: Targets, seconds: float | None = None) -> None:
        with self._wake:
            self._learning = False
            self._stream.end_learning(time.monotonic(), seconds)
            self._count(targets)

    def _count(self, targets: Targets) -> None:
        """Take note of which targets there are now."""
        with self._wake:
            statuses = tuple(target.status() for target in targets)
            self._queue.target_wanted = bool(statuses) and not self._disabled
            oldest = statuses[0].target_id if statuses else ""
            self._last = replace(self._last, target_id=oldest, targets=statuses)
            if not statuses:
                self._stream.forget_target()

    def _keep(self, targets: Targets, target: Target) -> None:
        """Track a target from now on, and the one no more whose tracker it has."""
        for gone in targets.keep(target):
            self._keeper.remove(gone)

    def _forget(self, targets: Targets, target: Target) -> None:
        """Track a target no more."""
        targets.forget(target)
        self._keeper.remove(target.target_id)
        self._count(targets)

    def _follow_if_new(self, targets: Targets, frame: Frame) -> None:
        """Track a frame whose init box was refused, unless the box went back to it."""
        if frame.fate is Fate.WAITING:
            self._follow(targets, frame)

    def _follow(self, targets: Targets, frame: Frame) -> None:
        if not len(targets) or self._disabled:
            self._settle(frame, Fate.UNTARGETED)
            return
        image, _ = self._to_rgb(frame.message, self._intensity)
        start = time.perf_counter()
        found, error = self._look_for(targets, frame, image)
        if found:
            self._deliver(targets, frame, image, found, start)
        elif error is not None:
            with self._wake:
                self._stream.see_target(None)
            raise error
        else:  # all have seen it, and it came again for one that has gone meanwhile
            self._settle(frame, Fate.DROPPED)

    def _look_for(
        self, targets: Targets, frame: Frame, image: np.ndarray
    ) -> tuple[list[Target], Exception | None]:
        """Look for the targets that have not seen a frame.

        Returns those for which that went well, and the first error of the others.
        """
        found, first_error = [], None
        for target in targets:
            if target.seen >= frame.sequence:
                continue
            try:
                target.track(image, frame.sequence)
            except TrackerStoppedError:
                raise
            except Exception as error:  # no other target is lost to it
                first_error = first_error or error
                if len(targets) > 1:
                    text = f"target {target.target_id} skips a frame: {_in_words(error)}"
                    self._complaints.warn(f"target skips: {_place(error)}", text)
            else:
                found.append(target)
        return found, first_error

    def _deliver(
        self,
        targets: Targets,
        frame: Frame,
        image: np.ndarray,
        found: list[Target],
        start: float,
        learned: Learning | None = None,
    ) -> None:
        """Publish what was found in a frame; `start`: when looking or learning began."""
        tracking_time = time.perf_counter() - start
        tracked = tuple(target.tracked() for target in targets if target in found)
        with self._wake:
            if learned is not None:
                self._end_learning(targets, tracking_time)
                self._queue.go_on_after(learned)
            self._count(targets)
            oldest = self._last.targets[0]
            result = tracked[0].result
            self._stream.see_target(None if tracked[0].state == State.LOST else result.box)
            self._queue.settle(frame, Fate.TRACKED)
            self._problem = None
            errors = [target.tracker.last_update_error for target in found]
            failure = _update_failure(next((error for error in errors if error), ""))
            is_new, self._update_failure = failure != self._update_failure, failure
            self._last = Status(
                target_id=oldest.target_id,
                score=oldest.score,
                latency=time.monotonic() - frame.received,
                tracking_time=tracking_time,
                updates_done=oldest.updates_done,
                last_update_time=oldest.last_update_time,
                model_version=oldest.model_version,
                targets=self._last.targets,
            )
            status = self.status()
        if failure and is_new:
            self._complaints.warn("update failed", failure)
        self._tell(
            self._listener.on_result, TrackedFrame(frame, image, tracked, self._is_late), status
        )
        self._keeper.autosave(found, self._intensity)

    def _is_late(self) -> bool:
        with self._wake:
            return not self._keep_all and self._queue.frame_waits

    def _check_open(self) -> None:
        """Raise `TrackerStoppedError` once the worker is being closed."""
        if self._stopping:
            raise TrackerStoppedError(CLOSED)

    # ---- files ---------------------------------------------------------------------------------

    def _restore(self, targets: Targets) -> None:
        """Go on with the targets that an earlier run has kept."""
        for path in list(self._keeper.kept())[: self._max_targets]:
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
        self._keep(targets, target)
        if len(targets) == 1:
            self._intensity = intensity_of(saved)
        self._count(targets)
        self._log.info(f"target {target.target_id} was taken up from {saved.source}")
        reply.accept(target.target_id)
        self._announce(None)

    def _not_saved(self, error: Exception) -> None:
        self._complaints.warn("target not saved", f"a target was not saved: {_in_words(error)}")

    def _not_loaded(self, error: Exception, reply: Reply) -> None:
        text = _in_words(error)
        self._complaints.warn("target not loaded", f"no target was loaded: {text}")
        reply.refuse(text)

    # ---- reports -------------------------------------------------------------------------------

    def _state(self) -> State:
        if self._learning:
            return State.INITIALIZING
        if self._disabled:
            return State.IDLE
        if not self._last.targets:
            return State.INITIALIZING if self._queue.boxes else State.IDLE
        return self._last.targets[0].state

    def _message(self) -> str:
        if self._problem is not None:
            return self._problem.text
        if self._targets is None:
            return "loading the tracker"
        if self._disabled:
            return DISABLED
        if too_fast := self._stream.message(time.monotonic()):
            return too_fast
        if self._keep_all and (waiting := self._boxes_in_turn()) > BOXES_IN_TURN:
            return f"{waiting} init boxes wait: {TOO_FAST}"
        if self._queue.ahead:
            return waiting_ahead(self._queue.ahead[-1], self._queue.last_stamp_ns)
        return self._update_failure

    def _boxes_in_turn(self) -> int:
        return len(self._queue.boxes) - len(self._queue.ahead)

    def _settle(self, frame: Frame, fate: Fate) -> None:
        with self._wake:
            self._queue.settle(frame, fate)

    def _skip(self, frame: Frame, error: Exception, text: str) -> None:
        self._settle(frame, Fate.DROPPED)
        self._tell_problem(f"frame skipped: {_place(error)}", f"frame skipped: {text}", frame)

    def _tell_problem(self, kind: str, text: str, frame: Frame) -> None:
        with self._wake:
            self._problem = Problem(kind, text)
        self._complaints.warn(kind, text)
        self._announce(frame)

    def _reject(self, reason: Problem) -> None:
        with self._wake:
            tracked = self._last.targets
            kept = "the target is kept" if tracked else "nothing is tracked"
            problem = reason._replace(text=f"init box refused, {kept}: {reason.text}")
            before, self._problem = self._problem, problem
        self._complaints.warn(problem.kind, problem.text)
        if reason.request is not None:
            reason.request.reply.refuse(reason.text)
        self._announce(None)
        with self._wake:
            if self._queue.boxes and self._problem is problem:
                self._problem = before  # another box waits: that is the state of things now

    @staticmethod
    def _with_reasons(problems: list[Problem]) -> list[Problem]:
        """Return problems, after noting them where they cost a box that waits for its answer."""
        for problem in problems:
            if problem.request is not None:
                problem.request.reply.reason = problem.text
        return problems

    def _tell_problems(self, problems: list[Problem]) -> None:
        for problem in problems:
            if problem.box_refused:
                self._reject(problem)
            else:
                self._complaints.warn(problem.kind, problem.text)

    def _announce(self, frame: Frame | None) -> None:
        self._tell(self._listener.on_status, self.status(), frame)

    def _tell(self, method: Callable[..., None], *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception as error:
            if not self._stopping:
                text = f"a result could not be published: {_in_words(error)}"
                self._complaints.warn("not published", text)


def _refusal(error: Exception, text: str, request: InitRequest | None = None) -> Problem:
    return Problem(f"init box refused: {_place(error)}", text, True, request)


_OWN_ERRORS = (
    InvalidBoxError,
    InvalidImageError,
    InvalidTargetError,
    NoSuchTargetError,
    NotWrittenError,
)


def _update_failure(error: str) -> str:
    """Return what to say of an update's error, nothing if there is none."""
    return f"an update failed, tracking goes on without it: {error}" if error else ""


def _in_words(error: Exception) -> str:
    """Our own errors say all; one that nobody expected is told with the place it came from."""
    text = " ".join(str(error).split())
    if isinstance(error, _OWN_ERRORS):
        return text
    return f"{type(error).__name__}: {text} ({_place(error)})"


def _place(error: Exception) -> str:
    """Where an error was raised: that tells its kind, whatever its text says of the case."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__
