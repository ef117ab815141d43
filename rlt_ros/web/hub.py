# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The viewers: what each of them watches, and what waits for each. Runs in the server's loop.

A slow viewer costs nobody else anything: of each stream only the newest picture waits for it, no
more than `WINDOW` are on their way to it, and of texts the oldest go when too many wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from rlt_ros.web.protocol import Got, Watch

WINDOW = 2
"""Pictures of a stream that a viewer may have been sent and has not told to have got."""

WAITING_TEXTS = 256
"""Texts that may wait for a viewer: some seconds of two trackers."""


class TooManyViewersError(RuntimeError):
    """There is no room for another viewer; the message is for people."""


@dataclass(frozen=True)
class Demand:
    """What anybody watches: names of trackers, see `Watch`."""

    viewers: int = 0
    trackers: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()
    attention: frozenset[str] = frozenset()


class Viewer:
    """One open page."""

    def __init__(self) -> None:
        self.watches = Watch(frozenset(), frozenset(), frozenset())
        self._texts: deque[str] = deque(maxlen=WAITING_TEXTS)
        self._pictures: dict[str, bytes] = {}
        self._on_their_way: dict[str, int] = {}
        self._wake = asyncio.Event()

    def put_text(self, text: str) -> None:
        """Have a text sent."""
        self._texts.append(text)
        self._wake.set()

    def put_picture(self, stream: str, picture: bytes) -> None:
        """Have a picture sent, in place of one of that stream that still waits."""
        self._pictures.pop(stream, None)  # it goes behind those of other streams
        self._pictures[stream] = picture
        self._wake.set()

    def got(self, command: Got) -> None:
        """Note that a picture has arrived."""
        left = self._on_their_way.get(command.stream, 0) - 1
        if left > 0:
            self._on_their_way[command.stream] = left
        else:
            self._on_their_way.pop(command.stream, None)
        self._wake.set()

    def forget_pictures(self) -> None:
        """Drop the pictures that wait, as others are watched now."""
        self._pictures.clear()

    async def next(self) -> str | bytes:
        """Wait for what is to be sent next."""
        while (message := self.take()) is None:
            self._wake.clear()
            await self._wake.wait()
        return message

    def take(self) -> str | bytes | None:
        """Return what is to be sent next, texts first; None if nothing is."""
        if self._texts:
            return self._texts.popleft()
        for stream, picture in self._pictures.items():
            sent = self._on_their_way.get(stream, 0)
            if sent < WINDOW:
                self._on_their_way[stream] = sent + 1
                del self._pictures[stream]
                return picture
        return None


class Hub:
    """All viewers.

    Attributes:
        limit: how many there may be.
        on_demand: is told what is watched whenever that changes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.on_demand: Callable[[Demand], object] = _nobody_asks
        self._viewers: set[Viewer] = set()
        self._demand = Demand()
        self._latest_graph = ""

    @property
    def viewers(self) -> int:
        """How many there are."""
        return len(self._viewers)

    def add(self) -> Viewer:
        """Let a viewer in.

        Raises:
            TooManyViewersError: there is no room.
        """
        if len(self._viewers) >= self.limit:
            here = "1 viewer is" if self.limit == 1 else f"{self.limit} viewers are"
            raise TooManyViewersError(f"{here} here, and no more are let in")
        viewer = Viewer()
        self._viewers.add(viewer)
        if self._latest_graph:
            viewer.put_text(self._latest_graph)
        self._look()
        return viewer

    def remove(self, viewer: Viewer) -> None:
        """Let a viewer go."""
        self._viewers.discard(viewer)
        self._look()

    def watch(self, viewer: Viewer, watches: Watch) -> None:
        """Note what a viewer watches from now on."""
        viewer.watches = watches
        viewer.forget_pictures()
        self._look()

    def on_graph(self, text: str) -> None:
        """Tell all viewers what is there; those who come later get it at once."""
        self._latest_graph = text
        self.on_text_for_all(text)

    def on_text_for_all(self, text: str) -> None:
        """Tell all viewers."""
        for viewer in self._viewers:
            viewer.put_text(text)

    def on_text(self, tracker: str, text: str) -> None:
        """Tell those who watch a tracker."""
        for viewer in self._viewers:
            if tracker in viewer.watches.trackers:
                viewer.put_text(text)

    def on_picture(self, stream: str, trackers: frozenset[str], picture: bytes) -> None:
        """Show a camera image to those who watch one of its trackers."""
        for viewer in self._viewers:
            if trackers & viewer.watches.pictures:
                viewer.put_picture(stream, picture)

    def on_attention(self, stream: str, tracker: str, picture: bytes) -> None:
        """Show an attention map to those who want it."""
        for viewer in self._viewers:
            if tracker in viewer.watches.attention:
                viewer.put_picture(stream, picture)

    def _look(self) -> None:
        watched = [viewer.watches for viewer in self._viewers]
        none: frozenset[str] = frozenset()
        demand = Demand(
            len(watched),
            none.union(*(one.trackers for one in watched)),
            none.union(*(one.pictures for one in watched)),
            none.union(*(one.attention for one in watched)),
        )
        if demand != self._demand:
            self._demand = demand
            self.on_demand(demand)


def _nobody_asks(_: Demand) -> None:
    pass
