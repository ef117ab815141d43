# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames and init boxes on their way to the tracker: their order, and which box names which frame.

Everything is decided as it arrives, so it depends on the order of arrival and not on how busy the
tracker is. Nothing here waits or locks: whoever shares a queue between threads guards it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from rlt_ros.messages.frame_ids import fits
from rlt_ros.ros.worker.frames import MIB, Fate, Frame, FrameBuffer
from rlt_ros.ros.worker.init_requests import (
    REPLACED,
    InitRequest,
    Learning,
    Problem,
    no_such_frame,
    other_camera,
    seconds,
)

BOXES_AHEAD = 100
"""Init boxes that may wait for frames that have not come; beyond, the oldest are given up."""


class FrameQueue:
    """What waits for the tracker.

    With `keep_all` false, only the newest frame waits and only the newest box of a place: those
    that they replace are dropped. With `keep_all`, frames and boxes keep their order, up to
    `queue_size` frames and `queue_bytes`; a frame beyond is dropped.

    An init box with a stamp names the newest frame with exactly that stamp and a fitting
    `frame_id`, among those that wait and the last `buffer_size` received (`buffer_bytes` at most,
    but always the last one), whatever the order of their stamps. Where there is none and the last
    frame is older, the box waits for it. A box without a stamp names the next frame to come.
    Frames may lack stamps (0) or share them; then only boxes without stamps name them for sure.
    """

    def __init__(
        self,
        *,
        keep_all: bool,
        queue_size: int,
        queue_bytes: int,
        buffer_size: int,
        buffer_bytes: int,
    ) -> None:
        self._keep_all = keep_all
        self._queue_size = queue_size
        self._queue_bytes = queue_bytes
        self.target_wanted = False
        """Whether there is a target or one is being learned: what is left out then is dropped."""
        self.counts: Counter[Fate] = Counter()
        self._received = 0
        self._requests = 0
        self._buffer = FrameBuffer(buffer_size, buffer_bytes)
        self._last: Frame | None = None
        # What comes next: frames, and with keep_all boxes between them.
        self._items: deque[Frame | Learning | InitRequest] = deque()
        # The boxes that come before all that, each once it is time and a frame is there for it.
        self._boxes: dict[str, Learning | InitRequest] = {}
        # Boxes with stamps whose frames have not come.
        self._ahead: list[InitRequest] = []

    def __len__(self) -> int:
        """Return how many frames and boxes are there to be taken."""
        return len(self._items) + len(_learnings(self._boxes.values()))

    @property
    def received(self) -> int:
        """Frames that have come so far; the sum of `counts`."""
        return self._received

    @property
    def frame_waits(self) -> bool:
        """Whether a frame is there to be taken."""
        return any(isinstance(item, Frame) for item in self._items)

    @property
    def boxes(self) -> list[InitRequest]:
        """The boxes that wait, for their turn or for their frame."""
        items = [*self._items, *self._boxes.values()]
        found = [request for item in _learnings(items) for request in item.requests]
        found += [item for item in items if isinstance(item, InitRequest)]
        return [*found, *self._ahead]

    @property
    def ahead(self) -> list[InitRequest]:
        """The boxes whose frames have not come."""
        return self._ahead

    @property
    def next_boxes(self) -> list[InitRequest]:
        """The boxes that come next, before all frames that wait: one of each place at most."""
        return [_request_of(item) for item in self._boxes.values()]

    @property
    def last_stamp_ns(self) -> int | None:
        """The stamp of the last frame that came, if one came."""
        return None if self._last is None else self._last.stamp_ns

    # ---- in ------------------------------------------------------------------------------------

    def add_frame(self, message: Any, stamp_ns: int, frame_id: str, size: int) -> list[Problem]:
        """Line up a frame that has just come; return what is to be told."""
        frame = Frame(message, stamp_ns, self._received, frame_id, size)
        self._received += 1
        self.counts[Fate.WAITING] += 1
        problems = []
        if self._last is not None and 0 < stamp_ns < self._last.stamp_ns:
            problems.append(
                Problem(
                    "time went back",
                    "the images' time went back from"
                    f" {seconds(self._last.stamp_ns)} to {seconds(stamp_ns)} (a bag that loops, a"
                    " clock that was set?); an init box names the newest frame with its stamp",
                )
            )
        if self._last is not None and not fits(frame_id, self._last.frame_id):
            problems.append(
                Problem(
                    "two cameras",
                    f"images of '{self._last.frame_id}' and of '{frame_id}' come on one topic, and"
                    " targets are looked for in both: give each camera a topic of its own",
                )
            )
        self._last = frame
        requests, refused = self._requests_for(frame)
        problems += refused
        if not requests and (full := self._full(size)):
            self.settle(frame, Fate.DROPPED)
            return [*problems, Problem("queue full", full)]
        self._buffer.add(frame)
        if self._keep_all:
            self._items.append(Learning(tuple(requests), frame) if requests else frame)
            return problems
        for older in self._items:
            if isinstance(older, Frame) and not self._is_named(older):
                self._leave_out(older)
        self._items = deque([frame])  # also where a box names it: that box may have to wait
        for request in requests:
            problems += self._put_box(Learning((request,), frame))
        return problems

    def add_request(self, request: InitRequest) -> list[Problem]:
        """Line up a request that has just come; return what is to be told, its refusal included."""
        if self._keep_all and len(self.boxes) - len(self._ahead) >= self._queue_size:
            text = f"{self._queue_size} init boxes wait already: send them more slowly"
            return [Problem("init box refused: too many", text, True, request)]
        self._requests += 1
        request = replace(request, number=self._requests, after=self._received)
        if request.stamp_ns == 0:
            if not self._keep_all:
                return self._put_box(request)
            self._items.append(request)
            return []
        known = self._known()
        same = [frame for frame in known if frame.stamp_ns == request.stamp_ns]
        fitting = [frame for frame in same if fits(request.frame_id, frame.frame_id)]
        if fitting:
            frame = fitting[-1]
            later = [other for other in known if other.sequence > frame.sequence]
            if not self._keep_all:
                return self._put_box(Learning((request,), frame))
            self._items.append(Learning((request,), frame, later))
            return []
        if same:
            return [other_camera(request, same[-1])]
        if self._last is None or request.stamp_ns > self._last.stamp_ns > 0:
            return self._wait_ahead(request)
        return [no_such_frame(request, known, self._buffer.short_of)]

    def _put_box(self, item: Learning | InitRequest) -> list[Problem]:
        """Let the newest box of a place wait, and no other there."""
        place = _request_of(item).place
        waiting = self._boxes.get(place)
        if waiting is None:
            self._boxes[place] = item
            return []
        if isinstance(item, InitRequest) and isinstance(waiting, InitRequest):
            # It takes over the other's turn: else boxes that each come just after a frame, before
            # the tracker looks, would all miss theirs.
            item = replace(item, after=waiting.after)
        old, self._boxes[place] = sorted((waiting, item), key=_number)
        if isinstance(old, Learning) and old.frame.fate is Fate.WAITING:
            waits_on = old.frame in self._items or self._is_named(old.frame)
            if not waits_on:
                self._leave_out(old.frame)
        return [Problem(REPLACED, "a newer init box replaces one that was still waiting")]

    def _wait_ahead(self, request: InitRequest) -> list[Problem]:
        problems = []
        same = [
            other
            for other in self._ahead
            if other.stamp_ns == request.stamp_ns and other.place == request.place
        ]
        if same:
            problems.append(Problem(REPLACED, "a newer init box replaces one for the same frame"))
        self._ahead = [other for other in self._ahead if other not in same]
        if len(self._ahead) == BOXES_AHEAD:
            given_up = self._ahead.pop(0)
            text = (
                f"its frame, stamped {seconds(given_up.stamp_ns)}, has not come, and {BOXES_AHEAD}"
                " newer boxes wait for theirs: stamp boxes as the images are, or give them stamp 0"
            )
            problems.append(Problem("init box refused: too many", text, True, given_up))
        self._ahead.append(request)
        return problems

    def _requests_for(self, frame: Frame) -> tuple[list[InitRequest], list[Problem]]:
        """Return which of the boxes that wait ahead name a new frame, and why others cannot."""
        refused = []
        chosen = []
        for request in list(self._ahead):
            if request.stamp_ns == frame.stamp_ns:
                self._ahead.remove(request)
                if fits(request.frame_id, frame.frame_id):
                    chosen.append(request)
                else:
                    refused.append(other_camera(request, frame))
            elif frame.stamp_ns == 0 or frame.stamp_ns > request.stamp_ns:
                self._ahead.remove(request)
                refused.append(
                    no_such_frame(request, [*self._known(), frame], self._buffer.short_of)
                )
        return chosen, refused

    def _full(self, size: int) -> str:
        if not self._keep_all:
            return ""
        frames = [_frame_of(item) for item in self._items if not isinstance(item, InitRequest)]
        waiting = {frame for frame in frames if frame.fate is Fate.WAITING}  # others come again
        used = sum(frame.size for frame in waiting)
        if len(waiting) >= self._queue_size:
            full, parameter = f"{len(waiting)} frames wait already", "queue_size"
        elif waiting and used + size > self._queue_bytes:
            full, parameter = f"{used / MIB:.0f} MiB of frames wait already", "queue_mib"
        else:
            return ""
        return (
            f"{full}, new ones are dropped: raise {parameter}, replay more slowly, or set queue to"
            " 'newest'"
        )

    def _known(self) -> list[Frame]:
        """Return the frames that are still here, in the order in which they came."""
        waiting = [*self._items, *self._boxes.values()]
        items = [item for item in waiting if isinstance(item, Frame | Learning)]
        frames = [*map(_frame_of, items), *self._buffer]
        known = {frame.sequence: frame for frame in frames}
        return [known[number] for number in sorted(known)]

    # ---- out -----------------------------------------------------------------------------------

    def take(self, hold: Collection[str] = ()) -> Frame | Learning | None:
        """Return what the tracker is to do next, None if nothing is there.

        The boxes of the places in `hold` wait on, and let frames pass.
        """
        ready = [
            box for box in _learnings(self._boxes.values()) if box.requests[0].place not in hold
        ]
        if ready:
            frame = min(ready, key=_number).frame
            boxes = [box.requests[0] for box in ready if box.frame is frame]
            if frame in self._items:
                boxes += self._for_next(frame, hold)
                self._items.remove(frame)
            return self._learning(boxes, Learning((), frame))
        while self._items:
            item = self._items.popleft()
            if isinstance(item, InitRequest):
                self._boxes[item.place] = item
                continue
            frame = _frame_of(item)
            if boxes := self._for_next(frame, hold):
                item = Learning((), item) if isinstance(item, Frame) else item
                return self._learning(boxes, item)
            return item
        return None

    def _for_next(self, frame: Frame, hold: Collection[str]) -> list[InitRequest]:
        """Return the boxes without stamps that a frame is the next one for."""
        return [
            box
            for place, box in self._boxes.items()
            if isinstance(box, InitRequest) and place not in hold and frame.sequence >= box.after
        ]

    def _learning(self, boxes: list[InitRequest], item: Learning) -> Learning:
        """Let boxes be learned together with those of `item`; of each place the newest."""
        for box in boxes:
            del self._boxes[box.place]
        by_age = sorted([*item.requests, *boxes], key=_number)
        newest = {request.place: request for request in by_age}
        return replace(item, requests=tuple(sorted(newest.values(), key=_number)))

    def wait_for_next(self, request: InitRequest) -> None:
        """Let a request without a stamp wait on: its frame was of no use."""
        self._boxes.setdefault(request.place, request)

    def give_up_boxes(self) -> None:
        """Forget the boxes that wait; frames that they name wait on."""
        self._ahead = []
        boxes, self._boxes = self._boxes, {}
        frames = {item for item in self._items if isinstance(item, Frame)}
        for box in _learnings(boxes.values()):
            if box.frame not in frames:
                self._leave_out(box.frame)
        items: list[Frame | Learning | InitRequest] = []
        for item in self._items:
            frame = item.frame if isinstance(item, Learning) else item
            waits = isinstance(frame, Frame) and frame.fate is Fate.WAITING
            if item in frames or (waits and frame not in frames):
                items.append(frame)
        self._items = deque(items)

    def go_on_after(self, learning: Learning) -> None:
        """Line up the frames that came after the one that was learned; forget older boxes."""
        numbers = {request.place: request.number for request in learning.requests}

        def is_older(request: InitRequest) -> bool:
            return request.number < numbers.get(request.place, 0)

        self._ahead = [other for other in self._ahead if not is_older(other)]
        self._boxes = {
            place: box for place, box in self._boxes.items() if not is_older(_request_of(box))
        }
        items: list[Frame | Learning | InitRequest] = []
        for item in self._items:
            if isinstance(item, Learning):
                left = tuple(request for request in item.requests if not is_older(request))
                item = replace(item, requests=left) if left else item.frame
            items.append(item)
        self._items = deque(items)
        later = learning.later
        if self._keep_all:
            self._items.extendleft(reversed(later))
        else:
            known = [f for f in self._known() if f.sequence > learning.frame.sequence]
            for frame in known[:-1]:
                if not self._is_named(frame):
                    self._leave_out(frame)
            later = known[-1:]
            self._items = deque(later)
        for frame in later:
            if frame.fate is Fate.UNTARGETED:
                self._move(frame, Fate.WAITING)

    def settle(self, frame: Frame, fate: Fate) -> None:
        """Count what became of a frame; one that was tracked once stays so."""
        if frame.fate is not Fate.TRACKED:
            self._move(frame, fate)

    def _is_named(self, frame: Frame) -> bool:
        """Whether one of the boxes that come next names a frame."""
        return any(box.frame is frame for box in _learnings(self._boxes.values()))

    def _leave_out(self, frame: Frame) -> None:
        if frame.fate not in (Fate.WAITING, Fate.UNTARGETED):
            return
        wanted = self.target_wanted or self.boxes
        self.settle(frame, Fate.DROPPED if wanted else Fate.UNTARGETED)

    def _move(self, frame: Frame, fate: Fate) -> None:
        self.counts[frame.fate] -= 1
        self.counts[fate] += 1
        frame.fate = fate


def _frame_of(item: Frame | Learning) -> Frame:
    return item.frame if isinstance(item, Learning) else item


def _learnings(items: Iterable[Frame | Learning | InitRequest]) -> list[Learning]:
    return [item for item in items if isinstance(item, Learning)]


def _request_of(item: Learning | InitRequest) -> InitRequest:
    """Return the request of a box; a learning that waits has one."""
    return item.requests[0] if isinstance(item, Learning) else item


def _number(item: Learning | InitRequest) -> int:
    return _request_of(item).number
