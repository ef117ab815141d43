# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames and init boxes on their way to the tracker: their order, and which box names which frame.

Everything is decided as it arrives, so it depends on the order of arrival and not on how busy the
tracker is. Nothing here waits or locks: whoever shares a queue between threads guards it.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from rlt_ros.ros.worker.box_stream import Box
from rlt_ros.ros.worker.replies import Reply

MIB = 1 << 20

BOXES_AHEAD = 100
"""Init boxes that may wait for frames that have not come; beyond, the oldest are given up."""


class Fate(Enum):
    """What became of a frame."""

    WAITING = "waiting"  # for the tracker, or in its hands
    TRACKED = "tracked"
    DROPPED = "dropped"  # a newer one came, or it was unusable
    UNTARGETED = "untargeted"  # there was nothing to track


@dataclass(eq=False)
class Frame:
    """One received image, kept as the message that brought it until the worker needs its pixels.

    `size`: of the message in bytes. `stamp_ns`: 0 for none. `sequence`: counts what was received.
    """

    message: Any
    stamp_ns: int
    sequence: int
    frame_id: str = ""
    size: int = 0
    received: float = field(default_factory=time.monotonic)
    fate: Fate = Fate.WAITING


@dataclass(frozen=True)
class InitRequest:
    """Follow what is inside `box` on the frame stamped `stamp_ns`; 0 means the next frame.

    `frame_id`: of the camera that the box is meant for; empty fits any. `number` counts the
    requests, `after` is the sequence number of the first frame that came after this one.
    `in_stream`: see `BoxStream`. `target_id`: which target, see `Targets`.
    """

    box: Box
    stamp_ns: int = 0
    frame_id: str = ""
    in_stream: bool = False
    came: float = field(default_factory=time.monotonic)
    target_id: str = ""
    reply: Reply = field(default_factory=Reply)
    number: int = 0
    after: int = 0


@dataclass(eq=False)
class Learning:
    """A request and its frame. `later`: the frames that had come after that one already."""

    request: InitRequest
    frame: Frame
    later: list[Frame] = field(default_factory=list)


class Problem(NamedTuple):
    """Something to tell the user; `kind` as in `Complaints`. `box_refused`: it cost an init box.

    `request`: which box it cost, that one or an older one.
    """

    kind: str
    text: str
    box_refused: bool = False
    request: InitRequest | None = None


REPLACED = "init box replaced"
"""Kind of the problems that are a newer box's making."""


class FrameQueue:
    """What waits for the tracker.

    With `keep_all` false, only the newest frame waits and only the newest box: those that they
    replace are dropped. With `keep_all`, frames and boxes keep their order, up to `queue_size`
    frames and `queue_bytes`; a frame beyond is dropped.

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
        self._buffer_size = buffer_size
        self._buffer_bytes = buffer_bytes
        self.target_wanted = False
        """Whether there is a target or one is being learned: what is left out then is dropped."""
        self.counts: Counter[Fate] = Counter()
        self._received = 0
        self._requests = 0
        self._learned = 0  # number of the request whose target is tracked
        self._buffer: deque[Frame] = deque()
        self._buffer_used = 0  # bytes
        self._last: Frame | None = None
        self._short_of = ""  # the parameter that an older frame fell victim to
        # What comes next: frames, and with keep_all boxes between them.
        self._items: deque[Frame | Learning | InitRequest] = deque()
        # The box that comes before all that, once it is time and a frame is there for it.
        self._box: Learning | InitRequest | None = None
        # Boxes with stamps whose frames have not come.
        self._ahead: list[InitRequest] = []

    def __len__(self) -> int:
        """Return how many frames and boxes are there to be taken."""
        return len(self._items) + isinstance(self._box, Learning)

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
        items = [*self._items, self._box]
        found = [item.request for item in items if isinstance(item, Learning)]
        found += [item for item in items if isinstance(item, InitRequest)]
        return [*found, *self._ahead]

    @property
    def ahead(self) -> list[InitRequest]:
        """The boxes whose frames have not come."""
        return self._ahead

    @property
    def box(self) -> InitRequest | None:
        """The box that comes next, before all frames that wait, if there is one."""
        return self._box.request if isinstance(self._box, Learning) else self._box

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
        self._last = frame
        request, refused = self._request_for(frame)
        problems += refused
        if request is None and (full := self._full(size)):
            self.settle(frame, Fate.DROPPED)
            return [*problems, Problem("queue full", full)]
        self._remember(frame)
        if self._keep_all:
            self._items.append(frame if request is None else Learning(request, frame))
            return problems
        named = self._box.frame if isinstance(self._box, Learning) else None
        for older in self._items:
            if isinstance(older, Frame) and older is not named:
                self._leave_out(older)
        self._items = deque([frame])  # also where a box names it: that box may have to wait
        return problems if request is None else problems + self._put_box(Learning(request, frame))

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
                return self._put_box(Learning(request, frame))
            self._items.append(Learning(request, frame, later))
            return []
        if same:
            return [other_camera(request, same[-1])]
        if self._last is None or request.stamp_ns > self._last.stamp_ns > 0:
            return self._wait_ahead(request)
        return [self._no_such_frame(request, known)]

    def _put_box(self, item: Learning | InitRequest) -> list[Problem]:
        """Let the newest box wait, and no other beside it."""
        if self._box is None:
            self._box = item
            return []
        if isinstance(item, InitRequest) and isinstance(self._box, InitRequest):
            # It takes over the other's place: else boxes that each come just after a frame, before
            # the tracker looks, would all miss theirs.
            item = replace(item, after=self._box.after)
        old, self._box = sorted((self._box, item), key=_number)
        replaced = old.frame if isinstance(old, Learning) else None
        if replaced and replaced.fate is Fate.WAITING and replaced not in self._items:
            self._leave_out(replaced)
        return [Problem(REPLACED, "a newer init box replaces one that was still waiting")]

    def _wait_ahead(self, request: InitRequest) -> list[Problem]:
        problems = []
        same = [other for other in self._ahead if other.stamp_ns == request.stamp_ns]
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

    def _request_for(self, frame: Frame) -> tuple[InitRequest | None, list[Problem]]:
        """Return which of the boxes that wait ahead names a new frame, and why others cannot."""
        refused = []
        chosen = None
        for request in list(self._ahead):
            if request.stamp_ns == frame.stamp_ns:
                self._ahead.remove(request)
                if fits(request.frame_id, frame.frame_id):
                    chosen = request
                else:
                    refused.append(other_camera(request, frame))
            elif frame.stamp_ns == 0 or frame.stamp_ns > request.stamp_ns:
                self._ahead.remove(request)
                refused.append(self._no_such_frame(request, [*self._known(), frame]))
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

    def _remember(self, frame: Frame) -> None:
        self._buffer.append(frame)
        self._buffer_used += frame.size
        while len(self._buffer) > self._buffer_size:
            self._buffer_used -= self._buffer.popleft().size
            self._short_of = "frame_buffer_size"
        while self._buffer_used > self._buffer_bytes and len(self._buffer) > 1:
            self._buffer_used -= self._buffer.popleft().size
            self._short_of = "frame_buffer_mib"

    def _known(self) -> list[Frame]:
        """Return the frames that are still here, in the order in which they came."""
        items = [item for item in [*self._items, self._box] if isinstance(item, Frame | Learning)]
        frames = [*map(_frame_of, items), *self._buffer]
        known = {frame.sequence: frame for frame in frames}
        return [known[number] for number in sorted(known)]

    def _no_such_frame(self, request: InitRequest, frames: list[Frame]) -> Problem:
        stamp = seconds(request.stamp_ns)
        if any(frame.stamp_ns for frame in frames):
            stamps = (frame.stamp_ns for frame in frames)
            nearest = min(stamps, key=lambda stamp_ns: abs(stamp_ns - request.stamp_ns))
            more = f", or raise {self._short_of}" if self._short_of else ""
            text = (
                f"no frame is stamped {stamp}; the nearest of the {len(frames)} looked at is"
                f" {seconds(nearest)} (use a frame's own stamp, 0 for the next frame{more})"
            )
        else:
            text = (
                f"it is stamped {stamp}, but the images bear no stamp: give it stamp 0, which means"
                " the next frame"
            )
        return Problem("init box refused: no such frame", text, True, request)

    # ---- out -----------------------------------------------------------------------------------

    def take(self, *, hold_box: bool = False) -> Frame | Learning | None:
        """Return what the tracker is to do next, None if nothing is there.

        With `hold_box`, the box in `box` waits on, and lets frames pass.
        """
        box = self._box
        if isinstance(box, Learning) and not hold_box:
            self._box = None
            self._items = deque(item for item in self._items if item is not box.frame)
            return box
        while self._items:
            item = self._items.popleft()
            if isinstance(item, InitRequest):
                self._box = item
                continue
            frame = _frame_of(item)
            if isinstance(item, Learning) and item.request.number < self._learned:
                item = frame  # the newer box has been learned before it
            box = self._box
            if isinstance(box, InitRequest) and not hold_box and frame.sequence >= box.after:
                self._box = None
                named_by = item.request.number if isinstance(item, Learning) else 0
                return Learning(box, frame) if box.number > named_by else item
            return item
        return None

    def wait_for_next(self, request: InitRequest) -> None:
        """Let a request without a stamp wait on: its frame was of no use."""
        if self._box is None:
            self._box = request

    def give_up_boxes(self) -> None:
        """Forget the boxes that wait; frames that they name wait on."""
        self._ahead = []
        box, self._box = self._box, None
        frames = {item for item in self._items if isinstance(item, Frame)}
        if isinstance(box, Learning) and box.frame not in frames:
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
        self._learned = learning.request.number
        self._ahead = [other for other in self._ahead if other.number > self._learned]
        if self._box is not None and _number(self._box) < self._learned:
            self._box = None
        later = learning.later
        if self._keep_all:
            self._items.extendleft(reversed(later))
        else:
            known = [f for f in self._known() if f.sequence > learning.frame.sequence]
            for frame in known[:-1]:
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

    def _leave_out(self, frame: Frame) -> None:
        if frame.fate not in (Fate.WAITING, Fate.UNTARGETED):
            return
        wanted = self.target_wanted or self.boxes
        self.settle(frame, Fate.DROPPED if wanted else Fate.UNTARGETED)

    def _move(self, frame: Frame, fate: Fate) -> None:
        self.counts[frame.fate] -= 1
        self.counts[fate] += 1
        frame.fate = fate


def fits(wanted: str, frame_id: str) -> bool:
    """Return whether a box for one `frame_id` may name an image of another; empty fits any."""
    # tf of ROS 1 wrote some of them with a slash.
    return not wanted or not frame_id or wanted.lstrip("/") == frame_id.lstrip("/")


def other_camera(request: InitRequest, frame: Frame) -> Problem:
    """Say that a box is meant for another camera's images."""
    text = (
        f"its frame_id is '{request.frame_id}' but the image's is '{frame.frame_id}': send a box of"
        " this camera, with its frame_id or none"
    )
    return Problem("init box refused: other camera", text, True, request)


def waiting_ahead(request: InitRequest, last_stamp_ns: int | None) -> str:
    """Say that a box waits for a frame, and for which."""
    last = (
        "none has come" if last_stamp_ns is None else f"the last one has {seconds(last_stamp_ns)}"
    )
    return f"an init box waits for the frame stamped {seconds(request.stamp_ns)}; {last}"


def seconds(stamp_ns: int) -> str:
    """Return a stamp in seconds, with all its digits."""
    whole, rest = divmod(abs(stamp_ns), 1_000_000_000)
    return f"{'-' if stamp_ns < 0 else ''}{whole}.{rest:09d}"


def _frame_of(item: Frame | Learning) -> Frame:
    return item.frame if isinstance(item, Learning) else item


def _number(item: Learning | InitRequest) -> int:
    return item.request.number if isinstance(item, Learning) else item.number
