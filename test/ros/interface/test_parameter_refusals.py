# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a running node says of a value that it cannot take, and what descriptors say of values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

import rclpy
from rclpy.node import Node

from rlt_ros.ros.interface.parameters import DECLARED, NodeParameters, refusal
from rlt_ros.tracking.settings import checked

pytestmark = pytest.mark.usefixtures("ros")


READ_ONLY = (
    "first ros2 lifecycle set /refusals deactivate, then set it, then ros2 lifecycle set /refusals"
    " activate"
)


@pytest.fixture
def node() -> Iterator[Node]:
    made = rclpy.create_node("refusals", automatically_declare_parameters_from_overrides=True)
    NodeParameters(made)
    yield made
    made.destroy_node()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("class_id", "head", ""),
        ("use_sim_time", True, ""),
        ("start_type_description_service", False, ""),
        ("class_id", 3, "class_id must be a text, not 3"),
        ("queue", "most", "queue must be one of newest, all, not 'most'"),
        ("queue_size", True, "queue_size must be an integer from 1 to 1000000, not True"),
        ("queue_size", 1.0, "queue_size must be an integer from 1 to 1000000, not 1.0"),
        ("queue_size", 0, "queue_size must be an integer from 1 to 1000000, not 0"),
        ("queue_size", 1_000_001, "queue_size must be an integer from 1 to 1000000, not 1000001"),
        ("momentum", 2.0, "momentum must be a number from 0 to 0.999, not 2.0"),
        ("queue", "all", "queue is read-only while the node is active; it may be one of newest, "
         "all: " + READ_ONLY),
        ("momentum", 0.5, "momentum is read-only while the node is active; it may be a number from "
         "0 to 0.999: " + READ_ONLY),
        ("autostart", False, "autostart is read-only, as it counts when the node starts; it may "
         "be true or false: set it in the parameter file or with -p, and start again"),
        ("momentun", 0.5, "parameter momentun does not exist and has no effect; did you mean "
         "momentum?"),
        ("zzzz", 0.5, "parameter zzzz does not exist and has no effect"),
    ],
)  # fmt: skip
def test_an_active_node_says_why_it_cannot_set_a_parameter(
    name: str, value: object, why: str
) -> None:
    assert refusal(name, value, active=True, node="/refusals") == why


def test_an_inactive_node_refuses_wrong_values_and_what_counts_at_the_start_alone() -> None:
    assert refusal("queue", "all", active=False) == ""
    assert refusal("preset", "paper", active=False) == ""
    said = refusal("queue", "most", active=False)
    assert said == "queue must be one of newest, all, not 'most'"
    assert "counts when the node starts" in refusal("autostart", False, active=False)


def test_both_ends_of_a_nodes_range_are_in_it() -> None:
    for value in (1, 1_000_000):
        assert checked(DECLARED["queue_size"], value) == value
    assert checked(DECLARED["image_reliability"], "reliable") == "reliable"


def test_ranges_are_in_the_descriptors(node: Node) -> None:
    (whole,) = node.describe_parameter("queue_size").integer_range
    assert (whole.from_value, whole.to_value, whole.step) == (1, 1_000_000, 1)
    (parts,) = node.describe_parameter("momentum").floating_point_range
    assert (parts.from_value, parts.to_value) == pytest.approx((0, 0.999))
    for name in ("queue", "class_id", "device"):
        described = node.describe_parameter(name)
        assert not described.integer_range
        assert not described.floating_point_range
    assert node.describe_parameter("queue").additional_constraints == "one of newest, all"
    assert node.describe_parameter("update_interval").description.endswith(" [frames]")
    assert not node.describe_parameter("momentum").description.endswith("]")
