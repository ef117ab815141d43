# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Faults while a target is tracked, over DDS: each is told, and the next good frame is tracked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from builtin_interfaces.msg import Time
from node_bench import (
    BOX,
    LOSSLESS,
    QUICK,
    RELIABLE,
    TIMEOUT,
    Client,
    NodeProcess,
    box_on,
    connected,
    image_message,
    lent,
    overlap,
    picture,
)
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from torch.utils import backend_registration
from vision_msgs.msg import Detection2D

pytestmark = pytest.mark.usefixtures("ros")
MODULES = Path(__file__).parent / "modules"


# ---- what comes in changes ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def node(ros: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    log = tmp_path_factory.mktemp("node") / "log"
    yield from lent(NodeProcess(log, **QUICK, **LOSSLESS))


@pytest.fixture(scope="module")
def client(node: NodeProcess) -> Iterator[Client]:
    yield from connected(node)


def as_encoded(image: NDArray[np.uint8], encoding: str) -> Image:
    """Return RGB as a message in an encoding."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    pixels = {
        "rgb8": image,
        "bgr8": image[..., ::-1],
        "rgba8": cv2.cvtColor(image, cv2.COLOR_RGB2RGBA),
        "mono8": grey,
        "mono16": grey.astype(np.uint16) * 16,
    }[encoding]
    message = image_message(np.ascontiguousarray(pixels))
    message.encoding, message.step = encoding, pixels[0].nbytes
    return message


def test_the_encoding_changes_and_changes_back(node: NodeProcess, client: Client) -> None:
    target = client.follow(0)
    for encoding in ("bgr8", "rgba8", "mono8", "mono16", "rgb8"):
        found = client.track_message(as_encoded(picture(0), encoding))
        assert found.id == target
        assert overlap(found, BOX) > 0.5, encoding
        status = client.status_of(found.header)
        assert status.message == ""
    # One that nobody knows, for a while, costs those frames.
    dropped = status.frames_dropped
    for _ in range(3):
        message = as_encoded(picture(0), "rgb8")
        message.encoding = "rgb99"
        assert "use one of rgb8" in client.status_of(client.send_message(message)).message
    found = client.track(0)
    assert found.id == target and overlap(found, BOX) > 0.5
    assert client.status_of(found.header).frames_dropped == dropped + 3


def test_the_resolution_changes_and_changes_back(node: NodeProcess, client: Client) -> None:
    target = client.follow(0)
    large = image_message(cv2.resize(picture(0), None, fx=2, fy=2))
    for _ in range(3):
        said = client.status_of(client.send_message(large)).message
        assert "the image size changed from 160x120 to 320x240" in said
        assert "a new init box" in said
    found = client.track(0)
    assert found.id == target and overlap(found, BOX) > 0.5
    assert client.status_of(found.header).message == ""
    # And for good: with a new box, tracking goes on in the other size.
    header = client.send_message(large)
    client.choose(tuple(2 * number for number in BOX), header)
    client.until(lambda: client.statuses[-1].target_id != target)
    found = client.track_message(large)
    assert overlap(found, (80.0, 60.0, 56.0, 48.0)) > 0.5


def test_a_camera_is_killed_and_another_takes_its_place(node: NodeProcess, client: Client) -> None:
    target = client.follow(0)
    for _ in range(2):
        camera = subprocess.Popen(
            [sys.executable, str(MODULES / "camera_process.py"), node.namespace]
        )
        try:
            seen = len(client.detections)
            client.until(lambda: len(client.detections) >= seen + 5)  # noqa: B023
        finally:
            camera.kill()  # it takes leave of nobody
            camera.wait(TIMEOUT)
        assert {detection.id for detection in client.detections[seen:]} == {target}
        assert overlap(client.detections[-1], BOX) > 0.5  # all are of the same picture
    assert client.track(1).id == target


def test_images_come_compressed_from_now_on_and_raw_again(
    node: NodeProcess, client: Client
) -> None:
    target = client.follow(0)
    client.end_camera()
    camera = client.node.create_publisher(CompressedImage, "image_raw/compressed", RELIABLE)
    client.until(camera.get_subscription_count)
    message = CompressedImage(format="png")
    message.header = Header(stamp=client.node.get_clock().now().to_msg(), frame_id="camera")
    message.data.frombytes(cv2.imencode(".png", picture(0)[..., ::-1])[1].tobytes())
    camera.publish(message)
    found = client.detection_of(message.header)
    assert found.id == target
    assert overlap(found, BOX) > 0.5
    client.status_of(message.header)  # else it would be taken for that of a raw image
    assert f"compressed images on {node.namespace}/image_raw/compressed are now" in node.log()
    client.node.destroy_publisher(camera)
    client.start_camera(RELIABLE)
    client.send_until_received(0)
    assert client.track(0).id == target


def test_a_bag_starts_again_and_the_targets_are_looked_for(client: Client) -> None:
    found = detections_of_a_loop(client)
    assert [detection.header.stamp.sec for detection in found] == [*range(100, 104)] * 2
    assert overlap(found[-1], box_on(3)) > 0.3


def detections_of_a_loop(client: Client) -> list[Detection2D]:
    """Play four frames twice; return the detections of the target that is chosen on the first."""
    client.follow(0)
    status = client.status_of(client.track(0).header)
    before, old, seen = status.frames_received, status.target_id, len(client.detections)
    first = client.send_message(image_message(picture(0)), Time(sec=100))
    # Only then: a box that is older than the last frame and names none that has come is refused.
    client.until(lambda: client.statuses[-1].frames_received > before)
    client.choose(box_on(0), first)
    client.until(lambda: client.statuses[-1].target_id not in ("", old))
    target = client.statuses[-1].target_id
    for index in (1, 2, 3, 0, 1, 2, 3):
        client.send_message(image_message(picture(index)), Time(sec=100 + index))

    def is_over() -> bool:
        now = client.statuses[-1]
        return bool(now.frames_received == before + 8 and now.frames_waiting == 0)

    client.until(is_over)
    tracked = client.statuses[-1].frames_tracked - status.frames_tracked
    client.until(lambda: len(client.detections) >= seen + tracked)
    return [detection for detection in client.detections if detection.id == target]


# ---- the device and the tracker fail -----------------------------------------------------------


class FaultyNode(NodeProcess):
    """Fails at will, see ``faulty_node``."""

    def __init__(self, folder: Path) -> None:
        self.faults = folder
        self.program = (str(MODULES / "faulty_node.py"), str(folder))
        settings = {**QUICK, "device": "auto", "precision": "float32", "update_interval": 2}
        super().__init__(
            folder / "log",
            on_time_jump="forget",
            **settings,
            **LOSSLESS,
        )

    @contextmanager
    def with_fault(self, name: str) -> Iterator[None]:
        """Let something fail for a while."""
        (self.faults / name).touch()
        try:
            yield
        finally:
            (self.faults / name).unlink()


@pytest.fixture(scope="module")
def faulty(ros: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyNode]:
    if not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"):
        pytest.skip("this PyTorch cannot pretend a device")
    yield from lent(FaultyNode(tmp_path_factory.mktemp("faulty")))


@pytest.fixture(scope="module")
def viewer(faulty: FaultyNode) -> Iterator[Client]:
    yield from connected(faulty)


def test_the_device_has_no_memory_for_some_frames(faulty: FaultyNode, viewer: Client) -> None:
    target = viewer.follow(0)
    dropped = viewer.status_of(viewer.track(0).header).frames_dropped
    with faulty.with_fault("full_for_tracking_worker"):
        for _ in range(3):
            said = viewer.status_of(viewer.send(0)).message
            assert "frame skipped: OutOfMemoryError: out of memory. Tried to allocate 2.00" in said
    found = viewer.track(0)
    assert found.id == target and overlap(found, BOX) > 0.5
    status = viewer.status_of(found.header)
    assert (status.message, status.frames_dropped) == ("", dropped + 3)


def test_the_device_has_no_memory_to_learn_a_target(faulty: FaultyNode, viewer: Client) -> None:
    viewer.follow(0)
    with faulty.with_fault("full_for_tracking_worker"):
        viewer.choose(box_on(1), viewer.send(1))
        viewer.until(lambda: "init box refused" in viewer.statuses[-1].message)
        assert "OutOfMemoryError" in viewer.statuses[-1].message
    viewer.detections.clear()
    viewer.choose(box_on(1), viewer.send(1))
    viewer.until(lambda: viewer.detections)
    assert overlap(viewer.track(1), box_on(1)) > 0.5


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("full_for_fine_tuning", "OutOfMemoryError: out of memory. Tried to allocate 2.00"),
        ("update_fails", "ZeroDivisionError: no update for now"),
    ],
)
def test_an_update_fails(faulty: FaultyNode, viewer: Client, fault: str, said: str) -> None:
    target = viewer.follow(0)
    told = f"an update failed, tracking goes on without it: {said}"
    with faulty.with_fault(fault):
        viewer.until(lambda: told in viewer.status_of(viewer.track(0).header).message)
        found = viewer.track(0)
        assert found.id == target and overlap(found, BOX) > 0.5
    done = viewer.status_of(found.header).updates_done
    viewer.until(lambda: viewer.status_of(viewer.track(0).header).updates_done > done)
    found = viewer.track(0)
    assert viewer.status_of(found.header).message == ""
    assert found.id == target


def test_a_bag_starts_again_and_the_targets_are_forgotten(viewer: Client) -> None:
    found = detections_of_a_loop(viewer)
    assert [detection.header.stamp.sec for detection in found] == [*range(100, 104)]
    assert viewer.statuses[-1].state == TrackerStatus.IDLE
    said = "the images' time went back from 103.000000000 to 100.000000000"
    assert any(said in status.message for status in viewer.statuses)
    target = viewer.follow(0)
    found_again = viewer.track(1)
    assert found_again.id == target
    assert overlap(found_again, box_on(1)) > 0.5
