# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The streams of init boxes of all targets, each in a place of its own."""

from __future__ import annotations

from collections.abc import Collection

from rlt_ros.ros.worker.box_stream import BoxStream
from rlt_ros.tracking.boxes import BoxLike


class BoxStreams:
    """A `BoxStream` for each place where init boxes wait.

    With `several` false all boxes are for the one target, and wait in one place. Otherwise the
    place is the target's id; boxes without one, that are for no target yet, share a place.
    """

    def __init__(self, several: bool) -> None:
        self._several = several
        self._streams: dict[str, BoxStream] = {}

    def place(self, target_id: str, targets: Collection[str]) -> str:
        """Return where a box waits that names a target by this id; `targets`: those there are."""
        if not self._several:
            return ""
        return next(iter(targets)) if not target_id and len(targets) == 1 else target_id

    def of(self, place: str, now: float) -> BoxStream:
        """Return the stream of a place, which may be new; `now` in seconds."""
        if place not in self._streams:
            self._streams = {
                other: stream for other, stream in self._streams.items() if stream.matters(now)
            }
            self._streams[place] = BoxStream()
        return self._streams[place]

    def learned_as(self, place: str, target_id: str) -> None:
        """What waited in a place has become a target of that id."""
        if self._several and place != target_id and place in self._streams:
            self._streams[target_id] = self._streams.pop(place)

    def see_target(self, target_id: str, box: BoxLike | None) -> None:
        """A target lies here; None: it is out of sight."""
        place = self.place(target_id, ())
        if place in self._streams:
            self._streams[place].see_target(box)

    def see_targets(self, target_ids: Collection[str]) -> None:
        """There are these targets, and no others."""
        places = {self.place(target_id, ()) for target_id in target_ids}
        for place, stream in self._streams.items():
            if place not in places:
                stream.forget_target()

    def message(self, now: float) -> str:
        """Return what to say while a stream goes on, else an empty text."""
        return next((text for one in self._streams.values() if (text := one.message(now))), "")
