# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The panel's process over real sockets: slow viewers, many viewers, and what it asks of ROS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")
pytest.importorskip("uvicorn", reason="the panel's libraries are missing: pip install .[web]")
pytest.importorskip("std_srvs", reason="std_srvs is not installed")

from page_client import PageClient, open_socket
from panel_bench import PanelProcess, until
from pretend_tracker import PretendTracker, Says
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import CompressedImage
from websockets import ConnectionClosed

from rlt_ros.demo.panel import VideoCamera, there_and_back
from rlt_ros.messages.detections import box_of
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.web.hub import WINDOW
from rlt_ros.web.main import main

TOPIC = "/pretend/image_raw"
NAME = "pretend_tracker"
BOX = (10.0, 12.0, 20.0, 16.0)
LONG_ID = "Kühlbox 🚗 " + "x" * 300


@pytest.fixture(scope="module")
def camera(domain: None) -> Iterator[VideoCamera]:
    noise = np.random.default_rng(0).integers(0, 255, (4, 48, 64, 3), np.uint8)
    with VideoCamera(list(noise), 30.0, TOPIC) as made:
        yield made


@pytest.fixture(scope="module")
def tracker(domain: None, camera: VideoCamera) -> Iterator[PretendTracker]:
    with PretendTracker(NAME, TOPIC, services=True) as made:
        yield made


@pytest.fixture(scope="module")
def panel(domain: None, logs: Path) -> Iterator[PanelProcess]:
    made = PanelProcess(logs / "panel.log", "--viewers", "3")
    made.address()
    yield made
    assert made.stop() == 0, made.log()
    assert "Traceback" not in made.log()


def viewer_of(
    panel: PanelProcess, tracker: PretendTracker, *, acknowledges: bool = True
) -> PageClient:
    return PageClient(panel.address(), tracker.full_name, acknowledges=acknowledges)


def test_it_tells_which_trackers_are_there(panel: PanelProcess, tracker: PretendTracker) -> None:
    with viewer_of(panel, tracker) as viewer:
        found: dict[str, Any] = {}
        while tracker.full_name not in found:
            found = {one["name"]: one for one in viewer.receive("graph")["trackers"]}
    assert found[tracker.full_name]["images"] == TOPIC
    assert {"enable", "reset"} <= set(found[tracker.full_name]["services"])


def test_a_slow_viewer_does_not_slow_another(panel: PanelProcess, tracker: PretendTracker) -> None:
    with (
        viewer_of(panel, tracker, acknowledges=False) as slow,
        viewer_of(panel, tracker) as quick,
    ):
        slow.watch()
        quick.watch()
        stamps = [quick.receive("picture")["stamp"] for _ in range(30)]
        assert stamps == sorted(set(stamps))
        slow.send(op="clock", sent=1)
        slow.receive("clock")
        assert len(slow.pictures) == WINDOW
        for _ in range(WINDOW):
            slow.send(op="got", stream=slow.pictures[0]["stream"])
        assert slow.receive("picture")["stamp"] >= stamps[-1]  # the newest, none in between


def test_detections_bear_the_stamps_of_their_pictures(
    panel: PanelProcess, tracker: PretendTracker
) -> None:
    tracker.says = Says(TrackerStatus.TRACKING, {LONG_ID: BOX})
    with viewer_of(panel, tracker) as viewer:
        viewer.watch()
        for _ in range(20):
            viewer.receive("picture")
        viewer.receive("detections")
    found = {one["stamp"]: one for one in viewer.texts if one["type"] == "detections"}
    shared = found.keys() & {one["stamp"] for one in viewer.pictures}
    assert shared
    for stamp in shared:
        assert found[stamp]["targets"][0]["box"] == list(BOX)
        assert found[stamp]["targets"][0]["id"] == LONG_ID


def test_a_hundred_viewers_leave_nothing_behind(
    panel: PanelProcess, tracker: PretendTracker
) -> None:
    def held() -> tuple[int, int]:
        folder = Path("/proc", str(panel.pid))
        return len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir()))

    def come_and_go() -> None:
        with viewer_of(panel, tracker, acknowledges=False) as viewer:
            viewer.watch()
            viewer.receive("graph")

    def listeners() -> int:
        return int(tracker.node.count_subscribers(TOPIC))

    come_and_go()  # with what is made once
    until(lambda: listeners() == 1)
    before = held()
    for _ in range(100):
        come_and_go()
    until(lambda: listeners() == 1)
    until(lambda: held() <= (before[0] + 1, before[1]), lambda: (before, held()))


def test_no_more_viewers_come_in_than_there_is_room_for(
    panel: PanelProcess, tracker: PretendTracker
) -> None:
    with (
        viewer_of(panel, tracker),
        viewer_of(panel, tracker),
        viewer_of(panel, tracker) as third,
    ):
        third.receive("graph")
        too_many = pytest.raises(ConnectionClosed, match="3 viewers are here, and no more are let")
        with too_many, open_socket(panel.address()) as fourth:
            fourth.recv(60)


def test_services_are_called_and_answers_handed_on(
    panel: PanelProcess, tracker: PretendTracker
) -> None:
    with viewer_of(panel, tracker) as viewer:
        viewer.watch()
        assert viewer.ask(op="ask", action="disable")["ok"]
        answer = viewer.ask(op="ask", action="reset")
        assert (answer["ok"], answer["message"]) == (True, "all targets are forgotten")
        answer = viewer.ask(op="ask", action="save", name="car")
        assert (answer["ok"], answer["message"]) == (
            False,
            "this tracker has no service ~/save_target",
        )
    assert tracker.asked[-2:] == [("enable", False), ("reset",)]


def test_where_there_is_no_service_a_box_goes_out_as_a_message(
    panel: PanelProcess, tracker: PretendTracker
) -> None:
    stamp = 1795760443410393979
    with viewer_of(panel, tracker) as viewer:
        viewer.watch()
        viewer.receive("picture")
        answer = viewer.ask(op="start", box=list(BOX), stamp=str(stamp), target=LONG_ID)
        assert answer["ok"], answer
    (box,) = until(lambda: tracker.boxes)
    assert (box.id, box_of(box)) == (LONG_ID, BOX)
    assert (box.header.stamp.sec, box.header.stamp.nanosec) == divmod(stamp, 10**9)


def test_a_tracker_that_comes_later_and_starts_anew_is_seen(
    panel: PanelProcess, camera: VideoCamera
) -> None:
    viewer = PageClient(panel.address(), "/late_tracker")
    with viewer:
        viewer.watch()
        for score in (0.5, 0.75):
            with PretendTracker("late_tracker", TOPIC) as late:
                late.says = Says(TrackerStatus.TRACKING, {"car": BOX}, score=score)
                while viewer.receive("detections")["targets"][0]["score"] != score:
                    pass
                viewer.receive("picture")
            while is_present(viewer.receive("graph"), "/late_tracker"):
                pass


def is_present(graph: dict[str, Any], name: str) -> bool:
    return any(one["present"] for one in graph["trackers"] if one["name"] == name)


def test_a_camera_of_more_than_8_bits_is_seen(panel: PanelProcess) -> None:
    """Thermal images, as PNG of 16 bits: without their range of intensities they would be black."""
    pixels = np.linspace(7000, 7500, 48 * 64).reshape(48, 64).astype(np.uint16)
    message: Any = CompressedImage(format="mono16; png compressed")
    message.data.frombytes(cv2.imencode(".png", pixels)[1].tobytes())
    with (
        SpinningNode("thermal") as thermal,
        PretendTracker("thermal_tracker", "/thermal/compressed", compressed=True) as tracker,
        PageClient(panel.address(), tracker.full_name) as viewer,
    ):
        publisher = thermal.node.create_publisher(CompressedImage, "/thermal/compressed", 5)
        thermal.node.create_timer(0.1, lambda: publisher.publish(message))
        viewer.watch()
        picture = viewer.receive("picture")
    assert (picture["width"], picture["height"]) == (64, 48)
    shown = cv2.imdecode(np.frombuffer(picture["jpeg"], np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    assert shown[0, 0] < 20
    assert shown[-1, -1] > 235


def test_a_tracker_that_is_not_there_is_named(panel: PanelProcess, tracker: PretendTracker) -> None:
    with viewer_of(panel, tracker) as viewer:
        viewer.send(op="ask", request=2, tracker="/nobody", action="reset")
        assert viewer.receive("answer")["message"] == "there is no tracker /nobody now"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999"], "--port must be 0 to 65535"),
        (["--viewers", "0"], "--viewers must be 1 to 1000"),
        (["--host", "203.0.113.1"], "cannot listen on port 8765 of 203.0.113.1"),
        (["--token-file", "/nowhere"], "--token-file /nowhere cannot be read"),
        (["--certificate", "x.pem"], "give --certificate and --key together"),
        (["--sideways"], "unrecognized arguments: --sideways"),
    ],
)
def test_misuse_is_told_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], as_it_is: None
) -> None:
    assert main_code(arguments) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1


def test_a_short_token_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_it_is: None
) -> None:
    file = tmp_path / "token"
    file.write_text("secret\n")
    assert main_code(["--port", "0", "--token-file", str(file)]) == 2
    told = capsys.readouterr().err
    assert "the token needs 16 characters" in told
    assert "secret" not in told


def main_code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as end:
        return int(str(end.code))


@pytest.fixture
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process keeps its priority and its threads."""
    monkeypatch.setattr("os.nice", lambda _: 0)
    monkeypatch.setattr("cv2.setNumThreads", lambda _: None)


def test_the_demos_video_turns_round_at_its_ends() -> None:
    frames = [np.full((1, 1, 3), number, np.uint8) for number in range(4)]
    assert [int(one[0, 0, 0]) for one in there_and_back(frames)] == [0, 1, 2, 3, 2, 1]
