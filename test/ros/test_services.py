# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the node answers to requests, over DDS, through `TrackerClient`."""

from __future__ import annotations

import contextlib
import io
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from node_bench import BOX, LOADING_TIMEOUT, LOSSLESS, QUICK, TIMEOUT, Client, NodeProcess
from rlt_ros.msg import TrackerStatus
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray

from rlt_ros.messages.detections import stamp_nanoseconds
from rlt_ros.ros.client import TrackerClient, TrackerRefusedError

pytestmark = pytest.mark.usefixtures("ros")
README = Path(__file__).parents[2] / "README.md"
OTHER = (100.0, 70.0, 30.0, 30.0)


class Scene:
    """A node, a camera that sends the same picture again and again, and a client of both."""

    def __init__(self, folder: Path, **parameters: object) -> None:
        self.folder = folder / "targets"
        self.node = NodeProcess(
            folder / "log", **QUICK, **LOSSLESS, target_folder=self.folder, **parameters
        )
        self.client = Client(self.node)
        self.client.wait_for_node()
        self.tracker = TrackerClient(f"{self.node.namespace}/tracker", timeout=TIMEOUT)
        self._ended = threading.Event()
        self._camera = threading.Thread(target=self._send)
        self._camera.start()

    def _send(self) -> None:
        while not self._ended.wait(0.05):
            self.client.send(0)

    def change(self, number: int) -> None:
        service = f"{self.node.namespace}/tracker/change_state"
        client = self.client.node.create_client(ChangeState, service)
        assert client.wait_for_service(TIMEOUT)
        future = client.call_async(ChangeState.Request(transition=Transition(id=number)))
        self.client.until(future.done, LOADING_TIMEOUT)
        assert future.result().success, self.node.log()

    def next_detection(self) -> str:
        """Return the target of the next detection."""
        self.client.detections.clear()
        self.client.until(lambda: self.client.detections)
        return str(self.client.detections[0].id)

    def close(self) -> None:
        self._ended.set()
        self._camera.join()
        self.tracker.close()
        self.client.close()
        self.node.stop(signal.SIGKILL)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    made: list[Scene] = []

    def make(**parameters: object) -> Scene:
        made.append(Scene(tmp_path, **parameters))
        return made[-1]

    yield make
    for each in made:
        each.close()


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(TrackerRefusedError) as error:
        ask()
    return str(error.value)


def test_targets_are_started_told_apart_and_forgotten(scene: Callable[..., Scene]) -> None:
    made = scene(max_targets=2)
    tracker, client = made.tracker, made.client
    arrays: list[Detection2DArray] = []
    client.listen(Detection2DArray, "detections", arrays)

    first = tracker.init(BOX)
    assert made.next_detection() == first
    assert tracker.init(OTHER, target_id="second") == "second"
    client.until(lambda: arrays and len(arrays[-1].detections) == 2)
    array = arrays[-1]
    assert [detection.id for detection in array.detections] == [first, "second"]
    assert all(detection.header == array.header != Header() for detection in array.detections)
    assert "as many as max_targets allows" in refusal(lambda: tracker.init(OTHER, target_id="3rd"))

    assert "there is no target 'third'" in refusal(lambda: tracker.reset("third"))
    tracker.reset("second")
    # An array that was on its way may come first.
    client.until(lambda: [detection.id for detection in arrays[-1].detections] == [first])
    tracker.reset()
    client.until(lambda: client.statuses[-1].state == TrackerStatus.IDLE)


def test_a_box_that_is_none_is_refused_in_words(scene: Callable[..., Scene]) -> None:
    tracker = scene().tracker
    assert "must be above zero" in refusal(lambda: tracker.init((10, 10, 0, 20)))
    assert "does not overlap" in refusal(lambda: tracker.init((900, 10, 20, 20)))


def test_a_target_is_kept_in_a_file_and_taken_up_again(scene: Callable[..., Scene]) -> None:
    made = scene()
    tracker, client = made.tracker, made.client
    assert "there is no target" in refusal(lambda: tracker.save_target("head"))
    target = tracker.init(BOX)
    path = Path(tracker.save_target("head"))
    assert path == made.folder / "head.safetensors"
    assert path.is_file()
    for name in ("", "..", "../head", "a/b", "/tmp/x", ".hidden"):
        assert "is no plain file name" in refusal(partial(tracker.save_target, name))
    assert list(made.folder.iterdir()) == [path]

    tracker.reset()
    assert "missing.safetensors does not exist" in refusal(lambda: tracker.load_target("missing"))
    client.until(lambda: client.statuses[-1].state == TrackerStatus.IDLE)
    assert tracker.load_target("head") == target
    client.until(lambda: client.statuses[-1].state == TrackerStatus.TRACKING)
    assert made.next_detection() == target


def test_disabled_it_counts_frames_and_keeps_the_target(scene: Callable[..., Scene]) -> None:
    made = scene()
    target = made.tracker.init(BOX)
    made.tracker.enable(False)
    told, idle = made.client.statuses, TrackerStatus.IDLE
    words = "tracking is disabled"
    made.client.until(
        lambda: any(one.disabled and one.state == idle and words in one.message for one in told)
    )
    since = made.client.node.get_clock().now().nanoseconds
    made.client.choose((10, 10, 0, 20))  # something else is wrong then, and is told instead
    made.client.until(lambda: any("must be above zero" in one.message for one in told))
    (first, *_) = [one for one in told if "must be above zero" in one.message]
    assert first.disabled
    assert words not in first.message
    before = told[-1].frames_received
    made.client.until(lambda: told[-1].frames_received > before + 6)
    # A frame may have been in the works: none that came later has been looked at.
    assert all(stamp_nanoseconds(one.header.stamp) < since for one in made.client.detections)
    made.tracker.enable()
    assert made.next_detection() == target
    made.client.until(lambda: not made.client.statuses[-1].disabled)


def test_an_inactive_node_answers_so_and_keeps_its_targets(scene: Callable[..., Scene]) -> None:
    made = scene()
    target = made.tracker.init(BOX)
    made.change(Transition.TRANSITION_DEACTIVATE)
    name = f"{made.node.namespace}/tracker"
    said = f"the node is not active: ros2 lifecycle set {name} activate"
    assert refusal(lambda: made.tracker.init(BOX)) == said
    assert refusal(lambda: made.tracker.reset()) == said
    made.change(Transition.TRANSITION_ACTIVATE)
    assert made.next_detection() == target
    made.client.until(lambda: made.client.statuses[-1].state == TrackerStatus.TRACKING)


def test_who_asks_a_node_that_is_not_there_is_told(ros: None) -> None:
    with (
        TrackerClient("/nobody/tracker", timeout=0.2) as tracker,
        pytest.raises(TimeoutError, match="/nobody/tracker/init is not there: is the node's name"),
    ):
        tracker.init(BOX)


def test_readmes_example_runs(scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(from itertools.+?)```", README.read_text(), re.DOTALL)
    assert len(example.strip().splitlines()) <= 11
    made = scene()
    example = example.replace("/rlt/tracker", f"{made.node.namespace}/tracker")
    example = example.replace("(120, 80, 60, 90)", str(BOX)).replace("300", "5")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(example, {})
    *centres, kept = said.getvalue().splitlines()
    assert len(centres) == 5
    x, y, w, h = BOX
    found = [tuple(map(float, line.split(", "))) for line in centres]
    assert all(abs(one[0] - x - w / 2) < 6 and abs(one[1] - y - h / 2) < 6 for one in found)
    assert kept == f"kept in {made.folder / 'head.safetensors'}"


def test_a_client_that_is_closed_says_so_and_ends_all_who_listen(
    ros: None, capfd: pytest.CaptureFixture[str]
) -> None:
    tracker, other = (TrackerClient("/nobody/tracker", timeout=TIMEOUT) for _ in range(2))
    begun = threading.Barrier(3)

    def listen() -> list[Detection2D]:
        heard = tracker.detections()
        first = next(heard)
        begun.wait(TIMEOUT)
        return [first, *heard]

    with other, ThreadPoolExecutor(2) as pool:
        listening = [pool.submit(listen)]
        deadline = time.monotonic() + TIMEOUT
        while tracker._heard is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        listening.append(pool.submit(listen))
        for _ in listening:
            tracker._heard.put(Detection2D())
        begun.wait(TIMEOUT)
        tracker.close()
        assert [one.result(TIMEOUT) for one in listening] == 2 * [[Detection2D()]]
        for call in (tracker.reset, lambda: next(tracker.detections())):
            with pytest.raises(RuntimeError, match="the client is closed; make a new one"):
                call()
    assert "Publisher already registered" not in capfd.readouterr().err
