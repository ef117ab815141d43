# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The images' subscription beside publishers that come, go and change, over DDS."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from graph_bench import GraphBench
from node_bench import BEST_EFFORT, RELIABLE
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from rlt_ros.ros.inputs.image_subscription import node_path
from rlt_ros.ros.interface.topics import IMAGES

pytestmark = pytest.mark.usefixtures("ros")


@pytest.fixture
def bench() -> Iterator[GraphBench]:
    made = GraphBench()
    yield made
    made.close()


def test_a_reliable_camera_is_received_reliably_from_its_first_image(bench: GraphBench) -> None:
    images = bench.subscribe()
    camera = bench.publisher(RELIABLE)
    bench.until(camera.get_subscription_count)
    for number in range(20):
        message = Image()
        message.header.frame_id = str(number)
        camera.publish(message)
    bench.until(lambda: len(bench.frames) == 20, images.adapt)
    assert bench.frames == [str(number) for number in range(20)]
    assert images.reliable


def test_a_best_effort_camera_is_received_at_once(bench: GraphBench) -> None:
    images = bench.subscribe()
    camera = bench.publisher(BEST_EFFORT)
    bench.receive(camera, "sensor")  # by the middleware's event: nobody has called adapt()
    assert not images.reliable


def test_publishers_may_be_there_before_the_node(bench: GraphBench) -> None:
    camera = bench.publisher(BEST_EFFORT)
    bench.until_seen("image_raw")
    images = bench.subscribe()
    bench.receive(camera, "early")
    assert not images.reliable


def test_a_camera_that_comes_back_with_another_qos_is_received(bench: GraphBench) -> None:
    images = bench.subscribe()

    def run_camera(name: str, quality: QoSProfile, *, reliable: bool) -> None:
        camera = bench.publisher(quality)
        bench.until(lambda: images.reliable == reliable, images.adapt)
        bench.receive(camera, name)
        bench.others.destroy_publisher(camera)

    run_camera("first", RELIABLE, reliable=True)
    run_camera("second", BEST_EFFORT, reliable=False)
    run_camera("third", RELIABLE, reliable=True)
    assert images.received == len(bench.frames)
    assert list(dict.fromkeys(bench.frames)) == ["first", "second", "third"]


def test_of_two_cameras_the_weaker_decides(bench: GraphBench) -> None:
    images = bench.subscribe()
    strong = bench.publisher(RELIABLE)
    bench.receive(strong, "alone")
    weak = bench.publisher(BEST_EFFORT)
    bench.receive(weak, "weak")
    bench.receive(strong, "strong")
    assert not images.reliable
    bench.others.destroy_publisher(weak)
    bench.until(lambda: images.reliable, images.adapt)
    bench.receive(strong, "alone again")


def test_a_publisher_of_another_type_has_no_say(bench: GraphBench) -> None:
    images = bench.subscribe(transport="raw")
    bench.publisher(BEST_EFFORT, CompressedImage)
    bench.until(images.publishers)
    images.adapt()
    assert images.reliable


@pytest.mark.parametrize(
    "reliability, quality", [("reliable", BEST_EFFORT), ("best_effort", RELIABLE)]
)
def test_what_was_set_by_hand_stays(
    bench: GraphBench, reliability: str, quality: QoSProfile
) -> None:
    images = bench.subscribe(reliability)
    bench.publisher(quality)
    bench.until(images.publishers)
    images.adapt()
    assert images.qos.reliability == ReliabilityPolicy[reliability.upper()]


@pytest.mark.parametrize(
    "reliability, keep_all, history",
    [
        ("reliable", True, HistoryPolicy.KEEP_ALL),
        ("reliable", False, HistoryPolicy.KEEP_LAST),
        ("best_effort", True, HistoryPolicy.KEEP_LAST),
    ],
)
def test_all_is_kept_only_where_all_was_asked_for(
    bench: GraphBench, reliability: str, keep_all: bool, history: HistoryPolicy
) -> None:
    qos = bench.subscribe(reliability, keep_all=keep_all).qos
    assert (qos.history, qos.depth) == (history, IMAGES.depth)


@pytest.mark.parametrize("topic", ["image_raw", "image_raw/compressed"])
@pytest.mark.parametrize("transport", ["auto", "compressed"])
def test_compressed_images_are_taken_where_they_are(
    bench: GraphBench, transport: str, topic: str
) -> None:
    camera = bench.publisher(BEST_EFFORT, CompressedImage, topic)
    bench.until_seen(topic)
    images = bench.subscribe(transport=transport)
    images.adapt()
    bench.receive(camera, "compressed")
    assert images.topic == f"{bench.namespace}/{topic}"
    assert not images.reliable


def test_the_transport_changes_when_its_publishers_go(bench: GraphBench) -> None:
    images = bench.subscribe()
    compressed = bench.publisher(RELIABLE, CompressedImage, "image_raw/compressed")
    bench.until(lambda: images.topic.endswith("/compressed"), images.adapt)
    bench.receive(compressed, "first")
    raw = bench.publisher(BEST_EFFORT)
    bench.until_seen("image_raw")
    images.adapt()
    assert images.topic.endswith("/compressed")  # as long as they come
    bench.others.destroy_publisher(compressed)
    bench.until(lambda: images.topic.endswith("/image_raw"), images.adapt)
    bench.receive(raw, "second")
    assert images.received == len(bench.frames)
    assert not images.reliable


def test_raw_images_come_first(bench: GraphBench) -> None:
    raw = bench.publisher()
    bench.publisher(kind=CompressedImage, topic="image_raw/compressed")
    bench.until_seen("image_raw/compressed")
    bench.until_seen("image_raw")
    images = bench.subscribe()
    images.adapt()
    bench.receive(raw, "raw")
    assert images.topic == f"{bench.namespace}/image_raw"


@pytest.mark.parametrize(
    ("namespace", "name", "path"),
    [
        ("/", "camera", "/camera"),
        ("/left", "camera", "/left/camera"),
        ("_NODE_NAMESPACE_UNKNOWN_", "_NODE_NAME_UNKNOWN_", "a new node"),
    ],
)
def test_the_node_of_an_endpoint_is_named(namespace: str, name: str, path: str) -> None:
    endpoint: Any = SimpleNamespace(node_namespace=namespace, node_name=name)
    assert node_path(endpoint) == path


def test_a_transport_that_was_set_stays(bench: GraphBench) -> None:
    images = bench.subscribe(transport="compressed")
    bench.publisher()
    bench.until_seen("image_raw")
    images.adapt()
    assert images.topic == f"{bench.namespace}/image_raw/compressed"
