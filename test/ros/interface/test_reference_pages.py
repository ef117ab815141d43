# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reference pages are those that the declarations make, and these are what the node has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.msg import TrackerStatus
from scripted_tracker import ScriptedTracker

from rlt_ros.ros.interface.pages import COMMAND, interfaces_page, parameters_page
from rlt_ros.ros.interface.parameters import names
from rlt_ros.ros.interface.topics import PUBLISHED, SUBSCRIBED
from rlt_ros.ros.tracker_node import TrackerNode
from rlt_ros.ros.worker.tracking_worker import State

ROOT = Path(__file__).resolve().parents[3]


def interfaces() -> str:
    return interfaces_page(ROOT)


@pytest.mark.parametrize(
    ("name", "make"), [("parameters.md", parameters_page), ("interfaces.md", interfaces)]
)
def test_a_page_is_up_to_date(name: str, make: object) -> None:
    assert callable(make)
    assert (ROOT / "docs" / name).read_text() == make(), COMMAND


def test_the_parameters_page_has_every_parameter_once() -> None:
    rows = [line for line in parameters_page().splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == sorted(names())
    row = "| `hold_threshold` | `-2.0` | `-100.0`; with `vgg_m` `0.0` | a number from -100 to 100 |"
    assert row in parameters_page()


def test_the_interfaces_page_has_every_field_and_state() -> None:
    page = interfaces()
    for field in TrackerStatus.get_fields_and_field_types():
        assert f" | `{field}` | " in page
    for state in State:
        assert f"| {state.value} | `{state.name}` | " in page


def test_readme_has_every_topic() -> None:
    section = (ROOT / "README.md").read_text().partition("## Topics of")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith(("| in", "| out"))]
    told = [name for row in rows for name in re.findall("`(.+?)`", row.split(" | ")[1])]
    assert sorted(told) == sorted(topic.name for topic in (*SUBSCRIBED, *PUBLISHED))


@pytest.mark.usefixtures("ros")
def test_the_node_has_the_declared_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", lambda config: ScriptedTracker())
    node = TrackerNode()
    node.start()
    try:
        own = (node.get_name(), node.get_namespace())
        published = dict(node.get_publisher_names_and_types_by_node(*own))
        subscribed = dict(node.get_subscriber_names_and_types_by_node(*own))
    finally:
        node.close()
        node.destroy_node()
    of_every_node = {"/parameter_events", "/rosout", "/tracker/transition_event"}
    for found, declared in ((published, PUBLISHED), (subscribed, SUBSCRIBED)):
        assert {name: kinds for name, kinds in found.items() if name not in of_every_node} == {
            f"/{topic.name.lstrip('/')}": [topic.type_name.replace("/", "/msg/")]
            for topic in declared
            if topic.always
        }
