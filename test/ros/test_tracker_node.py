# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node in a process of its own, driven over DDS."""

from __future__ import annotations

import itertools
import math
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from node_bench import (
    BEST_EFFORT,
    BOX,
    HEIGHT,
    LOSSLESS,
    QUICK,
    RELIABLE,
    TIMEOUT,
    WIDTH,
    Client,
    NodeProcess,
    box_on,
    connected,
    image_message,
    lent,
    overlap,
    picture,
)
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import QoSProfile
from rclpy.task import Future
from rlt_ros.msg import TrackerStatus
from scripted_tracker import ScriptedTracker
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

from rlt_ros.ros.client import TrackerClient
from rlt_ros.ros.interface.topics import ANNOTATIONS
from rlt_ros.ros.tracker_node import TrackerNode
from rlt_ros.ros.worker.frames import Frame
from rlt_ros.ros.worker.status import State, Status, TrackedFrame, TrackedTarget
from rlt_ros.tracking import TrackResult, TrackState

pytestmark = pytest.mark.usefixtures("ros")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def node(ros: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """A node that loses nothing, shared by the tests that a single one can serve."""
    log = tmp_path_factory.mktemp("node") / "log"
    yield from lent(NodeProcess(log, **QUICK, **LOSSLESS))


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def connect(node: NodeProcess, *qualities: QoSProfile) -> Client:
        clients.append(Client(node, *qualities))
        clients[-1].wait_for_node()
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def shared_client(node: NodeProcess) -> Iterator[Client]:
    yield from connected(node)


@pytest.fixture
def client(node: NodeProcess, shared_client: Client) -> Iterator[Client]:
    shared_client.detections.clear()
    yield shared_client
    assert node.running, node.log()


def test_every_frame_gives_a_detection_with_its_own_header(client: Client) -> None:
    received, tracked = client.statuses[-1].frames_received, client.statuses[-1].frames_tracked
    target = client.follow(0)
    del client.detections[:-1]
    headers = [client.detections[0].header]
    headers += [client.send(index, frame_id=f"camera{index % 2}") for index in range(1, 40)]
    client.until(lambda: len(client.detections) == 40)
    status = client.status_of(headers[-1])

    assert [detection.header for detection in client.detections] == headers
    assert {detection.id for detection in client.detections} == {target}
    for detection in client.detections:
        assert [result.hypothesis.class_id for result in detection.results] in ([], ["target"])
        assert all(0 <= result.hypothesis.score <= 1 for result in detection.results)
    overlaps = [overlap(found, box_on(i)) for i, found in enumerate(client.detections)]
    assert np.mean(overlaps) > 0.5, overlaps

    assert status.frames_received - received == 40
    assert status.frames_tracked - tracked == 40
    assert status.frames_dropped == 0
    assert status.target_id == target
    assert status.state not in (TrackerStatus.IDLE, TrackerStatus.INITIALIZING)
    assert status.latency >= status.tracking_time > 0
    # Updates end in their own time.
    client.until(lambda: client.status_of(client.track(39).header).updates_done > 0)
    status = client.status_of(client.track(39).header)
    assert status.last_update_time > 0
    assert status.model_version == 1 + status.updates_done


def test_a_box_without_stamp_takes_the_next_frame_and_makes_a_new_id(client: Client) -> None:
    first = client.follow(0)
    client.choose(box_on(5))
    client.until(lambda: client.track(5).id != first)
    second = client.detections[-1].id
    assert client.track(6).id == second


def test_pictures_lie_over_the_image(node: NodeProcess, connect: Callable[..., Client]) -> None:
    client = connect(node)  # of its own: it listens to more than the others want to pay for
    attention: list[Image] = []
    annotated: list[Image] = []
    inside: list[Image] = []
    client.listen(Image, "attention_map", attention)
    client.listen(Image, "annotated_image", annotated)
    client.listen(Image, "target_image", inside)
    client.follow(0)
    client.until(lambda: client.track(0) and attention and annotated and inside)
    stamped = {detection.header.stamp.nanosec: detection for detection in client.detections}
    for message, encoding, depth in ((attention[-1], "mono8", 1), (annotated[-1], "rgb8", 3)):
        assert message.header == stamped[message.header.stamp.nanosec].header
        assert (message.width, message.height) == (WIDTH, HEIGHT)
        assert (message.encoding, message.step) == (encoding, WIDTH * depth)
        assert len(message.data) == WIDTH * HEIGHT * depth
    drawn = np.frombuffer(annotated[-1].data, np.uint8).reshape(HEIGHT, WIDTH, 3)
    assert (drawn != picture(0)).any()
    assert any(attention[-1].data)
    found = stamped[inside[-1].header.stamp.nanosec]
    assert inside[-1].header == found.header
    middle, size = found.bbox.center.position, (found.bbox.size_x, found.bbox.size_y)
    left, top = math.floor(middle.x - size[0] / 2), math.floor(middle.y - size[1] / 2)
    height, width = inside[-1].height, inside[-1].width
    assert abs(width - size[0]) <= 2 and abs(height - size[1]) <= 2
    np.testing.assert_array_equal(
        np.frombuffer(inside[-1].data, np.uint8).reshape(height, width, 3),
        picture(0)[top : top + height, left : left + width],
    )


def test_annotations_have_the_images_stamp_and_go_with_the_target(
    node: NodeProcess, connect: Callable[..., Client]
) -> None:
    visualization = pytest.importorskip(
        "visualization_msgs.msg", reason="visualization_msgs is not installed"
    )
    if ANNOTATIONS.type is not visualization.ImageMarker:
        pytest.skip("foxglove_msgs is installed, and comes first")
    client = connect(node)
    markers: list[Any] = []
    client.listen(visualization.ImageMarker, "annotations", markers)
    client.follow(0)
    client.until(lambda: client.track(0) and markers)
    stamped = {detection.header.stamp.nanosec: detection for detection in client.detections}
    client.until(lambda: markers[-1].header.stamp.nanosec in stamped)
    found, marker = stamped[markers[-1].header.stamp.nanosec], markers[-1]
    assert marker.header == found.header
    x = [point.x for point in marker.points]
    y = [point.y for point in marker.points]
    box = (min(x), min(y), max(x) - min(x), max(y) - min(y))
    assert len(marker.points) == 8 and overlap(found, box) == pytest.approx(1)
    with TrackerClient(f"{node.namespace}/tracker") as tracker:
        tracker.reset()
    client.until(lambda: not markers[-1].points)
    client.send(0)
    client.until(lambda: client.statuses[-1].state == TrackerStatus.IDLE)
    assert [len(marker.points) for marker in markers].count(0) == 1


def test_pictures_that_nobody_watches_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", lambda config: ScriptedTracker())
    monkeypatch.setattr("rlt_ros.ros.outputs.publications.draw_result", _never)
    monkeypatch.setattr("rlt_ros.ros.outputs.publications.to_annotations", _never)
    node = TrackerNode()
    node.start()
    detections: list[Detection2D] = []
    monkeypatch.setattr(node._out._detection, "publish", detections.append)
    frame = Frame(image_message(picture(0)), stamp_ns=1, sequence=0)
    result = TrackResult(np.array(BOX), 1.0, TrackState.TRACKING)
    target = TrackedTarget("id", result, State.TRACKING, _never)
    tracked = TrackedFrame(frame, picture(0), (target,), lambda: False)
    node.on_result(tracked, Status())
    node.close()
    node.destroy_node()
    assert len(detections) == 1


def test_pictures_make_room_for_a_frame_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", lambda config: ScriptedTracker())
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("rlt_ros.ros.outputs.publications.time", clock)
    node = TrackerNode()
    node.start()
    detections: list[float] = []
    pictures: list[float] = []
    monkeypatch.setattr(node._out._detection, "publish", lambda _: detections.append(now[0]))
    for publisher in (node._out._attention_map, node._out._annotated_image):
        monkeypatch.setattr(publisher, "get_subscription_count", lambda: 1)
        monkeypatch.setattr(publisher, "publish", lambda _: pictures.append(now[0]))
    frame = Frame(image_message(picture(0)), stamp_ns=1, sequence=0)
    result = TrackResult(np.array(BOX), 1.0, TrackState.TRACKING)
    grey = np.zeros((HEIGHT, WIDTH), np.uint8)
    target = TrackedTarget("id", result, State.TRACKING, lambda: grey)
    for seconds, late in ((0.0, True), (0.1, False), (0.15, True), (0.25, True), (0.31, True)):
        now[0] = 1000.0 + seconds
        is_late = [late].pop
        tracked = TrackedFrame(frame, picture(0), (target,), is_late)
        node.on_result(tracked, Status())
    node.close()
    node.destroy_node()
    assert len(detections) == 5
    # Neither 0.15 nor 0.25 s: late, and less than 0.2 s after 0.1 s.
    assert pictures == [1000.0, 1000.0, 1000.1, 1000.1, 1000.31, 1000.31]


def test_pictures_of_a_lost_target_and_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", lambda config: ScriptedTracker())
    node = TrackerNode()
    node.start()
    inside: list[Image] = []
    annotated: list[Image] = []
    for publisher, into in (
        (node._out._target_image, inside),
        (node._out._annotated_image, annotated),
    ):
        monkeypatch.setattr(publisher, "get_subscription_count", lambda: 1)
        monkeypatch.setattr(publisher, "publish", into.append)
    frame = Frame(image_message(picture(0)), stamp_ns=1, sequence=0)
    other = (100.0, 70.0, 20.0, 20.0)
    outside = (-50.0, 0.0, 20.0, 20.0)
    for name, boxes in (("TRACKING", (BOX, other)), ("LOST", (BOX,)), ("UNCERTAIN", (outside,))):
        results = [TrackResult(np.array(box), 1.0, TrackState[name]) for box in boxes]
        found = tuple(TrackedTarget("id", one, State[name], _never) for one in results)
        node.on_result(TrackedFrame(frame, picture(0), found, lambda: False), Status())
    node.close()
    node.destroy_node()
    assert [(image.width, image.height) for image in inside] == [(28, 24)]
    drawn = np.frombuffer(annotated[0].data, np.uint8).reshape(HEIGHT, WIDTH, 3)
    for x, y, w, h in (BOX, other):
        corner = (slice(int(y + h) - 2, int(y + h) + 2), slice(int(x + w) - 2, int(x + w) + 2))
        assert (drawn[corner] != picture(0)[corner]).any()


def _never(*_: object) -> np.ndarray:
    raise AssertionError("nobody watches this")


BAD_BOXES = {
    "nan": ((math.nan, 30.0, 20.0, 20.0), "must be finite"),
    "infinite": ((40.0, 30.0, math.inf, 20.0), "must be finite"),
    "empty": ((40.0, 30.0, 0.0, 20.0), "must be above zero"),
    "outside": ((500.0, 30.0, 20.0, 20.0), "does not overlap"),
    "thin": ((40.0, 30.0, 0.3, 20.0), "px"),
}


@pytest.mark.parametrize("box, said", BAD_BOXES.values(), ids=BAD_BOXES)
def test_a_bad_box_is_refused_and_the_target_kept(
    node: NodeProcess, client: Client, box: tuple[float, ...], said: str
) -> None:
    target = client.follow(0)
    seen = len(client.statuses)

    def refusals() -> list[str]:
        said = [status.message for status in client.statuses[seen:]]
        return [message for message in said if "init box refused" in message]

    client.choose(box, client.send(1))
    client.until(refusals)
    assert said in refusals()[0]
    assert "init box refused" in node.log()
    assert client.track(2).id == target
    client.until(lambda: client.statuses[-1].message == "")


def _spoilt(**changes: object) -> Image:
    message = image_message(picture(1))
    for name, value in changes.items():
        setattr(message, name, value)
    return message


BAD_IMAGES = {
    "unknown encoding": (_spoilt(encoding="rgb99"), "use one of rgb8, bgr8"),
    "wrong encoding": (_spoilt(encoding="rgba8"), "step is 480 bytes"),
    "truncated": (_spoilt(data=image_message(picture(1)).data[:1000]), "1000 bytes, not step"),
    "no pixels": (_spoilt(width=0, height=0, step=0, data=[]), "the image is empty (0x0)"),
    "other size": (image_message(picture(1)[:60]), "from 160x120 to 160x60"),
}


@pytest.mark.parametrize("message, said", BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_a_bad_image_is_skipped_and_the_next_one_tracked(
    node: NodeProcess, client: Client, message: Image, said: str
) -> None:
    target = client.follow(0)
    before = client.status_of(client.track(1).header).frames_dropped
    header = client.send_message(message)
    status = client.status_of(header)
    assert said in status.message
    assert status.frames_dropped == before + 1
    assert node.log().count(said) == 1
    assert client.track(2).id == target
    assert header not in [detection.header for detection in client.detections]


def test_a_thermal_camera_is_followed(client: Client) -> None:
    def send(index: int) -> Header:
        grey = picture(index).mean(axis=2)
        message = image_message((7000 + grey * 4).astype(np.uint16))
        message.encoding, message.step = "mono16", 2 * WIDTH
        return client.send_message(message)

    client.learn(box_on(0), send(0))
    client.detections.clear()
    headers = [send(index) for index in range(1, 15)]
    client.until(lambda: len(client.detections) == 14)
    assert [detection.header for detection in client.detections] == headers
    overlaps = [overlap(found, box_on(i)) for i, found in enumerate(client.detections, start=1)]
    assert np.mean(overlaps) > 0.5, overlaps


def test_a_compressed_camera_is_followed(
    start: Callable[..., NodeProcess], connect: Callable[..., Client]
) -> None:
    node = start(**QUICK, **LOSSLESS, image_transport="compressed")
    client = Client(node, images=None)
    camera = client.node.create_publisher(CompressedImage, "image_raw/compressed", RELIABLE)

    def send(index: int) -> Header:
        message = CompressedImage(format="rgb8; jpeg compressed bgr8")
        message.header = Header(stamp=client.node.get_clock().now().to_msg(), frame_id="camera")
        encoded = cv2.imencode(".jpg", picture(index)[..., ::-1])[1]
        message.data.frombytes(encoded.tobytes())
        camera.publish(message)
        return message.header

    try:
        client.wait_for_node()
        client.until(camera.get_subscription_count)
        client.choose(box_on(0), send(0))
        client.until(lambda: client.detections)
        headers = [send(index) for index in range(1, 15)]
        client.until(lambda: len(client.detections) == 15)
        assert [detection.header for detection in client.detections[1:]] == headers
        overlaps = [overlap(found, box_on(i)) for i, found in enumerate(client.detections)]
        assert np.mean(overlaps) > 0.5, overlaps
    finally:
        client.close()


def test_a_lost_target_is_taken_up_where_a_detector_sees_it(
    start: Callable[..., NodeProcess], connect: Callable[..., Client]
) -> None:
    """Far from where it was, and verified: another thing there is none."""
    parameters = {
        "detections_find_lost": True,
        "update_mode": "lockstep",
        "lost_after": 3,
        # It is found nowhere else.
        "redetection_probability": 1.0,
        "scan_probability": 1.0,
    }
    node = start(**{**QUICK, **LOSSLESS, "initial_iterations": 50, **parameters})
    client = connect(node)
    detector = client.node.create_publisher(Detection2DArray, "detections_in", 10)
    client.until(detector.get_subscription_count)
    target = client.follow(0)
    for index in range(1, 4):
        assert client.track(index).results
    x, y, w, h = (int(number) for number in BOX)
    seen = picture(0)[y : y + h, x : x + w]
    gone = picture(0)
    gone[y : y + h, x : x + w] = gone[y + 48 : y + h + 48, x : x + w]
    here = (120.0, 84.0, BOX[2], BOX[3])

    def track(image: np.ndarray, box: tuple[float, ...] | None = None) -> Detection2D:
        if box is not None:
            hypothesis = ObjectHypothesisWithPose()
            hypothesis.hypothesis.score = 0.9
            detection = Detection2D(results=[hypothesis])
            detection.bbox.center.position.x = box[0] + box[2] / 2
            detection.bbox.center.position.y = box[1] + box[3] / 2
            detection.bbox.size_x, detection.bbox.size_y = box[2], box[3]
            detector.publish(Detection2DArray(detections=[detection]))
        return client.track_message(image_message(image))

    for _ in range(12):  # what is asked of a look falls with the time
        found = track(gone)
    assert not found.results
    back = gone.copy()
    back[84 : 84 + h, 120 : 120 + w] = seen
    for _ in range(3):
        assert not track(back).results
    other = gone.copy()
    other[84 : 84 + h, 120 : 120 + w] = np.roll(gone, 37, axis=1)[84 : 84 + h, 120 : 120 + w]
    for _ in range(3):
        assert not track(other, here).results
    # Box and image travel apart: the box may come after its image.
    tries = 0
    while not (found := track(back, here)).results:
        tries += 1
        assert tries < 20, node.log()
    assert found.id == target and overlap(found, here) > 0.5
    assert client.status_of(found.header).state == TrackerStatus.TRACKING


def test_no_frame_waits_while_an_update_runs(
    start: Callable[..., NodeProcess], connect: Callable[..., Client]
) -> None:
    # One that takes far longer than anybody waits for a frame here starts with the first one.
    endless = {"update_interval": 1, "update_iterations": 10_000, "mining_interval": 1}
    node = start(**{**QUICK, **endless, "mining_pool": 1024}, **LOSSLESS)
    client = connect(node)
    target = client.follow(0)
    for index in range(1, 20):
        found = client.track(index)
        assert found.id == target
    status = client.status_of(found.header)
    assert (status.updates_done, status.frames_dropped) == (0, 0)
    assert node.stop() == 0
    assert "Traceback" not in node.log()


def test_a_camera_and_the_default_parameters(
    start: Callable[..., NodeProcess], connect: Callable[..., Client]
) -> None:
    """Best effort, newest frame only: every frame is tracked or counted as dropped."""
    node = start("--params-file", str(ROOT / "config" / "tracker.yaml"))
    client = connect(node, BEST_EFFORT)
    client.choose(BOX)
    client.until(lambda: client.statuses[-1].state == TrackerStatus.INITIALIZING)
    while len(client.detections) < 5:
        client.send(0)
        time.sleep(0.01)
    # The last frames are still on their way; they have all come when the idle status repeats.
    seen = len(client.statuses)
    client.until(lambda: client.statuses[seen:] and not client.statuses[-1].header.frame_id)
    status = client.statuses[-1]
    assert status.frames_tracked + status.frames_dropped == status.frames_received
    client.until(lambda: len(client.detections) >= status.frames_tracked)
    assert status.frames_tracked == len(client.detections)
    assert node.stop(signal.SIGTERM) == 0
    assert "Traceback" not in node.log()


def test_parameters_can_be_looked_at_and_refusals_say_what_is_allowed(
    node: NodeProcess, client: Client
) -> None:
    remote = AsyncParameterClient(client.node, f"{node.namespace}/tracker")
    assert remote.wait_for_services(TIMEOUT)

    def answer(future: Future) -> Any:
        client.until(future.done)
        return future.result()

    def refusal(name: str, value: object) -> str:
        (result,) = answer(remote.set_parameters([Parameter(name, value=value)])).results
        assert not result.successful
        return str(result.reason)

    values = answer(remote.get_parameters(["queue", "candidates"])).values
    assert (values[0].string_value, values[1].integer_value) == ("all", QUICK["candidates"])
    assert "queue is read-only" in refusal("queue", "newest")
    assert "queue must be one of newest, all, not 'some'" in refusal("queue", "some")
    assert "candidates must be an integer from" in refusal("candidates", 0.5)
    assert "class_id must be a text, not 7" in refusal("class_id", 7)
    assert "did you mean queue?" in refusal("queu", "all")

    (result,) = answer(remote.set_parameters([Parameter("class_id", value="head")])).results
    assert result.successful
    client.follow(0)
    assert client.detections[-1].results[0].hypothesis.class_id == "head"
    answer(remote.set_parameters([Parameter("class_id", value="target")]))


WRONG_FILES = {
    "value": ("queue: some", "queue must be one of newest, all, not 'some'"),
    "range": ("candidates: 0", "candidates must be an integer from"),
    "type": ("seed: [1, 2]", "seed must be an integer"),
    "form": ("intensity_range: 9,5", "intensity_range must be auto, or LOW,HIGH"),
    "nothing": ("device:", "No value at line 3"),
}


@pytest.mark.parametrize("line, said", WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_parameter_file_ends_the_node_with_one_line(
    start: Callable[..., NodeProcess], tmp_path: Path, line: str, said: str
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(f"/**:\n  ros__parameters:\n    {line}\n")
    node = start("--params-file", str(file))
    assert node.wait() == 1
    assert node.log().count(said) == 1, node.log()
    assert "Traceback" not in node.log()


def test_weights_that_are_missing_end_the_node_with_one_line(
    start: Callable[..., NodeProcess], tmp_path: Path
) -> None:
    node = start(backbone_weights=tmp_path / "missing.pth")
    assert node.wait() == 1
    assert node.log().count("[FATAL]") == 1 and "missing.pth" in node.log()
    assert "Traceback" not in node.log()


def test_a_node_that_was_killed_goes_on_with_what_it_has_saved(
    start: Callable[..., NodeProcess],
    connect: Callable[..., Client],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Under the same id, and at once. Trackers of several cameras share a folder, but no target."""
    namespace = NodeProcess.new_namespace()
    monkeypatch.setattr(NodeProcess, "new_namespace", staticmethod(lambda: namespace))
    parameters = {**QUICK, **LOSSLESS, "autosave_seconds": 0.05, "target_folder": str(tmp_path)}
    node = start(**parameters)
    client = connect(node)
    target = client.follow(0)
    folder = tmp_path / "autosave" / namespace.strip("/") / "tracker"
    index = itertools.count(1)

    def is_saved() -> bool:
        client.track(next(index) % 3)
        return any(folder.glob("*.safetensors"))

    client.until(is_saved)
    assert [one.name for one in (tmp_path / "autosave").iterdir()] == [folder.parent.name]
    node.stop(signal.SIGKILL)
    client.close()
    again = connect(start(**parameters))
    found = next(
        one for one in (again.track(number % 3) for number in range(30)) if one.results and one.id
    )
    assert found.id == target
    assert max(overlap(found, box_on(number)) for number in range(3)) > 0.5
