# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OpenCV's windows without a screen: keys and the mouse come from a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import pytest


class PretendWindow:
    """Takes the place of OpenCV's window functions.

    Attributes:
        keys: to be pressed, one for each frame that is shown; then none.
        shown: the frames, BGR.
        visible: whether the user has left the window open.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[int] = []
        self.before_key: Callable[[], None] = lambda: None
        self.shown: list[Any] = []
        self.visible = True
        self.mouse: Callable[..., None] = lambda *_: None
        monkeypatch.setenv("DISPLAY", ":99")
        monkeypatch.setattr(cv2, "namedWindow", lambda *_: None)
        monkeypatch.setattr(cv2, "destroyWindow", lambda *_: None)
        monkeypatch.setattr(cv2, "setMouseCallback", self._set_mouse)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: float(self.visible))
        monkeypatch.setattr(cv2, "imshow", lambda _, image: self.shown.append(image))
        monkeypatch.setattr(cv2, "waitKey", self._key)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drag the mouse, in the window's pixels."""
        self.mouse(cv2.EVENT_LBUTTONDOWN, *start, 0, None)
        self.mouse(cv2.EVENT_MOUSEMOVE, *end, 0, None)
        self.mouse(cv2.EVENT_LBUTTONUP, *end, 0, None)

    def _set_mouse(self, _: str, callback: Callable[..., None]) -> None:
        self.mouse = callback

    def _key(self, _: int) -> int:
        self.before_key()
        return self.keys.pop(0) if self.keys else -1
