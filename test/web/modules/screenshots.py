# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of every state of the panel, in both themes, on a phone and on a desktop.

Run ``python test/web/modules/screenshots.py [FOLDER]`` (out/screenshots where none is given), or
``python test/web/modules/screenshots.py --page`` for docs/panel.jpg, with the real tracker.

The tracker is a pretended one, so that every state comes when it is wanted; the panel, the browser
and the camera are real. Of each state there is also one picture with all four side by side.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from panel_bench import Card, PanelProcess, chromium, until
from pretend_tracker import PretendTracker, Says
from rlt_ros.msg import TrackerStatus

from rlt_ros.demo.panel import VideoCamera, node_arguments, read_frames
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.replay.node_process import NodeProcess

TOPIC, OTHER_TOPIC = "/camera/image_raw", "/camera/rear/image_raw"
# README's, at half its size; "Big Buck Bunny", (c) 2008 Blender Foundation, CC BY 3.0.
SCENE, FIRST, FACE = "bigbuckbunny.mp4", 15, (185.0, 127.5, 67.5, 87.5)
TOKEN = "a-token-for-screenshots"
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
SCHEMES = ("light", "dark")
HEAD = {"3fa94c0be7d14a5f8f1f6f2c6f0a1b2c": BOX}
TIE = {"tie": (70.0, 104.0, 30.0, 14.0)}

ASK_NAME = """() => {
  const button = document.querySelector('[data-action="save"]');
  button.hidden = button.disabled = false;
  button.click();
}"""

Pages = dict[str, Any]


class Photographer:
    """Four pages, and pictures of them."""

    def __init__(self, folder: Path, browser: Any) -> None:
        self._folder = folder
        self._browser = browser
        self.pages: Pages = {}

    def open(self, address: str) -> None:
        """Open the panel in all four ways."""
        for size, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                context = self._browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                page = context.new_page()
                page.goto(address)
                self.pages[f"{size}_{scheme}"] = page

    def cards(self, name: str) -> list[Card]:
        return [Card(page, name) for page in self.pages.values()]

    def take(self, state: str, *, whole: bool = True) -> None:
        """Write the pictures of a state, and all in one."""
        shots = []
        for name, page in self.pages.items():
            path = self._folder / f"{state}_{name}.png"
            page.screenshot(path=path, full_page=whole)
            image = cv2.imread(str(path))
            assert image is not None
            shots.append(image)
        tall = max(len(one) for one in shots)
        ground = [np.full((tall, one.shape[1], 3), 128, np.uint8) for one in shots]
        for under, shot in zip(ground, shots, strict=True):
            under[: len(shot)] = shot
        cv2.imwrite(str(self._folder / f"all_{state}.png"), np.hstack(ground))
        print(self._folder / f"all_{state}.png", flush=True)

    def do(self, action: Callable[[Any], None]) -> None:
        for page in self.pages.values():
            action(page)


def main() -> None:
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    if sys.argv[1:] == ["--page"]:
        write_page_picture(Path(__file__).resolve().parents[3] / "docs" / "panel.jpg")
    else:
        write_all_states(Path(sys.argv[1] if len(sys.argv) > 1 else "out/screenshots"))


def write_page_picture(path: Path) -> None:
    """Write the picture of docs/panel.md: README's scene through the real node."""
    frames, _ = read_frames(sample_video().with_name(SCENE))
    frames = [np.asarray(frame[::2, ::2]) for frame in frames[FIRST - 1 :]]
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(
            NodeProcess("rlt_ros.ros.tracker_node", node_arguments(), logs / "node.log")
        )
        still = VideoCamera(frames[:1], 15.0)  # on which the target is where it is known
        stack.callback(still.close)
        panel = PanelProcess(logs / "panel.log")
        stack.callback(panel.stop)
        browser = stack.enter_context(chromium())
        pages = {
            scheme: browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for scheme, width in (("dark", 1440), ("light", 390))
        }
        cards = []
        for page in pages.values():
            page.goto(panel.address())
            cards.append(Card(page, "/rlt/tracker"))
        for card in cards:
            card.wait_for_picture()
            card.until_state("No target")
            until(card.is_loaded)
        cards[0].place.get_by_role("button", name="Freeze").click()
        cards[0].drag(FACE, (640, 360))
        cards[0].place.get_by_role("button", name="Track this").click()
        for card in cards:
            card.until_state("Tracking")
        still.showing = False
        stack.enter_context(VideoCamera(frames, 15.0))
        cards[0].place.locator(".attention input").fill("60")
        time.sleep(40)
        shots = [
            cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), 1) for page in pages.values()
        ]
        gap = np.full((900, 24, 3), 255, np.uint8)
        image = np.hstack([shots[0], gap, shots[1]])
        small = cv2.resize(image, None, fx=0.65, fy=0.65, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, 85])
        print(path)


def picture_of(page: Any) -> Any:
    """Return what a page shows, (H, W, 3) BGR."""
    return cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)


def write_all_states(folder: Path) -> None:
    """Write a picture of each state."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        panel = PanelProcess(logs / "panel.log")
        guarded = PanelProcess(logs / "guarded.log", "--viewers", "1", token=TOKEN)
        stack.callback(guarded.stop)
        stack.callback(panel.stop)
        photographer = Photographer(folder, stack.enter_context(chromium()))
        photographer.open(panel.address())
        photographer.do(lambda page: page.locator("#empty").wait_for())
        photographer.take("01_no_tracker")
        frames, _ = read_frames(sample_video())
        camera = stack.enter_context(VideoCamera(frames[:10], 15.0, TOPIC))
        one_tracker(photographer, camera)
        several_trackers(photographer, frames)
        panel.stop(signal.SIGTERM)
        photographer.do(
            lambda page: page.get_by_text("No connection to the panel").first.wait_for()
        )
        photographer.take("19_no_connection")
        photographer.do(lambda page: page.goto(guarded.address()))
        photographer.take("20_token")
        photographer.do(lambda page: page.goto(f"{guarded.address()}?token={TOKEN}"))
        time.sleep(1)
        photographer.take("21_too_many_viewers")


def one_tracker(photographer: Photographer, camera: VideoCamera) -> None:
    """Take what one tracker says of one camera."""
    with PretendTracker("tracker", TOPIC, services=True) as tracker:

        def says(state: int, badge: str, **others: Any) -> None:
            tracker.says = Says(state, HEAD if state >= TrackerStatus.TRACKING else {}, **others)
            for card in cards:
                card.until_state(badge)

        cards = photographer.cards(tracker.full_name)
        for card in cards:
            card.wait_for_picture()
            card.until_state("No target")
        photographer.take("02_no_target")
        for card in cards:
            card.place.get_by_role("button", name="Freeze").click()
            card.drag((55, 16, 50, 80), (176, 144))
        photographer.take("03_draft")
        for card in cards:
            card.place.get_by_role("button", name="Cancel").click()
            card.place.get_by_role("button", name="Go on").click()
        says(TrackerStatus.INITIALIZING, "Learning")
        photographer.take("04_learning")
        says(TrackerStatus.TRACKING, "Tracking", score=0.93)
        time.sleep(12)  # so that plots show something
        photographer.take("05_tracking")
        for card in cards:
            card.place.locator(".attention input").fill("70")
        time.sleep(2)
        photographer.take("06_attention")
        for card in cards:
            card.place.locator(".attention input").fill("0")
        says(TrackerStatus.UNCERTAIN, "Uncertain", score=0.48)
        time.sleep(3)
        photographer.take("07_uncertain")
        says(TrackerStatus.LOST, "Lost", score=0.12)
        time.sleep(3)
        photographer.take("08_lost")
        says(TrackerStatus.TRACKING, "Tracking", detects=False)
        time.sleep(2)
        photographer.take("09_late")
        refusal = (
            "init box refused, the target is kept: no frame is stamped 1795760443.410393979; the"
            " nearest of the 30 looked at is 1795760448.123456789 (use a frame's own stamp, 0 for"
            " the next frame)"
        )
        says(TrackerStatus.TRACKING, "Tracking", message=refusal)
        photographer.do(lambda page: page.get_by_text("init box refused").wait_for())
        photographer.take("10_message")
        health(photographer, tracker)
        says(TrackerStatus.TRACKING, "Tracking")
        camera.showing = False
        photographer.do(lambda page: page.get_by_text("Camera silent", exact=True).wait_for())
        photographer.take("12_camera_silent")
        camera.showing = True
        tracker.says.answers = False
        photographer.do(lambda page: page.get_by_text("Tracker silent", exact=True).wait_for())
        photographer.take("13_tracker_silent")
    photographer.do(lambda page: page.get_by_text("the tracker has ended").wait_for())
    photographer.take("14_tracker_gone")


def health(photographer: Photographer, tracker: PretendTracker) -> None:
    """Take what /diagnostics says."""
    tracker.publish_health(
        (b"\x00", "tracker: camera", "30.0 images a second, all of them received"),
        (b"\x01", "tracker: updates", "the last update took 1.4 s"),
        (b"\x02", "battery", "12 % left"),
        (b"\x03", "imu", "nothing for 31 s"),
    )
    photographer.do(lambda page: page.get_by_text("battery").wait_for())
    photographer.do(lambda page: page.locator("details").first.locator("summary").click())
    photographer.take("11_health")


def several_trackers(photographer: Photographer, frames: list[Any]) -> None:
    """Take several targets, two trackers, and a dialog."""
    photographer.do(lambda page: page.reload())
    with (
        VideoCamera([frame[:, ::-1] for frame in frames[:10]], 15.0, OTHER_TOPIC),
        PretendTracker("front_tracker", TOPIC, several=True, services=True) as front,
        PretendTracker("rear_tracker", OTHER_TOPIC) as rear,
    ):
        front.says = Says(TrackerStatus.TRACKING, {**HEAD, **TIE}, score=0.9)
        rear.says = Says(TrackerStatus.LOST, {"x": (60.0, 13.0, 57.0, 88.0)}, score=0.1)
        for card in photographer.cards(front.full_name):
            card.until_state("Tracking")
        for card in photographer.cards(rear.full_name):
            card.until_state("Lost")
            card.wait_for_picture()
        time.sleep(5)
        photographer.take("15_two_trackers_several_targets")
        photographer.do(lambda page: page.get_by_role("button", name="/rear_tracker").click())
        photographer.take("16_one_put_away")
        fronts = photographer.cards(front.full_name)
        for card in fronts:
            card.place.get_by_role("button", name="New target").click()
        photographer.take("17_new_target")
        for card in fronts:
            card.place.get_by_role("button", name="New target").click()
        photographer.do(lambda page: page.evaluate(ASK_NAME))
        photographer.take("18_name", whole=False)
        photographer.do(lambda page: page.keyboard.press("Escape"))


if __name__ == "__main__":
    main()
