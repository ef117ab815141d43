# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The SROS 2 policy allows what the node has, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rclpy.expand_topic_name import expand_topic_name
from rclpy.parameter import Parameter
from scripted_tracker import ScriptedTracker

from rlt_ros.ros.interface.security import policy
from rlt_ros.ros.tracker_node import TrackerNode

pytestmark = pytest.mark.usefixtures("ros")


def allowed(text: str) -> dict[str, set[str]]:
    """Return the full names that a policy allows to publish, subscribe and reply."""
    profile = ElementTree.fromstring(text.encode()).find("enclaves/enclave/profiles/profile")
    assert profile is not None
    own = (profile.attrib["node"], profile.attrib["ns"])
    return {
        right: {
            expand_topic_name(str(one.text), *own)
            for rules in profile
            if rules.attrib == {right: "ALLOW"}
            for one in rules
        }
        for right in ("publish", "subscribe", "reply")
    }


def test_the_policy_is_that_of_a_running_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", lambda config: ScriptedTracker())
    found: dict[str, set[str]] = {"publish": set(), "subscribe": set(), "reply": set()}
    for transport in ("raw", "compressed"):
        node = TrackerNode()
        given = {"image_transport": transport, "detections_use": "add", "use_sim_time": True}
        node.set_parameters([Parameter(name, value=given[name]) for name in given])
        node.start()
        found["publish"] |= {each.topic_name for each in node.publishers} | {
            "/rosout",  # rcl's own, as is the next
            "/tracker/transition_event",
        }
        found["subscribe"] |= {each.topic_name for each in node.subscriptions}
        found["reply"] |= {each.service_name for each in node.services}
        node.close()
        node.destroy_node()
    assert allowed(policy("/")) == found


def test_names_follow_the_arguments() -> None:
    command = [sys.executable, "-m", "rlt_ros.ros.interface.security"]
    command += ["--namespace", "/front", "--image-topic", "/camera/image"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert text == policy("/front", "/camera/image")
    names = allowed(text)
    assert {"/camera/image", "/camera/image/compressed", "/front/init_box"} <= names["subscribe"]
    assert {"/front/detection", "/diagnostics", "/rosout"} <= names["publish"]
    assert {"/front/tracker/init", "/front/tracker/change_state"} <= names["reply"]
    assert 'enclave path="/front/tracker"' in text
