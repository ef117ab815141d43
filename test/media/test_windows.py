# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows: what keys and the mouse do, and what is said where none can be opened."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from pretend_window import PretendWindow

from rlt_ros.media.windows import ESCAPE, Window, WindowError, choose_box

LARGE = np.zeros((1280, 2560, 3), np.uint8)  # shown at half its size


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> PretendWindow:
    return PretendWindow(monkeypatch)


def test_a_box_is_in_the_images_pixels_and_freezes_the_frame(screen: PretendWindow) -> None:
    with Window("title", "do without") as window:
        window.show(LARGE)
        assert screen.shown[0].shape == (640, 1280, 3)
        screen.drag((200, 90), (120, 50))  # backwards
        assert (window.box, window.frozen) == ((240.0, 100.0, 160.0, 80.0), True)
        window.show(LARGE)
        assert screen.shown[1].any()  # the box
        window.forget_box()
        assert (window.box, window.frozen) == (None, False)


def test_a_click_draws_nothing_and_what_leaves_the_image_is_cut(screen: PretendWindow) -> None:
    with Window("title", "do without") as window:
        window.show(LARGE)
        screen.drag((10, 10), (10, 10))
        assert (window.box, window.frozen) == (None, False)
        screen.drag((1200, 600), (5000, 5000))
        assert window.box == (2400.0, 1200.0, 160.0, 80.0)


def test_small_pictures_are_shown_larger(screen: PretendWindow) -> None:
    with Window("title", "do without") as window:
        window.show(np.zeros((144, 176, 3), np.uint8))
        assert screen.shown[0].shape == (432, 528, 3)
        screen.drag((30, 60), (90, 120))
        assert window.box == (10.0, 20.0, 20.0, 20.0)


def test_escape_q_and_closing_the_window_are_the_same(screen: PretendWindow) -> None:
    screen.keys = [ESCAPE, ord("q"), ord("x")]
    with Window("title", "do without") as window:
        assert [window.show(LARGE) for _ in range(3)] == [ESCAPE, ESCAPE, ord("x")]
        screen.visible = False
        assert window.show(LARGE) == ESCAPE


def test_without_a_display_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for open_one in (
        lambda: Window("title", "do without"),
        lambda: choose_box(LARGE, "do without"),
    ):
        with pytest.raises(WindowError, match="no display to open a window on; do without"):
            open_one()


def test_of_an_opencv_without_windows_it_is_said_what_to_install(
    screen: PretendWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise cv2.error("The function is not implemented. Rebuild the library with GTK+ support")

    monkeypatch.setattr(cv2, "namedWindow", fail)
    monkeypatch.setattr(cv2, "selectROI", fail)
    with pytest.raises(WindowError, match="pip install opencv-python"):
        Window("title", "do without").show(LARGE)
    with pytest.raises(WindowError, match=r"pip install opencv-python.*; or do without"):
        choose_box(LARGE, "do without")
