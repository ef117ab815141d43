# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the threads around the worker share, guarded by one lock: what waits, and what is told."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace

from rlt_ros.ros.worker.box_stream import TOO_FAST
from rlt_ros.ros.worker.box_streams import BoxStreams
from rlt_ros.ros.worker.frame_queue import FrameQueue
from rlt_ros.ros.worker.frames import Fate, Frame
from rlt_ros.ros.worker.init_requests import InitRequest, Problem, waiting_ahead
from rlt_ros.ros.worker.replies import CLOSED
from rlt_ros.ros.worker.status import State, Status, TargetStatus
from rlt_ros.ros.worker.suggestions import Suggestions
from rlt_ros.tracking import TrackerStoppedError

BOXES_IN_TURN = 3
"""More init boxes of a target than these that wait their turn come too fast."""

DISABLED = "tracking is disabled: enable it to go on"
"""What the status says while it is."""


class Books:
    """The queue, the streams, the suggestions, and what the status is made of.

    Whoever reads or writes anything here holds `wake`'s lock, for no longer than that; methods
    that are not said to take it are called with it.
    """

    def __init__(self, queue: FrameQueue, streams: BoxStreams, keep_all: bool) -> None:
        self.wake = threading.Condition()
        self.queue = queue
        self.streams = streams
        self.suggestions = Suggestions()
        self.keep_all = keep_all
        self.loaded = False
        self.last = Status()  # numbers of the last result
        self.learning = False
        self.problem: Problem | None = None
        self.update_failure = ""  # of a tracker's latest update
        self.disabled = False
        self.out_of_order = self.stale = self.jumps = 0
        self.stopping = False

    @property
    def target_ids(self) -> list[str]:
        """Those of the targets that there are, the oldest first."""
        return [target.target_id for target in self.last.targets]

    @property
    def boxes_in_turn(self) -> int:
        """How many boxes of one target wait for their turn, where they are most."""
        queue = self.queue
        ahead = {id(request) for request in queue.ahead}
        places = [request.place for request in queue.boxes if id(request) not in ahead]
        return max(Counter(places).values(), default=0)

    def status(self) -> Status:
        """The status as of now; takes the lock."""
        with self.wake:
            counts = self.queue.counts
            return replace(
                self.last,
                state=self._state(),
                message=self._message(),
                frames_received=self.queue.received,
                frames_tracked=counts[Fate.TRACKED],
                frames_dropped=counts[Fate.DROPPED],
                frames_untargeted=counts[Fate.UNTARGETED],
                frames_waiting=counts[Fate.WAITING],
                frames_out_of_order=self.out_of_order,
                frames_stale=self.stale,
                time_jumps=self.jumps,
                disabled=self.disabled,
            )

    def wait_of(self, box: InitRequest, now: float) -> float:
        """Return for how many seconds a box has to wait, as one of a stream; 0: no more."""
        if not box.in_stream:
            return 0.0
        place = self.streams.place(box.target_id, self.target_ids)
        return self.streams.of(place, now).wait_for(box.box, box.came, now)

    def there_are(self, targets: tuple[TargetStatus, ...]) -> None:
        """Take note of which targets there are now."""
        self.queue.target_wanted = bool(targets) and not self.disabled
        oldest = targets[0].target_id if targets else ""
        self.last = replace(self.last, target_id=oldest, targets=targets)
        self.streams.see_targets(self.target_ids)

    def settle(self, frame: Frame, fate: Fate) -> None:
        """Count what became of a frame; takes the lock."""
        with self.wake:
            self.queue.settle(frame, fate)

    def check_open(self) -> None:
        """Raise `TrackerStoppedError` once the worker is being closed."""
        if self.stopping:
            raise TrackerStoppedError(CLOSED)

    def _state(self) -> State:
        if self.learning:
            return State.INITIALIZING
        if self.disabled:
            return State.IDLE
        if not self.last.targets:
            return State.INITIALIZING if self.queue.boxes else State.IDLE
        return self.last.targets[0].state

    def _message(self) -> str:
        if self.problem is not None:
            return self.problem.text
        if not self.loaded:
            return "loading the tracker"
        if self.disabled:
            return DISABLED
        if too_fast := self.streams.message(time.monotonic()):
            return too_fast
        if self.keep_all and (waiting := self.boxes_in_turn) > BOXES_IN_TURN:
            return f"{waiting} init boxes wait: {TOO_FAST}"
        if self.queue.ahead:
            return waiting_ahead(self.queue.ahead[-1], self.queue.last_stamp_ns)
        return self.update_failure
