# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the panel's tests share: the panel in a process of its own, and a browser to look at it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TIMEOUT = 90.0  # seconds: of a machine that is busy with other tests
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_path() -> str | None:
    """Return a Chromium that is installed."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


class PanelProcess:
    """``rlt-panel`` on a free port."""

    def __init__(self, log: Path, *arguments: str, token: str = "") -> None:
        self._log = log
        command = [sys.executable, "-m", "rlt_ros.web", "--port", "0", *arguments]
        environment = {**os.environ, "RLT_PANEL_TOKEN": token}
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=environment
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self) -> str:
        return self._log.read_text()

    def address(self) -> str:
        """Wait until it is served, and return where."""

        def told() -> re.Match[str] | None:
            assert self._process.poll() is None, self.log()
            return re.search(r"^panel: (\S+)$", self.log(), re.MULTILINE)

        return until(told)[1]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Interrupt it and return its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


def until(condition: Callable[[], Any], what: Callable[[], object] = lambda: "") -> Any:
    """Wait until a condition holds and return what it returned."""
    deadline = time.monotonic() + TIMEOUT
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what()}"
        time.sleep(0.02)
    return found


@contextmanager
def chromium() -> Iterator[Any]:
    """Start an installed Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


class Card:
    """A tracker's card on a page, and what can be done with it."""

    def __init__(self, page: Any, name: str) -> None:
        self.page = page
        self.name = name
        self.place = page.locator(f'.tracker[aria-label="Tracker {name}"]')

    def wait_for_picture(self) -> None:
        until(lambda: self.shown_stamp(), lambda: self.place.inner_text())

    def is_loaded(self) -> bool:
        """Whether its tracker has said something, and not that it is loading."""
        return self.state() != "Waiting" and "loading" not in self.place.inner_text()

    def shown_stamp(self) -> str:
        return str(self.place.get_attribute("data-shown-stamp") or "")

    def shown(self) -> tuple[str, list[list[float]]]:
        """Return the stamp of the picture that is shown, and the boxes on it."""
        code = "card => [card.dataset.shownStamp, JSON.parse(card.dataset.boxes ?? '[]')]"
        stamp, boxes = self.place.evaluate(code)
        return stamp, boxes

    def state(self) -> str:
        return str(self.place.locator(".badge").inner_text()).split("\n")[-1]

    def until_state(self, *states: str) -> None:
        until(lambda: self.state() in states, lambda: (self.state(), self.place.inner_text()))

    def on_page(self, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
        """Return where a point of the image lies on the page."""
        area = self.place.locator(".video").bounding_box()
        assert area is not None
        scale = min(area["width"] / size[0], area["height"] / size[1])
        left = area["x"] + (area["width"] - size[0] * scale) / 2
        top = area["y"] + (area["height"] - size[1] * scale) / 2
        return left + x * scale, top + y * scale

    def drag(self, box: tuple[float, float, float, float], size: tuple[int, int]) -> None:
        """Draw a box x, y, w, h of the image with the mouse."""
        self.place.locator(".video").scroll_into_view_if_needed()
        x, y, w, h = box
        mouse = self.page.mouse
        mouse.move(*self.on_page(x, y, size))
        mouse.down()
        mouse.move(*self.on_page(x + w / 2, y + h / 2, size))
        mouse.move(*self.on_page(x + w, y + h, size))
        mouse.up()


def panned(frames: list[NDArray[np.uint8]], wide: int, count: int) -> list[NDArray[np.uint8]]:
    """Return the first frames of a video on a larger ground, over which they move to the right."""
    height, width = frames[0].shape[:2]
    made = []
    for number, frame in enumerate(frames[:count]):
        ground = np.full((height, width + wide, 3), 90, np.uint8)
        left = round(wide * number / (count - 1))
        ground[:, left : left + width] = frame
        made.append(ground)
    return made
