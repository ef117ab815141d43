# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a camera or stream, for which OpenCV waits in a thread of its own.

While OpenCV waits it hears no Ctrl-C, and a stream may be silent for long.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import cv2
from numpy.typing import NDArray

from rlt_ros.media.frame_times import DEFAULT_FPS, FrameTimes
from rlt_ros.media.turning import Turning

PATIENCE = 30.0  # seconds without a frame after which a stream has broken off
_LEAVE = 1.0  # seconds that the thread gets to end

Read = tuple[int, float, NDArray[Any]]
"""Number from 1 on, seconds since the first frame, and what OpenCV gives."""


class LiveCapture:
    """Opens a capture and iterates once over its frames.

    Of a live source the newest frame counts: those that came while nobody asked are left out. A
    file behind an address, which says how many frames it has, is read frame by frame.

    Attributes:
        opened: whether it could be opened.
        fps: frames per second, as far as that is told.
        length: number of frames of a file; None for a live source.
        read: number of frames that came.
    """

    def __init__(self, name: str, open_capture: Callable[[], cv2.VideoCapture]) -> None:
        """Open it; ``name`` is for people."""
        self.opened = False
        self.fps = DEFAULT_FPS
        self.length: int | None = None
        self.read = 0
        self._name = name
        self._open = open_capture
        self._frames: queue.Queue[Read | None] = queue.Queue(maxsize=1)
        self._over = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"reads {name}", daemon=True)
        self._thread.start()
        self._ready.wait()

    def __iter__(self) -> Iterator[Read]:
        while True:
            try:
                frame = self._frames.get(timeout=PATIENCE)
            except queue.Empty:
                return
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        """Have the thread end and give back the source; not waited for long."""
        self._over.set()
        self._thread.join(_LEAVE)

    def _run(self) -> None:
        try:
            with suppress(cv2.error):
                capture = self._open()
                self.opened = capture.isOpened()
                if self.opened:
                    self._read_all(capture)
                capture.release()  # here, as nobody else may while this thread reads
        finally:
            self._ready.set()
            self._put(None)

    def _read_all(self, capture: cv2.VideoCapture) -> None:
        fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.fps = fps if 0 < fps <= 240 else DEFAULT_FPS
        self.length = int(count) if 0 < count < 1e9 else None
        self._ready.set()
        times = FrameTimes(self._name, self.fps)
        turned = Turning(capture)
        begun: float | None = None
        while not self._over.is_set():
            ok, image = capture.read()
            if not ok:
                break
            self.read += 1
            now = time.monotonic()
            begun = now if begun is None else begun
            told = times.next(capture.get(cv2.CAP_PROP_POS_MSEC)) if self.length else now - begun
            if self.length is None:
                with suppress(queue.Empty):
                    self._frames.get_nowait()
            self._put((self.read, told, turned(image)))

    def _put(self, frame: Read | None) -> None:
        while not self._over.is_set():
            with suppress(queue.Full):
                self._frames.put(frame, timeout=0.1)
                return
