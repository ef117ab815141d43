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
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Protocol

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
    waiting_ahead,
)
from rlt_ros.tracking import (
    InvalidBoxError,
    InvalidImageError,
    Tracker,
    TrackerStoppedError,
    TrackResult,
)

CLOSE_SECONDS = 1.5
"""Closing waits for the thread no longer than this."""

BOXES_IN_TURN = 3
"""More init boxes than these that wait their turn come too fast."""


class State(IntEnum):
    """What the node is doing; the numbers of rlt_ros/msg/TrackerStatus."""

    IDLE = 0
    INITIALIZING = 1
    TRACKING = 2
    LOST = 3
    UNCERTAIN = 4


@dataclass(frozen=True)
class Status:
    """A snapshot of the worker. Times in seconds.

    `latency`: from the arrival of the last tracked frame until its result was handed out.
    `tracking_time`: the tracker's part of it. `message`: what is wrong at present, or what is
    waited for, else empty. Of the frames, received = tracked + dropped + untargeted + waiting,
    always. The frame counts run from the start of the worker, the update counts from the target's
    init.
    """

    state: State = State.IDLE
    target_id: str = ""
    score: float = 0.0
    latency: float = 0.0
    tracking_time: float = 0.0
    frames_received: int = 0
    frames_tracked: int = 0
    frames_dropped: int = 0
    frames_untargeted: int = 0
    frames_waiting: int = 0
    updates_done: int = 0
    last_update_time: float = 0.0
    model_version: int = 0
    message: str = ""


@dataclass(frozen=True)
class TrackedFrame:
    """One tracked frame. `image`: H x W x 3 uint8 RGB. `attention_map()`: H x W uint8, costly.

    `is_late()`: a newer frame waits now, and is dropped unless the worker gets to it in time.
    """

    frame: Frame
    image: np.ndarray
    result: TrackResult
    target_id: str
    attention_map: Callable[[], np.ndarray]
    is_late: Callable[[], bool]


class Listener(Protocol):
    """Receives what the worker has to tell."""

    def on_result(self, tracked: TrackedFrame, status: Status) -> None:
        """A frame was tracked, or a target chosen on it. Called in the worker's thread."""

    def on_status(self, status: Status, frame: Frame | None) -> None:
        """Something else changed; `frame` is the frame it is about, if any."""

    def on_fatal(self, error: Exception) -> None:
        """No tracker could be made; the worker has ended. Called in the worker's thread."""


class TrackingWorker:
    """Runs a tracker in a thread of its own.

    `make_tracker` is called in that thread, because loading a backbone takes seconds; boxes and
    frames that come meanwhile wait. `to_rgb` turns a frame's message into H x W x 3 uint8 RGB and
    raises `InvalidImageError` with a clear text where it cannot. It is given the intensity range
    of the target, None for a new one, and returns what it used.

    With `keep_all` false, only the newest frame and the newest init box wait for the worker; the
    frame that a newer one replaces is dropped and counted, and boxes that come faster than they
    can be learned are left out (see `BoxStream`). With `keep_all`, frames and boxes keep their
    order and every box is learned, so that results depend on that order and not on time; up to
    `queue_size` frames of `queue_bytes` in all may wait. The last `buffer_size` messages, of
    `buffer_bytes` in all, are kept for init boxes that name an earlier frame (see `FrameQueue`).
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
    ) -> None:
        self._make_tracker = make_tracker
        self._to_rgb = to_rgb
        self._listener = listener
        self._log = log
        self._complaints = complaints or Complaints(log)
        self._keep_all = keep_all

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
        self._tracker: Tracker | None = None
        self._last = Status()  # numbers of the last result
        self._target_state = State.IDLE
        self._learning = False
        self._problem: Problem | None = None
        self._update_failure = ""  # of the tracker's latest update
        self._stopping = False

        # The worker thread's own.
        self._target_size = (0, 0)
        self._intensity: IntensityRange | None = None
        # A daemon: a native call that never returns must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="tracking_worker", daemon=True)

    # ---- called from other threads; these never wait for the tracker ---------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, timeout: float = CLOSE_SECONDS) -> bool:
        """Stop the tracker, whatever it does, end the thread and free the tracker.

        Waits for that, `timeout` seconds at most. Returns false where the thread has not ended by
        then, because a native call goes on (loading a network is one); it then ends when that
        call does, or with the process.
        """
        with self._wake:
            self._stopping = True
            tracker = self._tracker
            self._wake.notify()
        if tracker is not None:
            tracker.stop()
        if self._thread.ident is not None:
            self._thread.join(timeout)
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
            )

    def submit_frame(self, message: Any, stamp_ns: int, frame_id: str = "", size: int = 0) -> None:
        """Hand over a frame as it was received; `size` of its message in bytes."""
        with self._wake:
            problems = self._queue.add_frame(message, stamp_ns, frame_id, size)
            self._wake.notify()
        self._tell_problems(problems)

    def submit_init(self, box: Box, stamp_ns: int = 0, frame_id: str = "") -> None:
        """Ask for a new target. A stamped frame that has not come yet is waited for."""
        with self._wake:
            now = time.monotonic()
            in_stream, left_out = (False, False) if self._keep_all else self._stream.add(box, now)
            problems = []
            if not left_out:
                request = InitRequest(box, stamp_ns, frame_id, in_stream, now)
                problems = self._queue.add_request(request)
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

    def refuse(self, error: Exception) -> None:
        """Report an init box that could not even be handed over; what is tracked stays tracked."""
        self._reject(_refusal(error, _in_words(error)))

    # ---- the worker's thread -------------------------------------------------------------------

    def _run(self) -> None:
        try:
            tracker = self._make_tracker()
        except Exception as error:  # whatever it is, the node must hear of it
            if not self._stopping:
                self._listener.on_fatal(error)
            return
        with tracker:
            with self._wake:
                self._tracker = tracker
                stopping = self._stopping
            if not stopping:
                self._log.info("the tracker is ready")
                self._announce(None)
            while (item := self._next()) is not None:
                frame = item.frame if isinstance(item, Learning) else item
                try:
                    if isinstance(item, Learning):
                        self._learn(tracker, item)
                    else:
                        self._follow(tracker, frame)
                except TrackerStoppedError:
                    return
                except Exception as error:  # a running tracker must never be lost to one frame
                    self._skip(frame, error, _in_words(error))

    def _next(self) -> Frame | Learning | None:
        with self._wake:
            while not self._stopping:
                box = self._queue.box
                wait = 0.0
                if box is not None and box.in_stream:
                    wait = self._stream.wait_for(box.box, box.came, time.monotonic())
                item = self._queue.take(hold_box=wait > 0)
                if item is not None:
                    return item
                self._wake.wait(wait or None)
            return None

    def _learn(self, tracker: Tracker, learning: Learning) -> None:
        request, frame = learning.request, learning.frame
        if not fits(request.frame_id, frame.frame_id):
            self._reject(other_camera(request, frame))
            self._follow_if_new(tracker, frame)
            return
        with self._wake:
            self._learning = self._queue.target_wanted = True
            self._stream.begin_learning(request.box)
        self._announce(frame)
        start = time.perf_counter()
        image = None
        try:
            image, intensity = self._to_rgb(frame.message, None)
            result = tracker.init(image, request.box)
        except TrackerStoppedError:
            raise
        except InvalidBoxError as error:
            self._end_learning(self._target_state)
            self._reject(_refusal(error, _in_words(error)))
            self._follow_if_new(tracker, frame)
            return
        except Exception as error:
            if image is None or isinstance(error, InvalidImageError):
                self._end_learning(self._target_state)
                self._do_without(request, frame, error)
            else:  # midway: the old target cannot be trusted any more
                self._end_learning(State.IDLE)
                self._settle(frame, Fate.DROPPED)
                self._reject(_refusal(error, _in_words(error)))
            return
        seconds = time.perf_counter() - start
        self._target_size = (image.shape[1], image.shape[0])
        self._intensity = intensity
        target_id = uuid.uuid4().hex
        self._deliver(tracker, frame, image, result, seconds, target_id, learning)
        x, y, w, h = (float(number) for number in result.box)
        self._log.info(f"new target {target_id}: x={x:.1f} y={y:.1f} w={w:.1f} h={h:.1f}")

    def _do_without(self, request: InitRequest, frame: Frame, error: Exception) -> None:
        """Leave out a frame in which nothing can be learned; its box may wait for the next."""
        if request.stamp_ns == 0:
            with self._wake:
                self._queue.wait_for_next(request)
            self._skip(frame, error, f"{_in_words(error)}; the init box waits for the next frame")
        else:
            self._settle(frame, Fate.DROPPED)
            self._reject(_refusal(error, f"its frame cannot be used: {_in_words(error)}"))

    def _end_learning(self, target_state: State, seconds: float | None = None) -> None:
        with self._wake:
            self._learning = False
            self._target_state = target_state
            self._queue.target_wanted = target_state != State.IDLE
            self._stream.end_learning(time.monotonic(), seconds)
            if target_state == State.IDLE:
                self._stream.see_target(None)
                self._last = replace(self._last, target_id="")

    def _follow_if_new(self, tracker: Tracker, frame: Frame) -> None:
        """Track a frame whose init box was refused, unless the box went back to it."""
        if frame.fate is Fate.WAITING:
            self._follow(tracker, frame)

    def _follow(self, tracker: Tracker, frame: Frame) -> None:
        if self._target_state == State.IDLE:
            self._settle(frame, Fate.UNTARGETED)
            return
        try:
            image, _ = self._to_rgb(frame.message, self._intensity)
            size = (image.shape[1], image.shape[0])
            if size != self._target_size:
                raise InvalidImageError(
                    "the image size changed from {}x{} to {}x{}; the target waits until the old"
                    " size is back or a new init box comes".format(*self._target_size, *size)
                )
            start = time.perf_counter()
            result = tracker.track(image)
        except InvalidImageError as error:
            self._skip(frame, error, _in_words(error))
            return
        seconds = time.perf_counter() - start
        self._deliver(tracker, frame, image, result, seconds, self._last.target_id)

    def _deliver(
        self,
        tracker: Tracker,
        frame: Frame,
        image: np.ndarray,
        result: TrackResult,
        tracking_time: float,
        target_id: str,
        learned: Learning | None = None,
    ) -> None:
        with self._wake:
            self._target_state = State[result.state.name]
            if learned is not None:
                self._end_learning(self._target_state, tracking_time)
                self._queue.go_on_after(learned)
            self._stream.see_target(result.box, in_sight=self._target_state != State.LOST)
            self._queue.settle(frame, Fate.TRACKED)
            self._problem = None
            failure = _update_failure(tracker.last_update_error)
            is_new, self._update_failure = failure != self._update_failure, failure
            self._last = Status(
                target_id=target_id,
                score=float(result.score),
                latency=time.monotonic() - frame.received,
                tracking_time=tracking_time,
                updates_done=tracker.updates_done,
                last_update_time=tracker.last_update_seconds,
                model_version=tracker.model_version,
            )
            status = self.status()
        if failure and is_new:
            self._complaints.warn("update failed", failure)
        tracked = TrackedFrame(
            frame, image, result, target_id, tracker.attention_map, self._is_late
        )
        self._tell(self._listener.on_result, tracked, status)

    def _is_late(self) -> bool:
        with self._wake:
            return not self._keep_all and self._queue.frame_waits

    # ---- reports -------------------------------------------------------------------------------

    def _state(self) -> State:
        if self._learning:
            return State.INITIALIZING
        if self._target_state == State.IDLE and self._queue.boxes:
            return State.INITIALIZING
        return self._target_state

    def _message(self) -> str:
        if self._problem is not None:
            return self._problem.text
        if self._tracker is None:
            return "loading the tracker"
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
        problem = Problem(f"frame skipped: {_place(error)}", f"frame skipped: {text}")
        with self._wake:
            self._queue.settle(frame, Fate.DROPPED)
            self._problem = problem
        self._complaints.warn(problem.kind, problem.text)
        self._announce(frame)

    def _reject(self, reason: Problem) -> None:
        with self._wake:
            tracked = self._target_state != State.IDLE
            kept = "the target is kept" if tracked else "nothing is tracked"
            problem = reason._replace(text=f"init box refused, {kept}: {reason.text}")
            before, self._problem = self._problem, problem
        self._complaints.warn(problem.kind, problem.text)
        self._announce(None)
        with self._wake:
            if self._queue.boxes and self._problem is problem:
                self._problem = before  # another box waits: that is the state of things now

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


def _refusal(error: Exception, text: str) -> Problem:
    return Problem(f"init box refused: {_place(error)}", text, box_refused=True)


def _update_failure(error: str) -> str:
    """Return what to say of an update's error, nothing if there is none."""
    return f"an update failed, tracking goes on without it: {error}" if error else ""


def _in_words(error: Exception) -> str:
    """Our own errors say all; one that nobody expected is told with the place it came from."""
    text = " ".join(str(error).split())
    if isinstance(error, InvalidBoxError | InvalidImageError):
        return text
    return f"{type(error).__name__}: {text} ({_place(error)})"


def _place(error: Exception) -> str:
    """Where an error was raised: that tells its kind, whatever its text says of the case."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__
