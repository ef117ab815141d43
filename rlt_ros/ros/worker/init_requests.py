# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Init boxes on their way to the tracker, and what is said of those that name no frame."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rlt_ros.ros.worker.box_stream import Box
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.ros.worker.replies import Reply


@dataclass(frozen=True)
class InitRequest:
    """Follow what is inside `box` on the frame stamped `stamp_ns`; 0 means the next frame.

    `frame_id`: of the camera that the box is meant for; empty fits any. `number` counts the
    requests, `after` is the sequence number of the first frame that came after this one.
    `in_stream`: see `BoxStream`. `target_id`: which target, see `Targets`. `place`: where it
    waits; a newer box of the same place takes over.
    """

    box: Box
    stamp_ns: int = 0
    frame_id: str = ""
    in_stream: bool = False
    came: float = field(default_factory=time.monotonic)
    target_id: str = ""
    place: str = ""
    reply: Reply = field(default_factory=Reply)
    number: int = 0
    after: int = 0


@dataclass(eq=False)
class Learning:
    """Requests of different places and their frame; the oldest first.

    `later`: the frames that had come after that one already.
    """

    requests: tuple[InitRequest, ...]
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


def other_camera(request: InitRequest, frame: Frame) -> Problem:
    """Say that a box is meant for another camera's images."""
    text = (
        f"its frame_id is '{request.frame_id}' but the image's is '{frame.frame_id}': send a box of"
        " this camera, with its frame_id or none"
    )
    return Problem("init box refused: other camera", text, True, request)


def no_such_frame(request: InitRequest, frames: Sequence[Frame], short_of: str) -> Problem:
    """Say that no frame has a box's stamp; `short_of` as in `FrameBuffer`."""
    stamp = seconds(request.stamp_ns)
    if any(frame.stamp_ns for frame in frames):
        stamps = (frame.stamp_ns for frame in frames)
        nearest = min(stamps, key=lambda stamp_ns: abs(stamp_ns - request.stamp_ns))
        more = f", or raise {short_of}" if short_of else ""
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
