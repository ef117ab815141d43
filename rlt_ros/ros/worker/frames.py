# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Received frames: what became of each, and the last ones kept for boxes that name them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MIB = 1 << 20


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


class FrameBuffer:
    """The frames received last: `limit` at most, and `limit_bytes`, but always the last one."""

    def __init__(self, limit: int, limit_bytes: int) -> None:
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self.short_of = ""
        """The parameter that an older frame fell victim to, if one did."""

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    def add(self, frame: Frame) -> None:
        """Keep a frame that has just come, and let the oldest go where it is one too many."""
        self._frames.append(frame)
        self._bytes += frame.size
        while len(self._frames) > self._limit:
            self._bytes -= self._frames.popleft().size
            self.short_of = "frame_buffer_size"
        while self._bytes > self._limit_bytes and len(self._frames) > 1:
            self._bytes -= self._frames.popleft().size
            self.short_of = "frame_buffer_mib"
