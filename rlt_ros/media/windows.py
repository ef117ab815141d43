# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OpenCV's windows: showing frames, and drawing a box on one."""

from __future__ import annotations

import math
import os
import sys
from typing import Any

import cv2
import numpy as np

from rlt_ros.closing import Closing
from rlt_ros.media.drawing import draw_box
from rlt_ros.media.text import Image

Box = tuple[float, float, float, float]
ENTER, ESCAPE, SPACE = (10, 13), 27, 32
"""Keys; Enter is either of two."""

_LARGEST, _SMALLEST = 1280, 480  # pixels that the larger side has at most, and about at least
_WAIT = 15  # milliseconds for keys and the mouse


class WindowError(ValueError):
    """No window can be opened; the message says what to do instead."""


def choose_box(image: Image, instead: str) -> Box:
    """Let the user draw a box on an image: drag, then Enter; Esc or c gives up.

    Args:
        image: RGB uint8 (H, W, 3).
        instead: what to do where there is no window, for the messages.

    Raises:
        WindowError: there is no display, OpenCV opens no windows, or no box was drawn.
    """
    check_display(instead)
    title = "Draw a box around the target, then press Enter"
    shown, scale = _fitted(image)
    try:
        x, y, w, h = (side / scale for side in cv2.selectROI(title, shown))
        cv2.destroyWindow(title)
    except cv2.error as error:
        raise _no_windows(instead) from error
    if not (w and h):
        raise WindowError(f"no box was chosen; draw one, or {instead}")
    return x, y, w, h


class Window(Closing):
    """A window that shows one frame after another, on which a box can be drawn.

    Attributes:
        box: x, y, w, h in the frame's pixels of what has been drawn; None if nothing has.
        frozen: whether the mouse has begun to draw, so that the frame has to stay.
    """

    def __init__(self, title: str, instead: str) -> None:
        """Prepare; it opens with the first frame.

        Raises:
            WindowError: there is no display.
        """
        check_display(instead)
        self.box: Box | None = None
        self.frozen = False
        self._title = title
        self._instead = instead
        self._scale = 1.0
        self._size = (0, 0)
        self._start: tuple[float, float] | None = None
        self._open = False

    def show(self, image: Image) -> int:
        """Show an RGB frame, with the box that is drawn; return the key pressed, -1 for none.

        Esc, q and the window's closing all give `ESCAPE`.

        Raises:
            WindowError: OpenCV opens no windows.
        """
        drawn = image if self.box is None else draw_box(image, self.box, None, "TRACKING")
        shown, self._scale = _fitted(drawn)
        self._size = (image.shape[1], image.shape[0])
        try:
            if not self._open:
                # Without the toolbar of OpenCV's Qt windows, which is wider than small pictures.
                cv2.namedWindow(self._title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
                cv2.setMouseCallback(self._title, self._on_mouse)
            elif cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
                return ESCAPE  # the user has closed it
            cv2.imshow(self._title, shown)
            self._open = True
            key = cv2.waitKey(_WAIT)
        except cv2.error as error:
            raise _no_windows(self._instead) from error
        return ESCAPE if key == ord("q") else key

    def forget_box(self) -> None:
        """Show live frames again."""
        self.box, self.frozen, self._start = None, False, None

    def close(self) -> None:
        """Close it."""
        if self._open:
            self._open = False
            cv2.destroyWindow(self._title)

    def _on_mouse(self, event: int, column: int, row: int, *_: Any) -> None:
        x = float(np.clip(column / self._scale, 0, self._size[0]))
        y = float(np.clip(row / self._scale, 0, self._size[1]))
        if event == cv2.EVENT_LBUTTONDOWN:
            self.frozen, self._start, self.box = True, (x, y), None
        elif self._start is not None and event in (cv2.EVENT_MOUSEMOVE, cv2.EVENT_LBUTTONUP):
            left, right = sorted((self._start[0], x))
            top, bottom = sorted((self._start[1], y))
            if right - left >= 1 and bottom - top >= 1:
                self.box = (left, top, right - left, bottom - top)
            if event == cv2.EVENT_LBUTTONUP:
                self._start = None
                self.frozen = self.box is not None


def check_display(instead: str) -> None:
    """Make sure that there is a display.

    Raises:
        WindowError: there is none.
    """
    names = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in names):
        raise WindowError(f"there is no display to open a window on; {instead}")


def _no_windows(instead: str) -> WindowError:
    return WindowError(
        "this OpenCV build opens no windows: pip uninstall opencv-python-headless, then pip install"
        f" opencv-python (Debian, Ubuntu: apt install python3-opencv); or {instead}"
    )


def _fitted(image: Image) -> tuple[Any, float]:
    """Return an image as OpenCV shows it, and how many of its pixels there are for one."""
    side = max(image.shape[:2])
    # Pixels that are shown larger stay squares: whoever draws on them sees where they begin.
    scale = float(math.ceil(_SMALLEST / side)) if side < _SMALLEST else min(1.0, _LARGEST / side)
    shown = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if scale != 1:
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
        shown = cv2.resize(shown, None, fx=scale, fy=scale, interpolation=way)
    return shown, scale
