# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The words for images that do not come, against a real graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from graph_bench import GraphBench
from node_bench import BEST_EFFORT, RELIABLE
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import CompressedImage, Image

from rlt_ros.ros.watching.missing_images import remedy_for_loss, why_no_image

pytestmark = pytest.mark.usefixtures("ros")


@pytest.fixture
def bench() -> Iterator[GraphBench]:
    made = GraphBench()
    yield made
    made.close()


def test_nobody_publishes_and_the_nearest_topic_is_named(bench: GraphBench) -> None:
    images = bench.subscribe()
    # A tracker's own pictures are no camera.
    bench.node.create_publisher(TrackerStatus, "status", 10)
    bench.node.create_publisher(Image, "image_row", 10)
    bench.until_seen("status")
    for topic in ("camera/image_raw", "depth", "camera/image_raw/compressed"):
        kind = CompressedImage if "compressed" in topic else Image
        bench.publisher(kind=kind, topic=topic)
        bench.until_seen(topic)
    near = f"{bench.namespace}/camera/image_raw"
    said = why_no_image(bench.node, images)
    assert said.startswith(f"it has no publisher; images are on {near} (also on ")
    assert f": start with image_topic:={near} (ros2 run: -r image_raw:={near})" in said
    assert "compressed" not in said and "image_row" not in said


@pytest.mark.parametrize("topic", ["image_raw", "image_raw/compressed"])
def test_compressed_images_are_there_where_raw_ones_are_asked_for(
    bench: GraphBench, topic: str
) -> None:
    images = bench.subscribe(transport="raw")
    bench.publisher(kind=CompressedImage, topic=topic)
    bench.until_seen(topic)
    assert why_no_image(bench.node, images).endswith(
        f"; compressed images are on {bench.namespace}/{topic}: set image_transport to auto or"
        " compressed"
    )


def test_raw_images_are_there_where_compressed_ones_are_asked_for(bench: GraphBench) -> None:
    images = bench.subscribe(transport="compressed")
    bench.publisher()
    bench.until_seen("image_raw")
    assert why_no_image(bench.node, images) == (
        f"it has no publisher; raw images are on {bench.namespace}/image_raw: set image_transport"
        " to auto or raw"
    )


def test_compressed_images_elsewhere_are_named_as_they_are_to_be_given(bench: GraphBench) -> None:
    images = bench.subscribe()
    bench.publisher(kind=CompressedImage, topic="front/image/compressed")
    bench.until_seen("front/image/compressed")
    base = f"{bench.namespace}/front/image"
    assert why_no_image(bench.node, images) == (
        f"it has no publisher; compressed images are on {base}/compressed: start with"
        f" image_topic:={base} (ros2 run: -r image_raw:={base})"
    )


def test_a_qos_that_does_not_fit_is_named(bench: GraphBench) -> None:
    images = bench.subscribe("reliable")
    bench.publisher(BEST_EFFORT)
    bench.until_seen("image_raw")
    assert why_no_image(bench.node, images) == (
        f"it has 1 publisher of sensor_msgs/msg/Image ({bench.namespace}/camera), whose QoS does"
        " not fit: it offers best_effort, and image_reliability is reliable (set it to auto or"
        " best_effort)"
    )


def test_a_camera_that_sends_nothing(bench: GraphBench) -> None:
    images = bench.subscribe()
    bench.publisher(RELIABLE)
    bench.publisher(RELIABLE)
    bench.until_seen("image_raw", publishers=2)
    camera = f"{bench.namespace}/camera"
    assert why_no_image(bench.node, images) == (
        f"it has 2 publishers of sensor_msgs/msg/Image ({camera}, {camera}), and QoS fits (reliable"
        f" to reliable): does it send anything? (ros2 topic hz {images.topic})"
    )


def test_the_remedy_for_loss_begins_with_what_is_nearest(bench: GraphBench) -> None:
    by_hand = bench.subscribe("best_effort")
    camera = bench.publisher(RELIABLE)
    bench.until_seen("image_raw")
    assert remedy_for_loss(by_hand).startswith("set image_reliability to auto")
    reliably = bench.subscribe("reliable")
    assert "set image_reliability" not in remedy_for_loss(reliably)
    assert "publish reliably" not in remedy_for_loss(reliably)
    bench.others.destroy_publisher(camera)
    bench.publisher(BEST_EFFORT)
    bench.until(lambda: "publish reliably" in remedy_for_loss(by_hand))
    fast_dds = "start the camera's process with FASTRTPS_DEFAULT_PROFILES_FILE=/"
    other = "give the middleware and the kernel larger receive buffers"
    assert remedy_for_loss(by_hand).startswith((fast_dds, other))
