# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The panel as people see it: a real browser, the real node, a real video."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")
pytest.importorskip("uvicorn", reason="the panel's libraries are missing: pip install .[web]")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from axe_playwright_python.sync_playwright import Axe
from node_bench import QUICK, NodeProcess
from panel_bench import TIMEOUT, Card, PanelProcess, browser_path, chromium, panned, until
from pretend_tracker import PretendTracker, Says
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2D

from rlt_ros.demo.panel import VideoCamera, read_frames
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.messages.detections import box_of, stamp_nanoseconds
from rlt_ros.replay.spinning import SpinningNode

TOPIC = "/camera/image_raw"
FPS = 8.0  # that a busy machine keeps up with
WIDE, FRAMES = 60, 24
SIZE = (176 + WIDE, 144)
TOKEN = "a-token-for-the-tests"
WIDTHS = {"phone": (390, 844), "desktop": (1440, 900)}


@pytest.fixture(scope="module", autouse=True)
def _has_browser() -> None:
    if browser_path() is None:
        pytest.skip("there is no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def camera(domain: None) -> Iterator[VideoCamera]:
    frames, _ = read_frames(sample_video())
    with VideoCamera(panned(frames, WIDE, FRAMES), FPS, TOPIC) as made:
        yield made


@pytest.fixture(scope="module")
def trackers(domain: None, logs: Path) -> Iterator[list[NodeProcess]]:
    """Two of them on one camera; they keep enough of it to draw at leisure on a frozen picture."""
    made = [
        NodeProcess(
            logs / f"node{number}.log",
            *("-r", f"image_raw:={TOPIC}"),
            **QUICK,
            frame_buffer_size=900,
            max_targets=1 + 2 * number,
            target_folder=logs,
        )
        for number in range(2)
    ]
    yield made
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def panels(
    domain: None, logs: Path, trackers: list[NodeProcess]
) -> Iterator[tuple[PanelProcess, PanelProcess]]:
    """One on loopback without a token, one that wants a token."""
    made = (
        PanelProcess(logs / "panel.log"),
        PanelProcess(logs / "guarded.log", "--host", "0.0.0.0", token=TOKEN),
    )
    yield made
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def browser(panels: object, camera: object) -> Iterator[Any]:
    """Started last, so that the others load meanwhile."""
    with chromium() as made:
        yield made


@pytest.fixture
def said(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What the page's console says; there must be nothing."""
    texts: list[str] = []
    yield texts
    assert texts == []


@pytest.fixture
def open_page(browser: Any, said: list[str]) -> Iterator[Any]:
    contexts = []

    def opened(address: str, width: str = "desktop", **options: Any) -> Any:
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, **options)
        contexts.append(context)
        context.set_default_timeout(1000 * TIMEOUT)
        page = context.new_page()
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def first_card(page: Any, trackers: list[NodeProcess], number: int = 0) -> Card:
    card = Card(page, f"{trackers[number].namespace}/tracker")
    card.wait_for_picture()
    until(card.is_loaded)
    return card


class Witness:
    """Hears what the panel hears: images and trackers' detections, by their stamps.

    One node hears all: each further ROS context in a process is one more to find the others.
    """

    def __init__(self, trackers: list[NodeProcess]) -> None:
        self.lefts: dict[str, int] = {}  # where the video begins on its ground
        self.of = [Heard() for _ in trackers]
        self._ros = SpinningNode("witness")
        self._ros.node.create_subscription(Image, TOPIC, self._on_image, 100)
        for tracker, heard in zip(trackers, self.of, strict=True):
            topic = f"{tracker.namespace}/detection"
            self._ros.node.create_subscription(Detection2D, topic, heard.on_detection, 100)

    def _on_image(self, message: Any) -> None:
        row = np.asarray(message.data).reshape(message.height, message.width, 3)[70]
        video = np.flatnonzero((row != 90).any(axis=1))
        if len(video):
            self.lefts[str(stamp_nanoseconds(message.header.stamp))] = int(video[0])

    def head_at(self, stamp: str) -> tuple[float, float, float, float]:
        """Return where the man's head is, or was in the video's first frame."""
        left = self.until(lambda: self.lefts.get(stamp, -1) + 1) - 1
        x, y, w, h = BOX
        return x + left, y, w, h

    def listeners(self, topic: str) -> int:
        """Return how many subscribe to a topic."""
        return int(self._ros.node.count_subscribers(topic))

    def until(self, condition: Callable[[], Any], what: Callable[[], object] = lambda: "") -> Any:
        """Wait for what it is to hear, and fail at once where it hears no more."""

        def holds() -> Any:
            self._ros.check()
            return condition()

        return until(holds, lambda: f"{what()}; {len(self.lefts)} images heard")

    def close(self) -> None:
        self._ros.close()


class Heard:
    """A tracker's detections."""

    def __init__(self) -> None:
        self.boxes: dict[str, list[int]] = {}  # by their stamps
        self.ids: list[str] = []

    def on_detection(self, message: Any) -> None:
        stamp = str(stamp_nanoseconds(message.header.stamp))
        self.boxes[stamp] = [round(number) for number in box_of(message)]
        if message.id not in self.ids:
            self.ids.append(message.id)


@pytest.fixture(scope="module")
def witness(trackers: list[NodeProcess]) -> Iterator[Witness]:
    made = Witness(trackers)
    yield made
    made.close()


def known_stamp(card: Card, witness: Witness) -> str:
    """Return the stamp of the newest picture shown of which the witness has heard, too."""
    shown: list[str] = []

    def seen_by_both() -> str:
        shown.append(card.shown_stamp())
        return next((stamp for stamp in reversed(shown) if stamp in witness.lefts), "")

    return str(witness.until(seen_by_both, lambda: f"{len(set(shown))} pictures shown"))


def draw_head(card: Card, witness: Witness, number: int = 0) -> None:
    """Start to track the man's head, and wait until it is learned."""
    ids = witness.of[number].ids
    known = len(ids)
    card.drag(witness.head_at(known_stamp(card, witness)), SIZE)
    witness.until(lambda: len(ids) > known, lambda: card.place.inner_text())
    card.until_state("Tracking")


def test_a_box_on_a_frozen_picture_is_followed_and_drawn_where_stamps_match(
    open_page: Any, panels: Any, trackers: list[NodeProcess], witness: Witness
) -> None:
    page = open_page(panels[0].address(), color_scheme="dark")
    card = first_card(page, trackers)
    card.until_state("No target")  # which a busy machine may call silent for a moment
    known_stamp(card, witness)  # and then all that come later
    card.place.get_by_role("button", name="Freeze").click()
    frozen = card.shown_stamp()
    card.drag(witness.head_at(frozen), SIZE)
    assert card.shown_stamp() == frozen
    card.place.get_by_role("button", name="Track this").click()
    card.until_state("Tracking")
    boxes = witness.of[0].boxes
    witness.until(lambda: frozen in boxes)  # the box was learned on the frame that it was drawn on

    until(card.place.locator(".as").is_hidden)  # it takes one target alone

    seen: dict[str, list[int]] = {}

    def has_seen_it_move() -> bool:
        stamp, boxes = card.shown()
        if boxes:
            seen[stamp] = [round(number) for number in boxes[0]]
        lefts = [box[0] for box in seen.values()]
        return len(seen) >= 8 and max(lefts) - min(lefts) > 0.3 * WIDE

    until(has_seen_it_move, lambda: seen)
    for stamp, box in seen.items():
        assert box == pytest.approx(witness.until(partial(boxes.get, stamp)), abs=1)
    assert "ms" in card.place.locator('[data-number="latency"]').inner_text()
    assert page.locator(".u-wrap").count() >= 2  # plots


def test_a_hidden_target_is_lost_and_a_silent_camera_is_said(
    open_page: Any, panels: Any, trackers: list[NodeProcess], witness: Witness, camera: VideoCamera
) -> None:
    card = first_card(open_page(panels[0].address()), trackers)
    draw_head(card, witness)
    camera.covered = True
    card.until_state("Lost")
    camera.showing = False
    notice = card.place.locator(".notice")
    notice.wait_for(state="visible")
    assert "Camera silent" in notice.inner_text()
    assert f"no image on {TOPIC} for" in notice.inner_text()
    assert "/demo_camera" in notice.inner_text()
    assert card.state() == "Silent"
    camera.covered, camera.showing = False, True
    notice.wait_for(state="hidden")
    card.place.get_by_role("button", name="Reset").click()
    card.until_state("No target")
    draw_head(card, witness)
    card.place.get_by_role("button", name="Disable").click()
    card.until_state("Disabled")
    card.page.reload()  # who comes later is told so, too
    card.until_state("Disabled")
    card.wait_for_picture()
    card.drag((20, 20, 40, 40), SIZE)
    hint = card.place.locator(".hint")
    until(lambda: "tracking is disabled" in hint.inner_text(), hint.inner_text)
    assert hint.locator("button").count() == 0  # on the next frame it would be no better
    card.place.get_by_role("button", name="Enable").click()
    card.until_state("Tracking", "Lost", "Uncertain")


def test_a_target_is_saved_forgotten_and_loaded_again_and_another_added(
    open_page: Any,
    panels: Any,
    trackers: list[NodeProcess],
    witness: Witness,
    logs: Path,
) -> None:
    page, ids = open_page(panels[0].address()), witness.of[1].ids
    card = first_card(page, trackers, 1)
    draw_head(card, witness, 1)
    target = ids[-1]
    card.place.get_by_role("button", name="Save …").click()
    page.get_by_label("Name").fill("head")
    page.get_by_role("button", name="Save", exact=True).click()
    until((logs / "head.safetensors").is_file, lambda: card.place.inner_text())
    card.place.get_by_role("button", name="Reset").click()
    card.until_state("No target")
    card.place.get_by_role("button", name="Load …").click()
    page.get_by_label("Name").fill("head")
    page.get_by_role("button", name="Load", exact=True).click()
    card.until_state("Tracking")
    boxes = witness.of[1].boxes
    heard = len(boxes)
    witness.until(lambda: len(boxes) > heard)
    assert ids[-1] == target

    card.place.locator(".as select").select_option("+")
    x, y, _, h = witness.head_at(known_stamp(card, witness))
    card.drag((x - 10, y + h + 5, 60, 30), SIZE)
    until(lambda: len(card.shown()[1]) == 2, lambda: card.place.inner_text())
    card.place.locator(".as select").select_option(target)
    card.place.get_by_role("button", name=f"Reset {target[:4]}").click()
    until(lambda: len(card.shown()[1]) == 1, lambda: card.place.inner_text())
    card.place.get_by_role("button", name="Reset").click()
    card.until_state("No target")


def test_a_finger_taps_and_adjusts_on_a_phone(
    open_page: Any, panels: Any, trackers: list[NodeProcess], witness: Witness
) -> None:
    page = open_page(panels[0].address(), "phone", has_touch=True, is_mobile=True)
    card = first_card(page, trackers)
    ids = witness.of[0].ids
    known = len(ids)
    card.place.get_by_role("button", name="New target").tap()
    x, y, w, h = witness.head_at(known_stamp(card, witness))
    page.touchscreen.tap(*card.on_page(x + w / 2, y + h / 2, SIZE))
    card.place.get_by_role("button", name="Track this").tap()
    witness.until(lambda: len(ids) > known, lambda: card.place.inner_text())
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS["phone"][0]


def test_long_names_fit_a_phone(open_page: Any, panels: Any, camera: VideoCamera) -> None:
    target = "der grüne Kühlwagen 🚚 von links, zweiter in der Reihe"
    name = "a_tracker_whose_name_is_as_long_as_they_are_on_robots_with_many_cameras"
    with PretendTracker(name, TOPIC, several=True) as tracker:
        tracker.says = Says(TrackerStatus.TRACKING, {target: BOX})
        page = open_page(panels[0].address(), "phone")
        card = Card(page, tracker.full_name)
        card.until_state("Tracking")
        until(card.place.locator(".as").is_visible)
        option = card.place.locator(".as option").first
        assert option.inner_text() == "instead of der grüne Kü…n der Reihe"
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS["phone"][0]


def test_keys_are_enough(
    open_page: Any, panels: Any, trackers: list[NodeProcess], witness: Witness
) -> None:
    page = open_page(panels[0].address())
    card = first_card(page, trackers)
    ids = witness.of[0].ids
    known = len(ids)
    focused = "document.activeElement.className || document.activeElement.id"
    reached = []
    while "video" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
        assert len(reached) < 20, reached
    page.keyboard.press("n")
    draft = card.place.get_by_role("button", name="Track this")
    draft.wait_for(state="visible")
    page.keyboard.press("Escape")
    draft.wait_for(state="hidden")
    page.keyboard.press("n")
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    witness.until(lambda: len(ids) > known, lambda: card.place.inner_text())
    after = []
    while "INPUT" not in after:  # the slider of attention
        page.keyboard.press("Tab")
        after.append(page.evaluate("document.activeElement.tagName"))
        assert len(after) < 20, after
    page.keyboard.press("End")
    assert card.place.locator(".attention output").inner_text() == "100 %"


def test_keys_stay_where_they_are_while_health_changes(
    open_page: Any, panels: Any, trackers: list[NodeProcess]
) -> None:
    page = open_page(panels[0].address())
    summary = page.locator("#health summary").first.element_handle()  # it may move down
    summary.focus()
    page.keyboard.press("Enter")
    says = "summary => summary.nextSibling.innerText"
    numbers = summary.evaluate(says)
    until(lambda: summary.evaluate(says) != numbers, lambda: numbers)
    assert summary.evaluate("summary => summary === document.activeElement")
    assert summary.evaluate("summary => summary.parentElement.open")


def test_two_trackers_stand_side_by_side(
    open_page: Any, panels: Any, trackers: list[NodeProcess]
) -> None:
    page = open_page(panels[0].address())
    cards = [first_card(page, trackers, number) for number in range(2)]
    left, right = (card.place.bounding_box() for card in cards)
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    chosen = page.get_by_role("button", name=cards[1].name)
    chosen.click()
    cards[1].place.wait_for(state="detached")
    chosen.click()
    cards[1].wait_for_picture()


def test_attention_is_asked_for_only_while_somebody_looks(
    open_page: Any, panels: Any, trackers: list[NodeProcess], witness: Witness
) -> None:
    page = open_page(panels[0].address())
    card = first_card(page, trackers)
    draw_head(card, witness)
    topic = f"{trackers[0].namespace}/attention_map"
    assert witness.listeners(topic) == 0
    card.place.locator(".attention input").fill("60")
    until(lambda: witness.listeners(topic) == 1)
    has_map = "name => window.rltPanel.cards.get(name).showsAttention"
    until(lambda: page.evaluate(has_map, card.name))
    page.close()
    until(lambda: witness.listeners(topic) == 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_serious_fault_of_accessibility(
    open_page: Any, panels: Any, trackers: list[NodeProcess], width: str, scheme: str
) -> None:
    page = open_page(panels[0].address(), width, color_scheme=scheme)
    card = first_card(page, trackers)
    card.place.locator(".video").focus()
    page.keyboard.press("n")  # with what is shown only while a box is drawn
    assert faults(page) == []


def faults(page: Any) -> list[tuple[str, str]]:
    """Return what axe finds that is not minor: the rule, and where."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] != "minor"]


def test_a_token_is_asked_for_refused_and_accepted(
    browser: Any, panels: Any, trackers: list[NodeProcess]
) -> None:
    address = panels[1].address()
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    assert page.locator(".tracker").count() == 0
    assert faults(page) == []
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("That is not the token").wait_for()
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    first_card(page, trackers)
    assert TOKEN not in page.url
    context.close()
    assert TOKEN not in panels[1].log()


def test_a_tracker_that_ends_is_said_to_have_ended(
    open_page: Any, panels: Any, trackers: list[NodeProcess]
) -> None:
    """The last test with the second tracker."""
    page = open_page(panels[0].address())
    card = first_card(page, trackers, 1)
    trackers[1].stop()
    card.place.get_by_text("the tracker has ended").wait_for()
    assert card.state() == "Gone"


def test_the_panel_ends_at_once_while_it_is_watched(
    open_page: Any, panels: Any, said: list[str]
) -> None:
    """The last test of all."""
    page = open_page(panels[0].address())
    page.locator("#connection", has_text="Connected").wait_for()
    assert panels[0].stop(signal.SIGTERM) == 0
    page.locator("#connection", has_text="No connection to the panel").wait_for()
    assert "Traceback" not in panels[0].log()
    page.close()  # it tries again and again
    said[:] = [text for text in said if "WebSocket connection" not in text]
