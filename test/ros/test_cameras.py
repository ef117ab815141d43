# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node beside cameras that are missing, come late, change or lose images."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

import rclpy
from node_bench import BEST_EFFORT, QUICK, RELIABLE, TIMEOUT, Client, NodeProcess, box_on
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import Image

pytestmark = pytest.mark.usefixtures("ros")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[NodeProcess, Client]]]:
    """Starts a node and a client that has no camera yet."""
    ended: list[Callable[[], object]] = []

    def start(**parameters: object) -> tuple[NodeProcess, Client]:
        node = NodeProcess(tmp_path / f"log{len(ended)}", **{**QUICK, **parameters})
        ended.append(lambda: node.stop(signal.SIGKILL))
        client = Client(node, images=None)
        ended.append(client.close)
        return node, client

    yield start
    for end in reversed(ended):
        end()


def test_box_target_and_counts_outlive_cameras_that_come_and_go(
    start: Callable[..., tuple[NodeProcess, Client]],
) -> None:
    node, client = start(queue="all")
    elsewhere = client.node.create_publisher(Image, "camera/image_raw", 10)
    client.wait_for_node()
    client.choose(box_on(0))
    client.until(lambda: client.statuses[-1].state == TrackerStatus.INITIALIZING)

    # No camera: it is told, and where there is one.
    silence = f"no image on {node.namespace}/image_raw yet: it has no publisher; images are on "
    remedy = f"start with image_topic:={node.namespace}/camera/image_raw"
    client.until(lambda: "[WARN]" in node.log())
    (warning,) = [line for line in node.log().splitlines() if "[WARN]" in line]
    assert silence in warning and remedy in warning
    client.until(lambda: silence in client.statuses[-1].message)
    client.node.destroy_publisher(elsewhere)

    # A best-effort camera: the box has waited for it.
    client.start_camera(BEST_EFFORT)
    sent = client.send_until_received(0)
    client.until(lambda: client.detections and client.statuses[-1].message == "")
    target = client.track(1).id
    sent += 1

    # A reliable one in its place, then a best-effort one.
    for quality, said in ((RELIABLE, "reliable: every"), (BEST_EFFORT, "best_effort: ")):
        lines = node.log().count(f"are now taken {said}")
        client.start_camera(quality)
        sent += client.send_until_received(2)
        client.until(lambda: node.log().count(f"are now taken {said}") > lines)  # noqa: B023
        sent += client.send_until_received(2)
        client.until(
            lambda: client.statuses[-1].frames_tracked == client.statuses[-1].frames_received
        )
    assert {detection.id for detection in client.detections} == {target}
    assert 6 <= client.statuses[-1].frames_received <= sent
    assert client.statuses[-1].frames_dropped == 0
    assert node.stop() == 0, node.log()
    assert "Traceback" not in node.log()


# Sends large images best effort, with Fast DDS as it comes.
LOSSY_CAMERA = """
import sys, time, rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node("lossy_camera", namespace=sys.argv[1])
quality = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
camera = node.create_publisher(Image, "image_raw", quality)
image = Image(encoding="rgb8", width=1920, height=1080, step=5760, data=bytes(5760 * 1080))
while True:
    image.header.stamp = node.get_clock().now().to_msg()
    camera.publish(image)
    time.sleep(0.05)
"""


def test_images_lost_on_the_way_are_told(
    start: Callable[..., tuple[NodeProcess, Client]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "fastrtps" not in rclpy.get_rmw_implementation_identifier():
        pytest.skip("only Fast DDS is known to lose images between processes of one machine")
    for name in ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE"):
        monkeypatch.delenv(name, raising=False)
    node, client = start()
    camera = subprocess.Popen([sys.executable, "-c", LOSSY_CAMERA, node.namespace])
    try:
        client.until(
            lambda: client.statuses and "were lost on the way" in client.statuses[-1].message
        )
        said = client.statuses[-1].message
        assert f"images on {node.namespace}/image_raw were lost on the way" in said
        assert "start the camera's process with FASTRTPS_DEFAULT_PROFILES_FILE=/" in said
        assert node.log().count("were lost on the way") == 1
    finally:
        camera.kill()
        camera.wait(TIMEOUT)
