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
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Protocol

import numpy as np

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking import InvalidBoxError, InvalidImageError, Tracker, TrackResult

Box = tuple[float, float, float, float]
"""x, y, w, h in pixels: top-left corner and size, 0-based continuous coordinates."""

REPEAT_SECONDS = 5.0
"""The same complaint is logged at most once in this many seconds."""


class State(IntEnum):
    """What the node is doing; the numbers of rlt_ros/msg/TrackerStatus."""

    IDLE = 0
    INITIALIZING = 1
    TRACKING = 2
    LOST = 3
    UNCERTAIN = 4


@dataclass(eq=False)
class Frame:
    """One received image, kept as the message that brought it until the worker needs its pixels.

    `followed`: a target or a waiting init box wanted this frame; only then skipping it is a drop.
    `counted`: it went into the counts already; an init box can send the worker back to it.
    """

    message: Any
    stamp_ns: int
    sequence: int
    followed: bool
    received: float = field(default_factory=time.monotonic)
    counted: bool = False


@dataclass(frozen=True)
class InitRequest:
    """Follow what is inside `box` on the frame stamped `stamp_ns`; 0 means the next frame."""

    box: Box
    stamp_ns: int = 0


@dataclass(frozen=True)
class Status:
    """A snapshot of the worker. Times in seconds.

    `latency`: from the arrival of the last tracked frame until its result was handed out.
    `tracking_time`: the tracker's part of it. `message`: what went wrong since the last good
    frame, else empty. The frame counts run from the start of the worker, the update counts from
    the target's init.
    """

    state: State = State.IDLE
    target_id: str = ""
    score: float = 0.0
    latency: float = 0.0
    tracking_time: float = 0.0
    frames_received: int = 0
    frames_tracked: int = 0
    frames_dropped: int = 0
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


class Log(Protocol):
    """The part of a logger that is used here; rclpy's loggers and `logging`'s both fit."""

    def info(self, message: str, /) -> Any:
        """Log what a user may like to know."""

    def warning(self, message: str, /) -> Any:
        """Log what a user should look at."""


class TrackingWorker:
    """Runs a tracker in a thread of its own.

    `make_tracker` is called in that thread, because loading a backbone takes seconds; boxes and
    frames that come meanwhile wait. `to_rgb` turns a frame's message into H x W x 3 uint8 RGB and
    raises `InvalidImageError` with a clear text where it cannot. It is given the intensity range
    of the target, None for a new one, and returns what it used.

    With `keep_all` false, only the newest frame waits for the worker: the one that it replaces is
    dropped and counted. With `keep_all`, every frame waits its turn, up to `queue_size` of them.
    The last `buffer_size` messages are kept for init boxes that name an earlier frame.
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
        buffer_size: int = 30,
    ) -> None:
        self._make_tracker = make_tracker
        self._to_rgb = to_rgb
        self._listener = listener
        self._log = log
        self._keep_all = keep_all
        self._queue_size = queue_size

        # Shared between threads, guarded by this condition's lock.
        self._wake = threading.Condition()
        self._queue: deque[Frame | InitRequest] = deque()
        self._buffer: deque[Frame] = deque(maxlen=buffer_size)
        self._status = Status(message="loading the tracker")
        self._complaints: dict[str, float] = {}
        self._stopping = False

        # The worker thread's own.
        self._tracker: Tracker
        self._request: InitRequest | None = None
        self._target_state = State.IDLE
        self._target_size = (0, 0)
        self._intensity: IntensityRange | None = None
        self._thread = threading.Thread(target=self._run, name="tracking_worker")

    # ---- called from other threads; these never wait for the tracker ---------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Finish the frame at hand, end the thread and free the tracker (this one does wait)."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def status(self) -> Status:
        """The status as of now."""
        return self._status

    def submit_frame(self, message: Any, stamp_ns: int) -> None:
        """Hand over a frame as it was received."""
        with self._wake:
            sequence = self._status.frames_received
            frame = Frame(message, stamp_ns, sequence, self._status.state != State.IDLE)
            self._status = replace(self._status, frames_received=sequence + 1)
            waiting = [item for item in self._queue if isinstance(item, Frame)]
            if self._keep_all and len(waiting) >= self._queue_size:
                self._count_dropped([frame])
                self._complain(
                    f"{len(waiting)} frames wait already, new ones are dropped: raise queue_size,"
                    " replay more slowly, or set queue to 'newest'"
                )
                return
            self._buffer.append(frame)
            if not self._keep_all:
                self._count_dropped(waiting)
                self._queue = deque(item for item in self._queue if item not in waiting)
            self._queue.append(frame)
            self._wake.notify()

    def submit_init(self, box: Box, stamp_ns: int = 0) -> None:
        """Ask for a new target. A stamped frame that has not come yet is waited for."""
        with self._wake:
            if self._status.state == State.IDLE:
                self._status = replace(self._status, state=State.INITIALIZING)
            self._queue.append(InitRequest(box, stamp_ns))
            self._wake.notify()

    def refuse(self, problem: str) -> None:
        """Report input that could not even be handed over; what is tracked stays tracked."""
        self._log.warning(problem)
        self._announce(None, message=problem)

    # ---- the worker's thread -------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._tracker = self._make_tracker()
        except Exception as error:  # whatever it is, the node must hear of it
            self._listener.on_fatal(error)
            return
        with self._tracker:
            if not self._stopping:
                self._log.info("the tracker is ready")
                self._announce(None, message="")
            while (item := self._next()) is not None:
                try:
                    if isinstance(item, InitRequest):
                        self._take_request(item)
                    else:
                        self._take_frame(item)
                except Exception as error:  # a running tracker must never be lost to one frame
                    self._skip(item if isinstance(item, Frame) else None, _describe(error))

    def _next(self) -> Frame | InitRequest | None:
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._stopping)
            return None if self._stopping else self._queue.popleft()

    def _take_request(self, request: InitRequest) -> None:
        if self._request is not None:
            self._log.info("a newer init box replaces the one that was waiting for its frame")
        self._request = request
        with self._wake:
            frames = list(self._buffer)
        found = [frame for frame in frames if frame.stamp_ns == request.stamp_ns]
        if request.stamp_ns == 0 or not frames or request.stamp_ns > frames[-1].stamp_ns:
            self._announce(None)  # its frame has yet to come
        elif found:
            self._initialize(request, found[-1])
        else:
            self._reject(request, _no_such_frame(request, frames))

    def _take_frame(self, frame: Frame) -> None:
        request = self._request
        if request is not None and request.stamp_ns in (0, frame.stamp_ns):
            self._initialize(request, frame)
            return
        if request is not None and frame.stamp_ns > request.stamp_ns:
            self._reject(request, _no_such_frame(request, [frame]))
        if self._target_state != State.IDLE:
            self._track(frame)

    def _initialize(self, request: InitRequest, frame: Frame) -> None:
        self._announce(frame, state=State.INITIALIZING)
        try:
            image, intensity = self._to_rgb(frame.message, None)
        except InvalidImageError as error:
            if request.stamp_ns == 0:
                self._skip(frame, f"{error}; the init box waits for the next frame")
            else:
                self._reject(request, f"its frame cannot be used: {error}")
            return
        start = time.perf_counter()
        try:
            result = self._tracker.init(image, request.box)
        except InvalidBoxError as error:
            self._reject(request, str(error))
            return
        except Exception as error:  # midway: the old target cannot be trusted any more
            self._target_state = State.IDLE
            self._reject(request, _describe(error))
            return
        self._request = None
        self._target_size = (image.shape[1], image.shape[0])
        self._intensity = intensity
        self._go_on_after(frame)
        target_id = uuid.uuid4().hex
        self._deliver(frame, image, result, time.perf_counter() - start, target_id)
        x, y, w, h = (float(number) for number in result.box)
        self._log.info(f"new target {target_id}: x={x:.1f} y={y:.1f} w={w:.1f} h={h:.1f}")

    def _track(self, frame: Frame) -> None:
        try:
            image, _ = self._to_rgb(frame.message, self._intensity)
            size = (image.shape[1], image.shape[0])
            if size != self._target_size:
                raise InvalidImageError(
                    "the image size changed from {}x{} to {}x{}; the target waits until the old"
                    " size is back or a new init box comes".format(*self._target_size, *size)
                )
            start = time.perf_counter()
            result = self._tracker.track(image)
        except InvalidImageError as error:
            self._skip(frame, str(error))
            return
        self._deliver(frame, image, result, time.perf_counter() - start, self._status.target_id)

    def _go_on_after(self, chosen: Frame) -> None:
        """Line up the frames that came after `chosen`: all of them, or only the newest."""
        with self._wake:
            queued = {item.sequence: item for item in self._queue if isinstance(item, Frame)}
            known = {frame.sequence: frame for frame in self._buffer} | queued
            later = [known[number] for number in sorted(known) if number > chosen.sequence]
            for frame in later:
                frame.followed = True
            if not self._keep_all:
                self._count_dropped(later[:-1])
                later = later[-1:]
            requests = [item for item in self._queue if isinstance(item, InitRequest)]
            self._queue = deque([*later, *requests])

    def _deliver(
        self,
        frame: Frame,
        image: np.ndarray,
        result: TrackResult,
        tracking_time: float,
        target_id: str,
    ) -> None:
        self._target_state = State[result.state.name]
        with self._wake:
            tracked_before = self._status.frames_tracked
            self._status = replace(
                self._status,
                state=self._target_state,
                target_id=target_id,
                score=float(result.score),
                latency=time.monotonic() - frame.received,
                tracking_time=tracking_time,
                frames_tracked=tracked_before if frame.counted else tracked_before + 1,
                updates_done=self._tracker.updates_done,
                last_update_time=self._tracker.last_update_seconds,
                model_version=self._tracker.model_version,
                message="",
            )
            frame.counted = True
            status = self._status
        tracked = TrackedFrame(
            frame, image, result, target_id, self._tracker.attention_map, self._is_late
        )
        self._tell(self._listener.on_result, tracked, status)

    def _is_late(self) -> bool:
        if self._keep_all:
            return False
        with self._wake:
            return any(isinstance(item, Frame) for item in self._queue)

    # ---- reports -------------------------------------------------------------------------------

    def _skip(self, frame: Frame | None, problem: str) -> None:
        problem = f"frame skipped: {problem}"
        self._complain(problem)
        with self._wake:
            self._count_dropped([] if frame is None else [frame])
        self._announce(frame, state=self._state_between_frames(), message=problem)

    def _reject(self, request: InitRequest, problem: str) -> None:
        self._request = None
        kept = "nothing is tracked" if self._target_state == State.IDLE else "the target is kept"
        problem = f"init box refused, {kept}: {problem}"
        self._log.warning(problem)
        target_id = "" if self._target_state == State.IDLE else self._status.target_id
        state = self._state_between_frames()
        self._announce(None, state=state, target_id=target_id, message=problem)

    def _state_between_frames(self) -> State:
        waiting = self._request is not None and self._target_state == State.IDLE
        return State.INITIALIZING if waiting else self._target_state

    def _announce(self, frame: Frame | None, **changes: Any) -> None:
        with self._wake:
            self._status = replace(self._status, **changes)
            status = self._status
        self._tell(self._listener.on_status, status, frame)

    def _tell(self, method: Callable[..., None], *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception as error:
            self._complain(f"a result could not be published: {_describe(error)}")

    def _complain(self, text: str) -> None:
        now = time.monotonic()
        with self._wake:
            recent = {old: at for old, at in self._complaints.items() if now - at < REPEAT_SECONDS}
            self._complaints = {text: now} | recent
        if text not in recent:
            self._log.warning(text)

    def _count_dropped(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if frame.followed and not frame.counted:
                frame.counted = True
                dropped = self._status.frames_dropped + 1
                self._status = replace(self._status, frames_dropped=dropped)


def _no_such_frame(request: InitRequest, frames: list[Frame]) -> str:
    nearest = min((f.stamp_ns for f in frames), key=lambda stamp: abs(stamp - request.stamp_ns))
    return (
        f"no frame is stamped {_seconds(request.stamp_ns)}; the nearest of the {len(frames)} looked"
        f" at is {_seconds(nearest)} (use a frame's own stamp, 0 for the next frame, or raise"
        " frame_buffer_size)"
    )


def _seconds(stamp_ns: int) -> str:
    return f"{stamp_ns // 1_000_000_000}.{stamp_ns % 1_000_000_000:09d}"


def _describe(error: Exception) -> str:
    """One line about an error nobody expected, with the place it came from."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"
