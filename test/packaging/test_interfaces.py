# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The vision_msgs in use, ours or an installed one, is upstream's version 4 on the wire."""

import json
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

import rclpy
from ament_index_python import get_package_share_directory
from rclpy.context import Context
from rclpy.node import Node

# Upstream's type hashes (ROS REP 2016): equal hashes mean the same names, types and order of all
# fields, down to those of the messages inside.
UPSTREAM = {
    "BoundingBox2D": "RIHS01_008eacbb0cf8f26e83795547bed013eec3675485ef386ec056d80eaaf1c1ce2f",
    "Detection2D": "RIHS01_0d12b69df5c593b3455b7346fac8205437a7d4bcb09b9e0e0b2dde787ded38ea",
    "Detection2DArray": ("RIHS01_214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968"),
    "ObjectHypothesis": "RIHS01_51da43cec11c01957a64d1e05a24acd18aae7745ec30b74348ad5f6d634f7f90",
    "ObjectHypothesisWithPose": (
        "RIHS01_41c12344c0396c48b81df12467c192d99b2a0eb1463c5c37194e4223251c80bc"
    ),
    "Point2D": "RIHS01_eab0e83f44ab4de92ceaf76dd7d0e7638f2bdd1d16ffbe16c7a136c48e407247",
    "Pose2D": "RIHS01_b0b5d1d7b4c20dd4fcde3ed1d4b289a919290572007d67a97043814db25d3648",
}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    context = Context()
    rclpy.init(context=context)
    node = Node("interface_test", context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.mark.parametrize("name", UPSTREAM)
def test_generated_description_has_upstreams_hash(name: str) -> None:
    path = Path(get_package_share_directory("vision_msgs")) / "msg" / f"{name}.json"
    if not path.is_file():
        pytest.skip("this ROS 2 is older than type hashes (they came with Iron)")
    hashes = {
        entry["type_name"]: entry["hash_string"]
        for entry in json.loads(path.read_text())["type_hashes"]
    }
    assert hashes[f"vision_msgs/msg/{name}"] == UPSTREAM[name]


@pytest.mark.parametrize("name", UPSTREAM)
def test_publisher_announces_upstreams_hash(name: str, node: Node) -> None:
    message_type = getattr(import_module("vision_msgs.msg"), name)
    publisher = node.create_publisher(message_type, f"interface_test/{name}", 1)
    deadline = time.monotonic() + 60
    while not (endpoints := node.get_publishers_info_by_topic(publisher.topic_name)):
        assert time.monotonic() < deadline, "the publisher did not appear in the ROS graph"
        time.sleep(0.05)
    if not hasattr(endpoints[0], "topic_type_hash"):
        pytest.skip("this ROS 2 is older than type hashes (they came with Iron)")
    assert endpoints[0].topic_type == f"vision_msgs/msg/{name}"
    assert str(endpoints[0].topic_type_hash) == UPSTREAM[name]
