# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is connected wrongly around a node, against a real graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from graph_bench import GraphBench
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from vision_msgs.msg import BoundingBox2D, Detection2D

from rlt_ros.ros.watching.misconnections import misconnections

pytestmark = pytest.mark.usefixtures("ros")


@pytest.fixture
def bench() -> Iterator[GraphBench]:
    made = GraphBench()
    made.node.create_publisher(Detection2D, "detection", 10)
    yield made
    made.close()


def said(bench: GraphBench, *, idle: bool = True) -> list[str]:
    return misconnections(bench.node, f"{bench.namespace}/init_box", idle=idle)


def test_nothing_is_wrong_at_first(bench: GraphBench) -> None:
    bench.until_seen("detection")
    assert said(bench) == []


def test_a_second_tracker_in_the_namespace(bench: GraphBench) -> None:
    bench.publisher(kind=Detection2D, topic="detection")
    bench.until_seen("detection", publishers=2)
    (text,) = said(bench, idle=False)
    assert text.startswith(f"somebody else publishes {bench.namespace}/detection as well")


def test_boxes_of_another_type(bench: GraphBench) -> None:
    bench.publisher(kind=BoundingBox2D, topic="init_box")
    bench.until_seen("init_box")
    assert said(bench) == [
        f"init boxes on {bench.namespace}/init_box are published as"
        " vision_msgs/msg/BoundingBox2D; they have to be vision_msgs/msg/Detection2D"
    ]
    assert said(bench, idle=False) == []


def test_a_box_in_another_namespace(bench: GraphBench) -> None:
    bench.publisher(kind=Detection2D, topic="other/init_box")
    bench.until_seen("other/init_box")
    here = f"{bench.namespace}/init_box"
    assert said(bench) == [
        f"an init box is published on {bench.namespace}/other/init_box; this node listens to {here}"
    ]
    bench.others.create_subscription(Detection2D, "other/init_box", print, 10)
    bench.until(lambda: said(bench) == [])  # it is another tracker's


def test_simulated_time_without_a_clock(bench: GraphBench) -> None:
    bench.node.set_parameters([Parameter("use_sim_time", value=True)])
    (text,) = said(bench)
    assert text.startswith("use_sim_time is set, but nobody publishes /clock")
    bench.publisher(kind=Clock, topic="/clock")
    bench.until(lambda: said(bench) == [])
